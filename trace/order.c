/* SPDX-License-Identifier: MIT */
#include "trace/order.h"

#include <string.h>

#include "trace/memory.h"
#include "trace/order_quick.h"

void hw_order_finish(struct hw_order *order)
{
	hw_dependencies_finish(&order->dependencies);
	hw_contentions_finish(&order->contentions);
	hw_misuses_finish(&order->misuses);
	hw_declarations_finish(&order->declarations);
}

/* As far as its posts tell up to now: what is held of it may be no hold at all. */
static bool seems_to_signal(const struct hw_object *object)
{
	return object->kind == HW_KIND_SEM &&
		(object->foreign || (!object->returned && !object->made_with_units));
}

const char *hw_order_role(const struct hw_object *object)
{
	if (object->kind != HW_KIND_SEM)
		return NULL;
	if (seems_to_signal(object))
		return "signal";
	return object->returned ? "lock" : NULL;
}

static bool signals(const struct hw_object *object)
{
	return object->kind == HW_KIND_SEM && object->foreign;
}

/*
 * Taking again what it holds already orders nothing; nor does what is taken holding nothing. But
 * where writers go first, whoever wants to write stops readers, holding nothing, and a
 * reader who reads again what he holds may be stopped. Who has one of several units may have to
 * wait for another. And units of what signals are not held.
 */
static bool depends(struct hw_thread *thread, const struct hw_object *object, uint32_t how)
{
	bool held = hw_hold_of(thread, object);

	if (seems_to_signal(object))
		return thread->hold_count > held;
	if (object->kind == HW_KIND_RWLOCK && object->type & HW_TYPE_PREFER_WRITER)
		return how & HW_HOW_SHARED ? thread->hold_count > 0 : !held;
	if (object->kind == HW_KIND_SEM && object->capacity > 1)
		return thread->hold_count > 0;
	return thread->hold_count && !held;
}

/* That the record under way is about. */
static uint32_t units_of(const struct hw_thread *thread)
{
	return thread->units ? thread->units : 1;
}

/* `last`: of this object and stack, as for hw_dependency_count; NULL when nobody keeps it. */
static inline void depend(struct hw_order *order, struct hw_thread *thread,
	struct hw_object *object, uint32_t stack, uint32_t how, int64_t time_ns, uint32_t *last)
{
	uint32_t none = 0;

	/* Only writers that go first make others wait for them before they hold anything. */
	if (!thread->hold_count && object->kind != HW_KIND_RWLOCK)
		return;
	if (depends(thread, object, how))
		hw_dependency_count(&order->dependencies, thread, object, stack, how,
			units_of(thread), time_ns, last ? last : &none);
}

static uint32_t holds_of(struct hw_order *order, struct hw_thread *thread)
{
	return hw_hold_list_of(&order->dependencies.lists, thread);
}

bool hw_order_blocks(const struct hw_order *order, const struct hw_dependency *dependency)
{
	return !(dependency->how & HW_HOW_TRY) ||
		hw_tries_block(&order->tries, order->roster, dependency->stack);
}

static void end_wait(struct hw_thread *thread)
{
	if (thread->waits_for)
		thread->waits_for->waiters--;
	thread->waits_for = NULL;
}

/* Who has what the thread waits for, as far as the log told. */
static void note_keeper(struct hw_thread *thread, const struct hw_object *object)
{
	const struct hw_hold *hold = object->holder ? hw_hold_of(object->holder, object) : NULL;

	thread->keeper = hold ? object->holder : NULL;
	thread->keeper_stack = hold ? hold->stack : 0;
}

void hw_order_sleep(struct hw_order *order, struct hw_thread *thread, struct hw_object *object,
	uint32_t stack, uint32_t how, int64_t time_ns)
{
	depend(order, thread, object, stack, how, time_ns, NULL);
}

void hw_order_wait(struct hw_order *order, struct hw_thread *thread, struct hw_object *object,
	uint32_t stack, uint32_t how, int64_t time_ns)
{
	end_wait(thread);
	if (how & HW_HOW_ZERO)
		hw_units_zero(order, object, time_ns);
	thread->waits_for = object;
	thread->wait_units = units_of(thread);
	thread->wait_since_ns = time_ns;
	note_keeper(thread, object);
	object->waiters++;
	if (thread->failed_try)
		hw_tries_blocked(&order->tries, order->roster, thread, object,
			holds_of(order, thread));
	depend(order, thread, object, stack, how, time_ns, NULL);
	hw_misuse_wait(&order->misuses, thread, object, stack, time_ns);
}

/* Joins end without anything held, too, and so do stays at a barrier. */
static bool can_be_held(const struct hw_object *object)
{
	return object->kind == HW_KIND_MUTEX || object->kind == HW_KIND_RWLOCK ||
		object->kind == HW_KIND_SPIN || object->kind == HW_KIND_SEM;
}

void hw_order_fail(struct hw_order *order, struct hw_thread *thread, struct hw_object *object,
	uint32_t stack, bool busy, int64_t time_ns)
{
	bool waited = thread->waits_for == object;

	if (waited) {
		if (can_be_held(object))
			hw_contention_measure_wait(
				hw_contention_of(&order->contentions, object, stack),
				thread, time_ns);
		end_wait(thread);
	}
	/* A wait of semtimedop that has taken too long fails like a try. */
	if (busy && !waited)
		hw_tries_failed(order->roster, thread, object, stack, holds_of(order, thread));
}

