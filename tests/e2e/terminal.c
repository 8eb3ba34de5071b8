/* SPDX-License-Identifier: MIT */
#include "tests/e2e/terminal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/e2e/process.h"

static void become_shell(const struct hw_terminal *terminal, const char *verb)
{
	char *prefix = NULL;

	if (verb && asprintf(&prefix, HW_BUILD_DIR "/analyzer/holdwait %s -q --", verb) < 0)
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGHUP);
	close_range(STDERR_FILENO + 1, ~0u, 0);
	if (chdir(terminal->scratch.path))
		_exit(126);
	setenv("H", prefix ? prefix : "", 1);
	setenv("PS1", HW_TERMINAL_PROMPT, 1);
	setenv("TERM", "vt100", 1);
	unsetenv("HOLDWAIT_FILE");
	unsetenv("HOLDWAIT_OPTIONS");
	execlp("bash", "bash", "--norc", "--noprofile", "--noediting", "-i", (char *)NULL);
	_exit(127);
}

void hw_terminal_start(struct hw_terminal *terminal, const char *verb)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };

	*terminal = (struct hw_terminal){ .fd = -1 };
	hw_scratch_init(&terminal->scratch);
	terminal->shell = forkpty(&terminal->fd, NULL, NULL, &size);
	cr_assert(terminal->shell >= 0, "no pseudo-terminal: %s", strerror(errno));
	if (terminal->shell == 0)
		become_shell(terminal, verb);
	hw_terminal_expect(terminal, HW_TERMINAL_PROMPT);
}

/* False when there is nobody on the other side any more. */
static bool read_some(struct hw_terminal *terminal)
{
	struct pollfd pollfd = { .fd = terminal->fd, .events = POLLIN };
	ssize_t got;

	if (terminal->capacity - terminal->length < 4097) {
		terminal->capacity = terminal->capacity * 2 + 8192;
		terminal->screen = realloc(terminal->screen, terminal->capacity);
		cr_assert(terminal->screen);
	}
	if (poll(&pollfd, 1, HW_PROCESS_PATIENCE_S * 1000) != 1)
		return false;
	got = read(terminal->fd, terminal->screen + terminal->length, 4096);
	if (got <= 0)
		return false;
	terminal->length += (size_t)got;
	terminal->screen[terminal->length] = '\0';
	return true;
}

void hw_terminal_expect(struct hw_terminal *terminal, const char *part)
{
	const char *found = NULL;

	while (!terminal->screen ||
		!(found = strstr(terminal->screen + terminal->seen, part)))
		cr_assert(read_some(terminal), "no '%s' on the screen:\n%s", part,
			terminal->screen);
	terminal->seen = (size_t)(found - terminal->screen) + strlen(part);
}

void hw_terminal_type(struct hw_terminal *terminal, const char *keys)
{
	size_t length = strlen(keys);

	cr_assert_eq(write(terminal->fd, keys, length), (ssize_t)length);
}

char *hw_terminal_command(struct hw_terminal *terminal, const char *command)
{
	size_t from, to;

	hw_terminal_type(terminal, command);
	hw_terminal_type(terminal, "\n");
	hw_terminal_expect(terminal, "\r\n");
	from = terminal->seen;
	hw_terminal_expect(terminal, HW_TERMINAL_PROMPT);
	to = terminal->seen - strlen(HW_TERMINAL_PROMPT);
	return strndup(terminal->screen + from, to - from);
}

void hw_terminal_resize(struct hw_terminal *terminal, unsigned short lines, unsigned short columns)
{
	struct winsize size = { .ws_row = lines, .ws_col = columns };

	cr_assert_eq(ioctl(terminal->fd, TIOCSWINSZ, &size), 0);
}

void hw_terminal_finish(struct hw_terminal *terminal)
{
	hw_terminal_type(terminal, "exit\n");
	while (read_some(terminal))
		;
	close(terminal->fd);
	cr_assert_eq(waitpid(terminal->shell, NULL, 0), terminal->shell);
	free(terminal->screen);
	hw_scratch_finish(&terminal->scratch);
}

void hw_terminal_compare(const char *verb, const char *const commands[])
{
	struct hw_terminal without, with;

	hw_terminal_start(&without, NULL);
	hw_terminal_start(&with, verb);
	for (; *commands; commands++) {
		char *expected = hw_terminal_command(&without, *commands);
		char *found = hw_terminal_command(&with, *commands);

		cr_expect_str_eq(found, expected, "%s\nwith holdwait:\n%s\nwithout:\n%s", *commands,
			found, expected);
		free(expected);
		free(found);
	}
	hw_terminal_finish(&with);
	hw_terminal_finish(&without);
}
