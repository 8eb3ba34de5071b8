/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_UNITS_H
#define HW_TRACE_UNITS_H

/*
 * What becomes of the units of semaphores: how many are free, how many there are in all, and
 * whether they come back from who took them (see trace/order.h).
 *
 * Semaphores of System V know more than others. One call takes or posts many units,
 * and of many semaphores at once: what it got together was waited for together, so none of it
 * was held while the rest was waited for. semctl sets how many there are: before anything else
 * is done, that is what the semaphore begins with; while somebody holds units, it shows that it
 * signals. So does waiting for the end of all units, for which somebody else has to take them;
 * but when the same call then adds one, that is a lock, free while it has no units.
 * What was taken with SEM_UNDO comes back when the process ends.
 */

#include "trace/roster.h"

struct hw_order;

/* Units were taken. */
void hw_units_take(struct hw_object *object, uint32_t units);

/* Units came from a thread with this hold, or with none. Whether that shows that it signals. */
bool hw_units_post(struct hw_object *object, const struct hw_hold *hold, uint32_t units);

/*
 * What an event of a semaphore of System V says of it, before it is taken into the order; `detail`
 * as in the log. How many units it is about, as its row says: 0 when one, or none. A wait, take or
 * post of the thread is about as many.
 */
uint32_t hw_units_note(struct hw_order *order, struct hw_thread *thread, struct hw_object *object,
	enum hw_op op, uint32_t detail, int64_t time_ns);

/* Somebody waited, or waits, for the end of its units. */
void hw_units_zero(struct hw_order *order, struct hw_object *object, int64_t time_ns);

/* What the thread has got; `more` follows that it got with the same call. */
void hw_units_hold(struct hw_thread *thread, const struct hw_hold *got, bool more);

/* The next call of the thread waits for so many units of the object, with others. */
void hw_units_await(struct hw_thread *thread, struct hw_object *object, uint32_t units);

/*
 * A thread that is blocked waits for another object of its call when the one it is thought to wait
 * for has its units by now: that other one, or NULL. `ret_units`: how many it wants of it.
 */
struct hw_object *hw_units_awaited(const struct hw_thread *thread, uint32_t *ret_units);

/* The thread's process has ended, and was not waiting: what is to be given back then is. */
void hw_units_undo(struct hw_order *order, struct hw_thread *thread, int64_t time_ns);

#endif
