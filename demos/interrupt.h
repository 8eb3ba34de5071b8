/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_INTERRUPT_H
#define DEMOS_INTERRUPT_H

/*
 * A program that is ended by SIGINT, SIGTERM or SIGHUP takes its unfinished
 * files with it, and still dies of the signal, as its caller expects.
 */

/* Remove these files on such a signal. The names must stay where they are. Once per program. */
void interrupt_remove_files(char *const *names, unsigned count);

/* Before the files are removed call this, which must be async-signal-safe. */
void interrupt_call_first(void (*function)(void));

/* For a child process: signals just end it, the files are its parent's business. */
void interrupt_reset(void);

#endif
