/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_COND_H
#define HW_INTERPOSE_COND_H

/*
 * Waiting for a condition, for the pthread and the C11 calls alike.
 *
 * A wait is four things in the log: its mutex is released, the thread sleeps,
 * it wakes, and the mutex is acquired again (HW_HOW_REACQUIRE). libc does both halves
 * of the blocking inside one call, so the slot says "waits for the condition" all
 * along. When the wait is cancelled the mutex is locked again before cleanup handlers
 * run (POSIX), and the log says so too.
 */

#include <pthread.h>

#include "interpose/attempt.h"

struct hw_cond_wait {
	struct hw_attempt attempt; /* to get the condition; no cell when not recorded */
	struct hw_cell *mutex;     /* NULL when it is not recorded, or not released */
	uint32_t stack;
};

/* `deadline` is NULL for the wait that has none; libc accepts it on `clock`, or refuses. */
void hw_cond_wait_begin(struct hw_cond_wait *wait, const pthread_cond_t *cond,
	const pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline,
	const void *caller);

/* For pthread_cleanup_push: log that the wait (a struct hw_cond_wait) is cancelled. */
void hw_cond_wait_cancelled(void *wait);

/* `error` as pthread_cond_wait returns it; the mutex is held in every case but EPERM and EINVAL. */
void hw_cond_wait_end(struct hw_cond_wait *wait, int error);

/* signal, broadcast: `op` says which. Call before the real one. */
void hw_cond_notify(const pthread_cond_t *cond, enum hw_op op, const void *caller);

void hw_cond_initialised(const pthread_cond_t *cond, const void *caller);
void hw_cond_destroyed(const pthread_cond_t *cond, const void *caller);

#endif
