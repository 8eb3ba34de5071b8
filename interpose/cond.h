/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_COND_H
#define HW_INTERPOSE_COND_H

/*
 * Waiting for a condition, for the pthread and the C11 calls alike, and for GLib's.
 *
 * A wait is four things in the log: its mutex is released, the thread sleeps,
 * it wakes, and the mutex is acquired again (HW_HOW_REACQUIRE). libc does both halves
 * of the blocking inside one call, so the slot says "waits for the condition" all
 * along. When the wait is cancelled the mutex is locked again before cleanup handlers
 * run (POSIX), and the log says so too.
 */

#include <pthread.h>

#include "interpose/attempt.h"
#include "interpose/stack.h"

struct hw_cond_wait {
	struct hw_attempt attempt; /* to get the condition; no cell when not recorded */
	struct hw_cell *mutex;     /* NULL when it is not recorded, or not released */
	uint32_t stack;
	bool left_out; /* the wait is an interpreter's for its own lock */
};

/* Fill what every wait begins with. NULL when nothing is to be recorded. */
static inline __attribute__((always_inline)) struct hw_self *hw_cond_wait_enter(
	struct hw_cond_wait *wait, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);

	wait->attempt.self = self;
	wait->attempt.cell = NULL;
	wait->mutex = NULL;
	wait->left_out = false;
	if (self)
		wait->stack = hw_stack_capture(self, call);
	return self;
}

/* Log that the thread sleeps, if it has `released` the mutex, and say in its slot for what. */
static inline __attribute__((always_inline)) void hw_cond_wait_sleep(struct hw_cond_wait *wait,
	struct hw_cell *cond, uint32_t how, bool released)
{
	struct hw_self *self = wait->attempt.self;

	if (released)
		hw_log_add(self, hw_log_now(), HW_OP_SLEEP, cond->object, wait->stack, how);
	hw_attempt_begin_wait(&wait->attempt, self, cond, wait->stack, how);
}

/* `deadline` is NULL for the wait that has none; libc accepts it on `clock`, or refuses. */
void hw_cond_wait_begin(struct hw_cond_wait *wait, const pthread_cond_t *cond,
	const pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline,
	const struct hw_call *call);

/* For pthread_cleanup_push: log that the wait (a struct hw_cond_wait) is cancelled. */
void hw_cond_wait_cancelled(void *wait);

/* `error` as pthread_cond_wait returns it; the mutex is held in every case but EPERM and EINVAL. */
void hw_cond_wait_end(struct hw_cond_wait *wait, int error);

/* signal, broadcast: `op` says which. Call before the real one. */
void hw_cond_notify(const pthread_cond_t *cond, enum hw_op op, const struct hw_call *call);

void hw_cond_initialised(const pthread_cond_t *cond, const struct hw_call *call);
void hw_cond_destroyed(const pthread_cond_t *cond, const struct hw_call *call);

#endif
