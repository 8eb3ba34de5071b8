/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_RELAY_H
#define HW_ANALYZER_RELAY_H

/*
 * Standing between the shell and the program without being in the way.
 *
 * The shell knows this process only, the terminal knows both. What the terminal sends
 * (Ctrl-C, Ctrl-Z, a new size) reaches the program by itself; what is sent to this process
 * alone, by kill(1) or a supervisor, is passed on; what a process of the recorded tree
 * sends to its group is not, as it would come twice. When the program stops, this process
 * stops by the same signal, so that the shell has its job; when it is continued, so is the
 * program. Nothing here changes the terminal, and the program begins with the dispositions and
 * the mask this process began with.
 *
 * One program at a time, as there is one table of signal handlers.
 */

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "trace/session.h"

struct hw_relay {
	sigset_t mask;		 /* this process's, at the beginning */
	struct sigaction child; /* its SIGCHLD: a shell may have it ignored, and ends get lost */
};

/* Before any child is made: hold back what is to be passed on, and make sure that ends are seen. */
void hw_relay_prepare(struct hw_relay *relay);

/* In the child, before it executes the program: as it was before hw_relay_prepare. */
void hw_relay_leave(const struct hw_relay *relay);

/* In the parent: pass on what came in the meantime, and what comes. */
void hw_relay_begin(const struct hw_relay *relay, pid_t program, const struct hw_session *session);

/* There is no program, or no more: this process has its signals for itself. */
void hw_relay_end(const struct hw_relay *relay);

/* Whether the terminal's quit key (Ctrl-\) was pressed since this was last asked. */
bool hw_relay_quit_pressed(void);

/* The program was stopped by this signal: stop too, and continue it when continued. */
void hw_relay_stop_alike(pid_t program, int number);

#endif
