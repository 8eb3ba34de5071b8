/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_ORDER_QUICK_H
#define HW_TRACE_ORDER_QUICK_H

/*
 * What nearly every event is, inlined into whoever reads events: a thread takes a lock, or a unit
 * of a semaphore, that nobody has, and gives back what it took last; or it tries to, and fails.
 *
 * Each function here either does all that hw_order_acquire, hw_order_release or hw_order_fail would
 * do, or nothing, and says which.
 */

#include "trace/order.h"

/* Into each loop over events, however long that becomes: programs wait for what an event costs. */
#define HW_ALWAYS_INLINE inline __attribute__((always_inline))

/* The thread has the object from now on; it does not hold it yet, and has room for a hold. */
static HW_ALWAYS_INLINE void hw_order_push(struct hw_thread *thread, struct hw_object *object,
	struct hw_contention *contention, uint32_t stack, uint32_t how, uint32_t count,
	int64_t time_ns)
{
	struct hw_hold *hold = &thread->holds[thread->hold_count++];

	hold->object = object;
	hold->contention = contention;
	hold->since_ns = time_ns;
	hold->stack = stack;
	hold->how = how;
	hold->count = count;
	hold->list = 0;
	object->holder = object->last_holder = thread;
	object->last_stack = stack;
	object->holders++;
}

/* How long it was held is known now, and by whom; taking it from the thread's holds is left. */
static HW_ALWAYS_INLINE void hw_order_end_hold(const struct hw_thread *thread,
	const struct hw_hold *hold, int64_t time_ns)
{
	struct hw_contention *contention = hold->contention;
	int64_t held_ns = time_ns - hold->since_ns;

	contention->dirty = true;
	contention->hold_ns += held_ns;
	if (held_ns > contention->hold_max_ns)
		contention->hold_max_ns = held_ns;
	if (hold->object->holder == thread)
		hold->object->holder = NULL;
	hold->object->holders--;
}

/* A lock of these kinds is taken as a whole, and orders what it is taken with. */
static inline bool hw_order_is_plain(const struct hw_object *object)
{
	uint32_t plain = 1u << HW_KIND_MUTEX | 1u << HW_KIND_RWLOCK | 1u << HW_KIND_SPIN;

	return plain >> object->kind & 1 && !(object->type & HW_TYPE_PREFER_WRITER);
}

/*
 * Nobody has it, and nothing of the thread's past has to do with it; there is room for a hold. That
 * a try has failed matters only to what may block.
 */
static inline bool hw_order_is_simple(const struct hw_thread *thread,
	const struct hw_object *object, uint32_t how)
{
	return !object->holders && !thread->waits_for &&
		(!thread->failed_try || how & HW_HOW_TRY) &&
		thread->hold_count < thread->hold_capacity;
}

/* What an acquisition that is simple means, but for who has the object then. */
static HW_ALWAYS_INLINE void hw_order_count(struct hw_order *order, struct hw_thread *thread,
	struct hw_contention *contention, uint32_t how, bool depends, int64_t time_ns)
{
	contention->acquired++;
	contention->dirty = true;
	if (depends)
		hw_dependency_count(&order->dependencies, thread, contention->object,
			contention->stack, how, 1, time_ns, &contention->last_dependency);
}

/*
 * Whether the thread took the lock, which is plain. `contention` is the one of the object and
 * the stack.
 */
static HW_ALWAYS_INLINE bool hw_order_lock(struct hw_order *order, struct hw_thread *thread,
	struct hw_object *object, struct hw_contention *contention, uint32_t how, int64_t time_ns)
{
	if (__builtin_expect(!hw_order_is_simple(thread, object, how), 0))
		return false;
	hw_order_count(order, thread, contention, how, thread->hold_count, time_ns);
	hw_order_push(thread, object, contention, contention->stack, how, 1, time_ns);
	return true;
}

/* Whether the thread took a unit of the semaphore, of which nobody holds one. */
static HW_ALWAYS_INLINE bool hw_order_take(struct hw_order *order, struct hw_thread *thread,
	struct hw_object *object, struct hw_contention *contention, uint32_t how, int64_t time_ns)
{
	if (__builtin_expect(!hw_order_is_simple(thread, object, how), 0))
		return false;
	hw_order_count(order, thread, contention, how,
		thread->hold_count && !(object->foreign && how & HW_HOW_TRY), time_ns);
	hw_units_take(object, 1);
	if (!object->foreign)
		hw_order_push(thread, object, contention, contention->stack, how, 1, time_ns);
	return true;
}

/* What the thread took last, when it is this object, and once; else NULL. */
static inline struct hw_hold *hw_order_last(struct hw_thread *thread,
	const struct hw_object *object)
{
	struct hw_hold *last;

	if (__builtin_expect(!thread->hold_count, 0))
		return NULL;
	last = &thread->holds[thread->hold_count - 1];
	return last->object == object && last->count == 1 && last->contention ? last : NULL;
}

/* Whether the thread gave the lock back, which is plain: it was what it took last. */
static HW_ALWAYS_INLINE bool hw_order_unlock(struct hw_thread *thread, struct hw_object *object,
	int64_t time_ns)
{
	struct hw_hold *last = hw_order_last(thread, object);

	if (__builtin_expect(!last, 0))
		return false;
	hw_order_end_hold(thread, last, time_ns);
	thread->hold_count--;
	return true;
}

/* Whether the thread gave a unit back that it took last, or one of what nobody holds ever. */
static HW_ALWAYS_INLINE bool hw_order_post(struct hw_thread *thread, struct hw_object *object,
	int64_t time_ns)
{
	struct hw_hold *last = object->foreign ? NULL : hw_order_last(thread, object);

	if (__builtin_expect(!last && (!object->foreign || object->holders), 0))
		return false;
	hw_units_post(object, last, 1);
	if (last) {
		hw_order_end_hold(thread, last, time_ns);
		thread->hold_count--;
	}
	return true;
}

/* Whether the thread tried to get what somebody has, and waited for nothing. */
static HW_ALWAYS_INLINE bool hw_order_try(struct hw_order *order, struct hw_thread *thread,
	struct hw_object *object, uint32_t stack)
{
	if (__builtin_expect(thread->waits_for != NULL, 0))
		return false;
	hw_tries_failed(order->roster, thread, object, stack,
		hw_hold_list_of(&order->dependencies.lists, thread));
	return true;
}

#endif
