/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <string.h>

#include "interpose/attempt.h"
#include "interpose/export.h"
#include "interpose/stack.h"

#define HOLDWAIT_WEAK
#include "interpose/holdwait.h"

/*
 * What programs tell by holdwait(3). Before and after the waiting of a home-made lock there
 * are two calls where another hook has one, with code of the program between them, which may
 * call hooks: so what a hook keeps on its stack is kept in struct hw_self, and the wait
 * goes on as long as the function runs that began it.
 */

enum {
	HOW_MASK = HOLDWAIT_SHARED | HOLDWAIT_TRY | HOLDWAIT_TIMED,
	NAME_BYTES_MAX = sizeof(((struct hw_object_definition *)NULL)->name) - 1,
};

_Static_assert((int)HOLDWAIT_SHARED == (int)HW_HOW_SHARED, "as in the log");
_Static_assert((int)HOLDWAIT_TRY == (int)HW_HOW_TRY, "as in the log");
_Static_assert((int)HOLDWAIT_TIMED == (int)HW_HOW_TIMED, "as in the log");

/* A mutex until it is acquired in shared mode; it never turns back, so this is the order to ask. */
static struct hw_cell *living(const void *lock)
{
	struct hw_cell *cell = hw_object_find(lock, HW_KIND_MUTEX);

	return cell ? cell : hw_object_find(lock, HW_KIND_RWLOCK);
}

/* Whether several processes have it the mapping tells. */
static struct hw_cell *lock_object(struct hw_self *self, const void *lock, uint32_t how,
	uint32_t stack)
{
	struct hw_object_facts facts = { .kind = HW_KIND_MUTEX,
		.type = HW_TYPE_ANNOTATED | HW_TYPE_SHARED, .stack = stack };
	struct hw_cell *cell = living(lock);

	if (!cell)
		cell = hw_object_find_or_define(self, lock, &facts);
	if (!cell || cell->ignored)
		return NULL;
	if (how & HW_HOW_SHARED && cell->kind == HW_KIND_MUTEX) {
		facts.kind = HW_KIND_RWLOCK;
		hw_object_correct(self, cell, &facts);
	}
	return cell;
}

/* Waits that were jumped out of, or whose function returned without a word, are none. */
static void drop_abandoned(struct hw_self *self, uintptr_t caller_sp)
{
	while (self->annotated_count &&
		(!self->wait_sp || self->annotated[self->annotated_count - 1].sp < caller_sp))
		self->annotated_count--;
}

static void begin_wait(struct hw_self *self, uint64_t what, uintptr_t caller_sp)
{
	struct hw_annotated_wait *wait;

	drop_abandoned(self, caller_sp);
	if (self->annotated_count == HW_ANNOTATED_DEPTH)
		return;
	wait = &self->annotated[self->annotated_count];
	*wait = (struct hw_annotated_wait){ .what = what, .sp = caller_sp,
		.outer_wait = atomic_load_explicit(&self->slot->wait, memory_order_relaxed),
		.outer_sp = self->wait_sp };
	self->annotated_count++;
	self->wait_sp = caller_sp;
	atomic_store_explicit(&self->slot->wait, what, memory_order_release);
}

/* The thread waits for this object by its own account, and for nothing else further in. */
static struct hw_annotated_wait *wait_for(struct hw_self *self, uint32_t object)
{
	struct hw_annotated_wait *wait;

	if (!self->annotated_count || !self->wait_sp)
		return NULL;
	wait = &self->annotated[self->annotated_count - 1];
	return hw_what_object(wait->what) == object &&
			atomic_load_explicit(&self->slot->wait, memory_order_relaxed) ==
				wait->what ? wait : NULL;
}

/* After the record of what came of it, as hw_attempt_end() does. */
static void end_wait(struct hw_self *self, const struct hw_annotated_wait *wait)
{
	if (!wait)
		return;
	self->annotated_count--;
	atomic_store_explicit(&self->slot->wait, wait->outer_wait, memory_order_release);
	self->wait_sp = wait->outer_sp;
}

