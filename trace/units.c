/* SPDX-License-Identifier: MIT */
#include "trace/units.h"

#include "trace/memory.h"
#include "trace/order.h"

void hw_units_take(struct hw_object *object, uint32_t units)
{
	object->taken += units;
	object->units_free -= units < object->units_free ? units : object->units_free;
}

bool hw_units_post(struct hw_object *object, const struct hw_hold *hold, uint32_t units)
{
	uint64_t outstanding = object->taken - object->returned;
	uint32_t own = !hold ? 0 : units < hold->count ? units : hold->count;

	object->units_free += units;
	if (own) {
		object->dirty |= !object->returned;
		object->returned += own;
	} else if (outstanding && !object->foreign) {
		object->foreign = 1;
		object->dirty = true;
		return true;
	} else if (!outstanding && object->units_free > object->capacity) {
		object->capacity = object->units_free;
		object->dirty = true;
	}
	return false;
}

static void signal_from_now_on(struct hw_order *order, struct hw_object *object, int64_t time_ns)
{
	object->dirty |= !object->foreign;
	object->foreign = 1;
	hw_order_drop_all(order, object, time_ns);
}

void hw_units_zero(struct hw_order *order, struct hw_object *object, int64_t time_ns)
{
	if (!object->foreign)
		signal_from_now_on(order, object, time_ns);
}

static void set(struct hw_order *order, struct hw_object *object, uint32_t units,
	int64_t time_ns)
{
	bool used = object->taken || object->units_free != object->capacity;

	if (used && (object->holders || object->waiters))
		signal_from_now_on(order, object, time_ns);
	object->units_free = units;
	if (!used || object->capacity < units)
		object->capacity = units;
	object->made_with_units |= units > 0;
	object->dirty = true;
}

/* When that was not done by raising it from zero, but is done of others, it is no lock. */
static void take(struct hw_order *order, struct hw_object *object, bool from_zero,
	int64_t time_ns)
{
	if (object->raised && !from_zero)
		hw_units_zero(order, object, time_ns);
	if (object->raised || !from_zero)
		return;
	object->raised = object->made_with_units = object->dirty = true;
	object->units_free = object->capacity = 1;
}

uint32_t hw_units_note(struct hw_order *order, struct hw_thread *thread, struct hw_object *object,
	enum hw_op op, uint32_t detail, int64_t time_ns)
{
	switch (op) {
	case HW_OP_INIT:
		/* Making a set is an init, too, and says so in the definitions. */
		if (detail & 1)
			set(order, object, detail >> 1, time_ns);
		return detail >> 1;
	case HW_OP_LEAVE:
		thread->also_count = 0;
		hw_units_zero(order, object, time_ns);
		return 0;
	case HW_OP_TAKE:
		thread->also_count = 0;
		take(order, object, detail & HW_HOW_ZERO, time_ns);
		return thread->units;
	case HW_OP_WAIT:
		return thread->units;
	case HW_OP_POST:
		thread->units = detail;
		return detail > 1 ? detail : 0;
	default:
		thread->also_count = 0;
		return 0;
	}
}

void hw_units_await(struct hw_thread *thread, struct hw_object *object, uint32_t units)
{
	HW_GROW(thread->also, thread->also_count, thread->also_capacity);
	thread->also[thread->also_count++] =
		(struct hw_hold){ .object = object, .count = units };
}

static bool lacks(const struct hw_hold *awaited)
{
	return awaited->object->units_free < awaited->count;
}

struct hw_object *hw_units_awaited(const struct hw_thread *thread, uint32_t *ret_units)
{
	const struct hw_hold *lacking = NULL;
	bool has_units = false;

	for (size_t i = 0; i < thread->also_count; i++) {
		const struct hw_hold *awaited = &thread->also[i];

		if (awaited->object == thread->blocked_on)
			has_units = !lacks(awaited);
		else if (!lacking && lacks(awaited))
			lacking = awaited;
	}
	if (!has_units || !lacking)
		return NULL;
	*ret_units = lacking->count;
	return lacking->object;
}

void hw_units_hold(struct hw_thread *thread, const struct hw_hold *got, bool more)
{
	HW_GROW(thread->together, thread->together_count, thread->together_capacity);
	thread->together[thread->together_count++] = *got;
	if (more)
		return;
	for (size_t i = 0; i < thread->together_count; i++)
		if (!thread->together[i].object->foreign)
			hw_order_hold(thread, &thread->together[i]);
	thread->together_count = 0;
}

void hw_units_undo(struct hw_order *order, struct hw_thread *thread, int64_t time_ns)
{
	for (size_t i = thread->hold_count; i-- > 0;) {
		struct hw_hold *hold = &thread->holds[i];

		if (!(hold->how & HW_HOW_UNDO))
			continue;
		hold->object->returned += hold->count;
		hold->object->units_free += hold->count;
		hold->object->dirty = true;
		hw_order_drop(order, thread, hold, time_ns);
	}
}
