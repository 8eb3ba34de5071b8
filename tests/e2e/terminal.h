/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_TERMINAL_H
#define HW_TESTS_E2E_TERMINAL_H

/*
 * Somebody at a terminal: an interactive shell on a pseudo-terminal of its own, 24 lines
 * of 80 columns, in a folder of its own. A test types, and reads until what it waits for
 * has appeared; nothing is done by the clock.
 *
 * The shell has a variable H, to be typed in front of commands: empty, or `holdwait
 * record` and its options. What is on the screen is then the same with and without.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "tests/e2e/scratch.h"

struct hw_terminal {
	struct hw_scratch scratch; /* the shell's folder */
	int fd;			   /* the keyboard and the screen; -1 when closed */
	pid_t shell;
	char *screen; /* all that has appeared */
	size_t length, seen, capacity; /* `seen`: up to the end of what was expected last */
};

/* The shell's prompt. */
#define HW_TERMINAL_PROMPT "ready> "

/* Start the shell, with `holdwait VERB` and quiet in H, or nothing; and wait for its prompt. */
void hw_terminal_start(struct hw_terminal *terminal, const char *verb);

/* Exit from the shell, wait for its end, and remove its folder. */
void hw_terminal_finish(struct hw_terminal *terminal);

/* Type this; '\n' is the enter key, and control characters are keys too. */
void hw_terminal_type(struct hw_terminal *terminal, const char *keys);

/* Read until this appears, behind what was expected before; the test fails when it does not. */
void hw_terminal_expect(struct hw_terminal *terminal, const char *part);

/* Type a command, and wait for the next prompt: what it printed in between, for free(). */
char *hw_terminal_command(struct hw_terminal *terminal, const char *command);

/* Make it as large as that. */
void hw_terminal_resize(struct hw_terminal *terminal, unsigned short lines, unsigned short columns);

/* Type each command on two terminals, with and without holdwait: the screens must be alike. */
void hw_terminal_compare(const char *verb, const char *const commands[]);

#endif
