/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_BLOCKED_H
#define HW_TESTS_E2E_BLOCKED_H

/*
 * Which threads of a process are blocked for good, as the kernel sees it: inside
 * futex(2), without a time limit. glibc's mutexes, semaphores, barriers and
 * pthread_join all wait there. Threads on their way in or out do not count, so
 * what is found blocked stays blocked until somebody wakes it.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { HW_BLOCKED_MOST = 1024 };

struct hw_blocked {
	unsigned threads;		     /* of the process */
	unsigned count;			     /* of them that are blocked */
	uint64_t addresses[HW_BLOCKED_MOST]; /* what the blocked ones wait for */
	char names[HW_BLOCKED_MOST][17];     /* what they are called */
};

/* Look at all threads of the process once. False when it is gone or may not be looked at. */
bool hw_blocked_look(pid_t pid, struct hw_blocked *ret_blocked);

/* How many different things the blocked threads whose name begins so wait for. */
unsigned hw_blocked_distinct(const struct hw_blocked *blocked, const char *name);

/* How many blocked threads have a name that begins so. */
unsigned hw_blocked_named(const struct hw_blocked *blocked, const char *name);

#endif