/* Where the stack pointer of the hook's caller is: below it is nothing that the wait needs. */
#define CALLER_SP() ((uintptr_t)__builtin_frame_address(0) + 2 * sizeof(void *))

HW_EXPORT void (holdwait_acquiring)(const void *lock, int how)
{
	uint32_t kept_how = (uint32_t)how & HOW_MASK, stack;
	struct hw_self *self = HW_ENTER();
	struct hw_cell *cell;

	if (!self || kept_how & HW_HOW_TRY)
		return;
	stack = HW_STACK(self);
	cell = lock_object(self, lock, kept_how, stack);
	if (cell) {
		hw_log_add(self, hw_log_now(), HW_OP_WAIT, cell->object, stack, kept_how);
		begin_wait(self, hw_record_what(cell->object, stack, kept_how), CALLER_SP());
	}
}

HW_EXPORT void (holdwait_acquired)(const void *lock, int how)
{
	uint32_t kept_how = (uint32_t)how & HOW_MASK, stack;
	struct hw_self *self = HW_ENTER();
	struct hw_cell *cell;

	if (!self)
		return;
	stack = HW_STACK(self);
	cell = lock_object(self, lock, kept_how, stack);
	if (cell) {
		hw_attempt_tried(self, cell, HW_OP_LOCK, stack, kept_how, 0, 0);
		end_wait(self, wait_for(self, cell->object));
	}
}

HW_EXPORT void (holdwait_failed)(const void *lock)
{
	const struct hw_annotated_wait *wait;
	struct hw_self *self = HW_ENTER();
	struct hw_cell *cell;
	uint32_t stack;

	if (!self)
		return;
	stack = HW_STACK(self);
	cell = lock_object(self, lock, 0, stack);
	if (cell) {
		wait = wait_for(self, cell->object);
		hw_attempt_tried(self, cell, HW_OP_FAIL, stack, 0, 0,
			wait ? ETIMEDOUT : EBUSY);
		end_wait(self, wait);
	}
}

HW_EXPORT void (holdwait_releasing)(const void *lock)
{
	struct hw_self *self = HW_ENTER();
	struct hw_cell *cell;
	uint32_t stack;

	if (!self)
		return;
	/* It may be somebody else's: nothing tells whose. */
	stack = HW_STACK(self);
	cell = lock_object(self, lock, 0, stack);
	if (cell)
		hw_log_add(self, hw_object_releasing_shared(cell), HW_OP_UNLOCK, cell->object,
			stack, 0);
}

HW_EXPORT void (holdwait_name)(const void *object, const char *name)
{
	struct hw_self *self = HW_ENTER();
	uint32_t number;

	if (!self || !name || !name[0])
		return;
	number = hw_object_promise(object);
	if (number)
		hw_log_add_payload(self, HW_OP_NAME, number, 0, name,
			(uint32_t)strnlen(name, NAME_BYTES_MAX));
}

HW_EXPORT void (holdwait_order)(const void *first, const void *second)
{
	struct hw_order_definition definition = { .first_address = (uintptr_t)first,
		.second_address = (uintptr_t)second };
	struct hw_self *self = HW_ENTER();
	uint32_t number, stack;

	if (!self || !first || !second)
		return;
	stack = HW_STACK(self);
	number = hw_object_promise(first);
	definition.second = hw_object_promise(second);
	if (number && definition.second)
		hw_log_add_payload(self, HW_OP_ORDER, number, stack, &definition,
			sizeof(definition));
}

HW_EXPORT void (holdwait_ignore)(const void *object)
{
	struct hw_self *self = HW_ENTER();
	uint32_t number = self ? hw_object_ignore(object) : 0;

	/* After the last record about it that this thread writes. */
	if (number)
		hw_log_add(self, hw_log_now(), HW_OP_IGNORE, number, 0, 0);
}