static void forget_lists(struct hw_thread *thread, const struct hw_hold *hold)
{
	hw_hold_list_forget(thread, (size_t)(hold - thread->holds));
}

void hw_order_hold(struct hw_thread *thread, const struct hw_hold *got)
{
	struct hw_hold *hold = hw_hold_of(thread, got->object);

	if (hold) {
		hold->count += got->count;
		hold->how |= got->how & HW_HOW_UNDO;
		if (got->object->kind == HW_KIND_SEM)
			forget_lists(thread, hold);
		return;
	}
	HW_GROW(thread->holds, thread->hold_count, thread->hold_capacity);
	hw_order_push(thread, got->object, got->contention, got->stack, got->how, got->count,
		got->since_ns);
}

void hw_order_inherit(struct hw_thread *thread, struct hw_object *object, uint32_t stack,
	uint32_t how, int64_t time_ns)
{
	hw_order_hold(thread, &(struct hw_hold){ .object = object, .stack = stack, .how = how,
		.count = 1, .since_ns = time_ns });
}

void hw_order_drop(struct hw_order *order, struct hw_thread *thread, struct hw_hold *hold,
	int64_t time_ns)
{
	size_t at = (size_t)(hold - thread->holds);

	if (!hold->contention)
		hold->contention = hw_contention_of(&order->contentions, hold->object,
			hold->stack);
	hw_order_end_hold(thread, hold, time_ns);
	thread->hold_count--;
	memmove(hold, hold + 1, (thread->hold_count - at) * sizeof(*hold));
	hw_hold_list_forget(thread, at);
}

static inline struct hw_contention *count_acquisition(struct hw_order *order,
	struct hw_thread *thread, struct hw_object *object, uint32_t stack, int64_t time_ns)
{
	struct hw_contention *contention = hw_contention_of(&order->contentions, object, stack);

	contention->acquired++;
	if (thread->waits_for == object) {
		contention->waited++;
		contention->wait_ns += hw_contention_measure_wait(contention, thread, time_ns);
		end_wait(thread);
	}
	return contention;
}

/* The holder of a robust mutex died, and somebody else has it now. */
static void bury_holder(struct hw_order *order, struct hw_object *object, int64_t time_ns)
{
	struct hw_hold *hold = object->holder ? hw_hold_of(object->holder, object) : NULL;

	if (hold)
		hw_order_drop(order, object->holder, hold, time_ns);
}

void hw_order_acquire(struct hw_order *order, struct hw_thread *thread, struct hw_object *object,
	uint32_t stack, uint32_t how, int64_t time_ns)
{
	bool waited = thread->waits_for == object;
	struct hw_hold got = { .object = object, .stack = stack, .how = how,
		.count = units_of(thread), .since_ns = time_ns };

	if (how & HW_HOW_OWNER_DEAD)
		bury_holder(order, object, time_ns);
	got.contention = count_acquisition(order, thread, object, stack, time_ns);
	if (object->kind == HW_KIND_SEM)
		hw_units_take(object, got.count);
	if (!waited && !(signals(object) && how & HW_HOW_TRY))
		depend(order, thread, object, stack, how, time_ns,
			&got.contention->last_dependency);
	if (thread->failed_try && !signals(object) && !(how & HW_HOW_TRY))
		hw_tries_blocked(&order->tries, order->roster, thread, object,
			holds_of(order, thread));
	if (how & HW_HOW_MORE || thread->together_count)
		hw_units_hold(thread, &got, how & HW_HOW_MORE);
	else if (!signals(object))
		hw_order_hold(thread, &got);
}

/* Whoever was thought to hold it does not, as a semaphore that signals is held by nobody. */
void hw_order_drop_all(struct hw_order *order, struct hw_object *object, int64_t time_ns)
{
	for (size_t i = 0; i < order->roster->thread_count; i++) {
		struct hw_thread *thread = order->roster->threads[i];
		struct hw_hold *hold = hw_hold_of(thread, object);

		if (hold)
			hw_order_drop(order, thread, hold, time_ns);
	}
}

void hw_order_forget(struct hw_order *order, struct hw_object *object, int64_t time_ns)
{
	hw_order_drop_all(order, object, time_ns);
	for (size_t i = 0; i < order->roster->thread_count; i++)
		if (order->roster->threads[i]->waits_for == object)
			end_wait(order->roster->threads[i]);
}

void hw_order_release(struct hw_order *order, struct hw_thread *thread, struct hw_object *object,
	uint32_t stack, int64_t time_ns)
{
	struct hw_hold *hold = hw_hold_of(thread, object);
	uint32_t given_back = object->kind == HW_KIND_SEM ? units_of(thread) : 1;

	if (object->kind == HW_KIND_SEM) {
		if (hw_units_post(object, hold, given_back))
			hw_order_drop_all(order, object, time_ns);
	} else if (!hold) {
		hw_misuse_unlock(&order->misuses, thread, object, stack, time_ns);
		/* The holder no longer holds it either. */
		if (object->holder)
			hold = hw_hold_of(thread = object->holder, object);
	}
	if (!hold)
		return;
	hold->count -= given_back < hold->count ? given_back : hold->count;
	if (!hold->count)
		hw_order_drop(order, thread, hold, time_ns);
	else if (object->kind == HW_KIND_SEM)
		forget_lists(thread, hold);
}
