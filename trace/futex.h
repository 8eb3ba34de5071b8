/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_FUTEX_H
#define HW_TRACE_FUTEX_H

/*
 * Whether a thread of another process is blocked in a futex at this instant, as /proc tells it:
 * nobody is stopped, traced or sent a signal, so the thread cannot notice.
 *
 * /proc/PID/task/TID/syscall has the system call, its arguments and where it was made. It is
 * refused to a process that may not trace the other (another user's; with Yama, any that is
 * no descendant). Then .../wchan still has the name of the kernel function that it sleeps in,
 * which is enough to know that it is a futex, but not from where.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum hw_futex_state {
	HW_FUTEX_NONE,    /* it runs, sleeps somewhere else, or has ended */
	HW_FUTEX_BLOCKED,
	HW_FUTEX_UNKNOWN, /* it cannot be asked */
};

/* Where a thread is blocked; all 0 when only wchan told of it. */
struct hw_futex_place {
	uint64_t word;        /* the futex, as the thread addresses it */
	uint64_t instruction; /* behind its system call */
	uint64_t stack;       /* its stack pointer there */
};

enum hw_futex_state hw_futex_look(pid_t pid, pid_t tid, struct hw_futex_place *ret_place);

/* Whether a thread is gone, or on its way out; also when that cannot be asked. */
bool hw_futex_ends(pid_t pid, pid_t tid);

/* What a line of /proc/PID/task/TID/syscall says; it has to be terminated. */
enum hw_futex_state hw_futex_parse(const char *line, struct hw_futex_place *ret_place);

#endif
