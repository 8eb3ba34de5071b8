/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "interpose/attempt.h"
#include "interpose/export.h"
#include "interpose/glib.h"
#include "interpose/glib_mutex.h"
#include "interpose/stack.h"

/* In a GLib without futexes the word is half a pointer, and tells nothing. */
static bool is_taken(const struct hw_glib_mutex *mutex)
{
	unsigned state = *(const volatile unsigned *)&mutex->state;

	return state == 1 || state == 2;
}

struct hw_cell *hw_glib_mutex_object(struct hw_self *self, const struct hw_glib_mutex *mutex,
	uint32_t stack)
{
	return hw_glib_object(self, mutex, HW_KIND_MUTEX, 0, stack);
}

static inline __attribute__((always_inline)) void release(struct hw_self *self,
	const struct hw_glib_mutex *mutex, uint32_t how, const struct hw_call *call)
{
	struct hw_cell *cell = hw_glib_mutex_object(self, mutex, 0);

	/* Where it is unlocked matters only when nobody has it: GLib does not know who. */
	if (cell)
		hw_log_add(self, hw_object_releasing(cell), HW_OP_UNLOCK, hw_object_number(cell),
			__builtin_expect(is_taken(mutex), 1) ? 0 : hw_stack_capture(self, call),
			how);
}

void hw_glib_mutex_release(struct hw_self *self, const struct hw_glib_mutex *mutex, uint32_t how,
	const struct hw_call *call)
{
	release(self, mutex, how, call);
}

HW_GLIB_HOOK(void, hw_glib_mutex_init, (struct hw_glib_mutex * mutex), g_mutex_init)
HW_GLIB_HOOK(void, hw_glib_mutex_clear, (struct hw_glib_mutex * mutex), g_mutex_clear)
HW_GLIB_HOOK(void, hw_glib_mutex_lock, (struct hw_glib_mutex * mutex), g_mutex_lock)
HW_GLIB_HOOK(int, hw_glib_mutex_trylock, (struct hw_glib_mutex * mutex), g_mutex_trylock)
HW_GLIB_HOOK(void, hw_glib_mutex_unlock, (struct hw_glib_mutex * mutex), g_mutex_unlock)

void hw_glib_mutex_init(struct hw_glib_mutex *mutex)
{
	struct hw_self *self;

	if (!HW_GLIB_HAS(g_mutex_init))
		return;
	self = HW_ENTER();
	HW_GLIB(g_mutex_init)(mutex);
	if (self)
		hw_glib_initialised(self, mutex, HW_KIND_MUTEX, 0, HW_CALL);
}

void hw_glib_mutex_clear(struct hw_glib_mutex *mutex)
{
	struct hw_self *self;

	if (!HW_GLIB_HAS(g_mutex_clear))
		return;
	self = HW_ENTER();
	HW_GLIB(g_mutex_clear)(mutex);
	if (self)
		hw_object_destroyed(self, mutex, HW_KIND_MUTEX, HW_CALL);
}

void hw_glib_mutex_lock(struct hw_glib_mutex *mutex)
{
	struct hw_attempt attempt;
	struct hw_cell *cell = NULL;
	struct hw_self *self;
	uint64_t asked_ticks;
	uint32_t stack;

	if (!HW_GLIB_HAS(g_mutex_lock))
		return;
	self = HW_ENTER();
	if (self) {
		stack = HW_STACK_TIMED(self, &asked_ticks);
		cell = hw_glib_mutex_object(self, mutex, stack);
	}
	if (__builtin_expect(!cell, 0)) {
		HW_GLIB(g_mutex_lock)(mutex);
		return;
	}
	hw_attempt_begin_at(&attempt, self, cell, stack, 0, asked_ticks, is_taken(mutex));
	HW_GLIB(g_mutex_lock)(mutex);
	hw_attempt_end(&attempt, HW_OP_LOCK, 0);
}

int hw_glib_mutex_trylock(struct hw_glib_mutex *mutex)
{
	struct hw_self *self;
	struct hw_cell *cell;
	uint64_t asked_ticks;
	uint32_t stack;
	int got;

	if (!HW_GLIB_HAS(g_mutex_trylock))
		return 0;
	self = HW_ENTER();
	asked_ticks = hw_attempt_now(self);
	got = HW_GLIB(g_mutex_trylock)(mutex);
	if (!self)
		return got;
	stack = HW_STACK(self);
	cell = hw_glib_mutex_object(self, mutex, stack);
	if (cell)
		hw_attempt_tried(self, cell, HW_OP_LOCK, stack, HW_HOW_TRY, asked_ticks,
			got ? 0 : EBUSY);
	return got;
}

void hw_glib_mutex_unlock(struct hw_glib_mutex *mutex)
{
	struct hw_self *self;

	if (!HW_GLIB_HAS(g_mutex_unlock))
		return;
	self = HW_ENTER();
	if (self)
		release(self, mutex, 0, HW_CALL);
	HW_GLIB(g_mutex_unlock)(mutex);
}
