/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_ATTEMPT_H
#define HW_INTERPOSE_ATTEMPT_H

/*
 * One attempt to get an object: what is written before and after the real call.
 *
 *   hw_attempt_begin   says in the thread's slot what it is about to wait for
 *                      (so that a hang can be explained from outside), and logs a
 *                      WAIT when the object was seen taken
 *   the real call
 *   hw_attempt_end     clears the slot and logs what came of it
 *
 * The real call may never return: its thread may be cancelled, or a signal
 * handler may jump out of it. `wait_sp` remembers the stack pointer, and the
 * next hook of the thread that runs further out on the stack logs a CANCEL. A hook
 * in a signal handler runs further in, has its own attempt, and puts the outer
 * one's slot back.
 */

#include <time.h>

#include "interpose/object.h"

struct hw_attempt {
	struct hw_self *self;
	struct hw_cell *cell;
	uint64_t what;       /* object, stack and how, as in a record */
	uint64_t asked_ticks; /* before the real call; 0 if that is expected to wait */
	uint64_t outer_wait; /* of the code a signal handler interrupted */
	uintptr_t outer_sp;
};

/* Whether libc accepts the time to give up at; otherwise it refuses, and does not wait. */
static inline bool hw_attempt_deadline_valid(clockid_t clock, const struct timespec *deadline)
{
	return (clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC) && deadline->tv_nsec >= 0 &&
		deadline->tv_nsec < 1000000000;
}

/* Parts of what the next ones do: what is told, and the telling. */
static inline __attribute__((always_inline)) void hw_attempt_prepare(struct hw_attempt *attempt,
	struct hw_self *self, struct hw_cell *cell, uint32_t stack, uint32_t how)
{
	attempt->self = self;
	attempt->cell = cell;
	attempt->what = hw_record_what(hw_object_number(cell), stack, how);
	attempt->outer_wait = atomic_load_explicit(&self->slot->wait, memory_order_relaxed);
	attempt->outer_sp = self->wait_sp;
}

static inline __attribute__((always_inline)) void hw_attempt_tell(const struct hw_attempt *attempt)
{
	struct hw_self *self = attempt->self;

	self->wait_sp = (uintptr_t)__builtin_frame_address(0);
	atomic_store_explicit(&self->slot->wait, attempt->what, memory_order_release);
}

/*
 * `taken`: whether the object was seen held by somebody, after the clock was read. The calls that
 * programs make most often read it themselves, so that the compiler knows what comes first.
 */
static inline __attribute__((always_inline)) void hw_attempt_begin_at(struct hw_attempt *attempt,
	struct hw_self *self, struct hw_cell *cell, uint32_t stack, uint32_t how,
	uint64_t asked_ticks, bool taken)
{
	hw_attempt_prepare(attempt, self, cell, stack, how);
	attempt->asked_ticks = asked_ticks;
	if (__builtin_expect(taken, 0)) {
		hw_log_write(self, asked_ticks, HW_OP_WAIT, attempt->what);
		attempt->asked_ticks = 0;
	}
	hw_attempt_tell(attempt);
}

/* The same with the clock as it is. */
static inline __attribute__((always_inline)) void hw_attempt_begin(struct hw_attempt *attempt,
	struct hw_self *self, struct hw_cell *cell, uint32_t stack, uint32_t how, bool taken)
{
	hw_attempt_begin_at(attempt, self, cell, stack, how, hw_log_now(), taken);
}

/* The same where waiting is what the call is for: it goes without saying. */
static inline __attribute__((always_inline)) void hw_attempt_begin_wait(struct hw_attempt *attempt,
	struct hw_self *self, struct hw_cell *cell, uint32_t stack, uint32_t how)
{
	hw_attempt_prepare(attempt, self, cell, stack, how);
	attempt->asked_ticks = 0;
	hw_attempt_tell(attempt);
}

/* The thread is no longer waiting; what comes of it is logged by the caller. */
static inline void hw_attempt_over(struct hw_attempt *attempt)
{
	atomic_store_explicit(&attempt->self->slot->wait, attempt->outer_wait,
		memory_order_release);
	attempt->self->wait_sp = attempt->outer_sp;
}

/* Inside the real call, the thread runs code of the program: it waits for nothing. */
static inline void hw_attempt_clear(struct hw_self *self)
{
	atomic_store_explicit(&self->slot->wait, 0, memory_order_release);
	self->wait_sp = 0;
}

/*
 * What comes of it otherwise: it was not got, or its holder had died (EOWNERDEAD). `what` is
 * the attempt's.
 */
void hw_attempt_failed(struct hw_self *self, struct hw_cell *cell, enum hw_op op, uint64_t what,
	int error);

/* `error`: 0 when it was got, and EOWNERDEAD when it was got from a holder that had died. */
static inline __attribute__((always_inline)) void hw_attempt_end(struct hw_attempt *attempt,
	enum hw_op op, int error)
{
	if (__builtin_expect(error != 0, 0))
		hw_attempt_failed(attempt->self, attempt->cell, op, attempt->what, error);
	else
		hw_log_write(attempt->self,
			hw_object_acquired(attempt->cell, attempt->asked_ticks), op, attempt->what);
	/* After the record: whoever sees the slot empty also finds what came of the wait. */
	hw_attempt_over(attempt);
}

/* When an attempt that cannot block is made. `self` is NULL where it is not recorded. */
static inline uint64_t hw_attempt_now(const struct hw_self *self)
{
	return self ? hw_log_now() : 0;
}

/* An attempt that cannot block: one record after. `asked_ticks` as in struct hw_attempt. */
static inline __attribute__((always_inline)) void hw_attempt_tried(struct hw_self *self,
	struct hw_cell *cell, enum hw_op op, uint32_t stack, uint32_t how, uint64_t asked_ticks,
	int error)
{
	uint64_t what = hw_record_what(hw_object_number(cell), stack, how);

	if (__builtin_expect(error != 0, 0))
		hw_attempt_failed(self, cell, op, what, error);
	else
		hw_log_write(self, hw_object_acquired(cell, asked_ticks), op, what);
}

#endif
