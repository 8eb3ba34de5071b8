/* SPDX-License-Identifier: MIT */
#include "trace/known.h"

#include "trace/memory.h"
#include "trace/order_quick.h"

void hw_known_prepare(struct hw_interpreter *interpreter)
{
	interpreter->known = hw_xcalloc((size_t)1 << HW_KNOWN_BITS, sizeof(*interpreter->known));
}

/* Ops whose `detail` tells how. */
static const uint64_t says_how = 1ull << HW_OP_LOCK | 1ull << HW_OP_TAKE | 1ull << HW_OP_WAIT |
	1ull << HW_OP_SLEEP | 1ull << HW_OP_UNLOCK | 1ull << HW_OP_JOIN | 1ull << HW_OP_DESTROY;

uint8_t hw_known_how(enum hw_op op, uint32_t detail)
{
	return says_how >> op & 1 ? hw_event_plain_how(detail) : 0;
}

/* Neither a definition nor about threads and processes themselves. */
static bool is_about_object(enum hw_op op)
{
	return op >= HW_OP_INIT && op <= HW_OP_ONCE_END;
}

static enum hw_way way_of(enum hw_op op, const struct hw_object *object, uint32_t detail)
{
	if (op == HW_OP_FAIL)
		return hw_order_is_busy(detail) ? HW_WAY_FAIL : HW_WAY_REST;
	if (detail >= HW_HOW_OWNER_DEAD)
		return HW_WAY_REST;
	if (hw_order_is_plain(object) && op == HW_OP_LOCK)
		return HW_WAY_LOCK;
	if (hw_order_is_plain(object) && op == HW_OP_UNLOCK)
		return HW_WAY_UNLOCK;
	if (object->kind == HW_KIND_SEM && op == HW_OP_TAKE)
		return HW_WAY_TAKE;
	return object->kind == HW_KIND_SEM && op == HW_OP_POST ? HW_WAY_POST : HW_WAY_REST;
}

struct hw_known_deed *hw_known_learn(struct hw_interpreter *interpreter,
	const struct hw_thread *thread, uint64_t who, uint64_t what)
{
	struct hw_known_deed *known = hw_known_place(interpreter, who, what);
	uint32_t slot = hw_what_stack(what), detail = hw_what_detail(what);
	enum hw_op op = (uint8_t)who;
	struct hw_object *object;

	if (who >= HW_KNOWN_NOBODY || !is_about_object(op) || slot >= HW_STACK_SLOTS)
		return NULL;
	object = hw_roster_object(thread->process, hw_what_object(what));
	if (!object || object->ignored || object->kind == HW_KIND_NONE ||
		object->type & HW_TYPE_SYSV)
		return NULL;
	known[1] = known[0];
	*known = (struct hw_known_deed){ .what = what, .who = who, .object = object,
		.stack = thread->stacks[slot], .how = hw_known_how(op, detail),
		.way = (uint8_t)way_of(op, object, detail) };
	if (known->way == HW_WAY_LOCK || known->way == HW_WAY_TAKE)
		known->contention = hw_contention_of(&interpreter->order->contentions, object,
			known->stack);
	return known;
}
