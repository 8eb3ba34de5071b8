/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_ORDER_H
#define HW_TRACE_ORDER_H

/*
 * Who holds what, and the dependencies that follow: thread T, holding H, waits
 * for object W at stack S. Kept while recording, one row for any number of
 * repetitions, so that analysis costs what the program's locking structure
 * costs and not its running time.
 *
 * A successful try blocks nobody and makes a dependency of its own kind
 * (HW_HOW_TRY), which counts as a block where code tries first and blocks if that fails (tries.h).
 *
 * Semaphores: a unit is held by the thread that took it until it posts. A post by
 * a thread that holds none, while others hold some, shows that the semaphore
 * signals; then nobody holds it any more, nor ever again. One that began without units
 * is thought to signal until somebody gives back what it took.
 *
 * Waits for what nobody can hold (the end of a thread, a condition, a barrier, a semaphore that
 * signals) are dependencies like others. They are no edges of a lock order; but what is held
 * meanwhile may be needed by those who could end the wait.
 *
 * Nearly all events are a lock that is free and is taken, the one taken last and given back, or a
 * try of one that is not free. order_quick.h is for these, and does what the functions here would.
 */

#include <errno.h>

#include "trace/declared.h"
#include "trace/dependency.h"
#include "trace/misuse.h"
#include "trace/tries.h"
#include "trace/units.h"

struct hw_order {
	struct hw_roster *roster;
	struct hw_dependencies dependencies;
	struct hw_contentions contentions;
	struct hw_tries tries;
	struct hw_misuses misuses;
	struct hw_declarations declarations;
};

void hw_order_finish(struct hw_order *order);

/* The thread begins to wait for the object; its dependency counts from here, got or not. */
void hw_order_wait(struct hw_order *order, struct hw_thread *thread, struct hw_object *object,
	uint32_t stack, uint32_t how, int64_t time_ns);

/* The thread goes to sleep on a condition, whose mutex it has given up. */
void hw_order_sleep(struct hw_order *order, struct hw_thread *thread, struct hw_object *object,
	uint32_t stack, uint32_t how, int64_t time_ns);

/* The thread got the object. */
void hw_order_acquire(struct hw_order *order, struct hw_thread *thread, struct hw_object *object,
	uint32_t stack, uint32_t how, int64_t time_ns);

/* A wait is over, or an attempt failed; `busy` when it was a try of something taken. */
void hw_order_fail(struct hw_order *order, struct hw_thread *thread, struct hw_object *object,
	uint32_t stack, bool busy, int64_t time_ns);

/* Whether a try that ended with this errno was of something taken. */
static inline bool hw_order_is_busy(uint32_t code)
{
	return code == EBUSY || code == EAGAIN;
}

/* The thread gave the object up (a post, for semaphores). */
void hw_order_release(struct hw_order *order, struct hw_thread *thread, struct hw_object *object,
	uint32_t stack, int64_t time_ns);

/* The program wants it left out: nobody holds it or waits for it any more. */
void hw_order_forget(struct hw_order *order, struct hw_object *object, int64_t time_ns);

/* The thread holds it since before its process was forked. */
void hw_order_inherit(struct hw_thread *thread, struct hw_object *object, uint32_t stack,
	uint32_t how, int64_t time_ns);

/* The thread has it from now on, or that many more units of it. */
void hw_order_hold(struct hw_thread *thread, const struct hw_hold *hold);

/* It has one of its holds no more. */
void hw_order_drop(struct hw_order *order, struct hw_thread *thread, struct hw_hold *hold,
	int64_t time_ns);

/* Nobody holds it any more. */
void hw_order_drop_all(struct hw_order *order, struct hw_object *object, int64_t time_ns);

/* Whether a dependency counts as a block now: not a try, or a try from a promoted place. */
bool hw_order_blocks(const struct hw_order *order, const struct hw_dependency *dependency);

/* "lock" or "signal" for a semaphore, as far as its posts tell; NULL for other kinds. */
const char *hw_order_role(const struct hw_object *object);

#endif
