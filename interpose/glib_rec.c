/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "interpose/export.h"
#include "interpose/glib.h"
#include "interpose/mutex.h"
#include "interpose/stack.h"

/* The pthread mutex inside, if it was seen to become one: nothing else may be looked into. */
static const pthread_mutex_t *inner_of(const struct hw_glib_rec_mutex *mutex)
{
	const pthread_mutex_t *inner = __atomic_load_n(&mutex->inner, __ATOMIC_ACQUIRE);

	return inner && hw_object_find(inner, HW_KIND_MUTEX) ? inner : NULL;
}

static struct hw_cell *rec_object(struct hw_self *self, const struct hw_glib_rec_mutex *mutex,
	uint32_t stack)
{
	if (__builtin_expect(!hw_object_find(mutex, HW_KIND_MUTEX), 0))
		hw_glib_hide(self, __atomic_load_n(&mutex->inner, __ATOMIC_ACQUIRE), HW_KIND_MUTEX);
	return hw_glib_object(self, mutex, HW_KIND_MUTEX, HW_TYPE_RECURSIVE, stack);
}

static bool is_taken(const struct hw_self *self, const struct hw_glib_rec_mutex *mutex)
{
	const pthread_mutex_t *inner = inner_of(mutex);

	return inner && hw_mutex_taken(self, inner);
}

HW_GLIB_HOOK(void, hw_glib_rec_init, (struct hw_glib_rec_mutex * mutex), g_rec_mutex_init)
HW_GLIB_HOOK(void, hw_glib_rec_clear, (struct hw_glib_rec_mutex * mutex), g_rec_mutex_clear)
HW_GLIB_HOOK(void, hw_glib_rec_lock, (struct hw_glib_rec_mutex * mutex), g_rec_mutex_lock)
HW_GLIB_HOOK(int, hw_glib_rec_trylock, (struct hw_glib_rec_mutex * mutex), g_rec_mutex_trylock)
HW_GLIB_HOOK(void, hw_glib_rec_unlock, (struct hw_glib_rec_mutex * mutex), g_rec_mutex_unlock)

void hw_glib_rec_init(struct hw_glib_rec_mutex *mutex)
{
	struct hw_self *self;

	if (!HW_GLIB_HAS(g_rec_mutex_init))
		return;
	self = HW_ENTER();
	hw_glib_enter(self);
	HW_GLIB(g_rec_mutex_init)(mutex);
	hw_glib_leave(self);
	if (self)
		hw_glib_initialised(self, mutex, HW_KIND_MUTEX, HW_TYPE_RECURSIVE, HW_CALL);
}

void hw_glib_rec_clear(struct hw_glib_rec_mutex *mutex)
{
	struct hw_self *self;

	if (!HW_GLIB_HAS(g_rec_mutex_clear))
		return;
	self = HW_ENTER();
	HW_GLIB(g_rec_mutex_clear)(mutex);
	if (self)
		hw_object_destroyed(self, mutex, HW_KIND_MUTEX, HW_CALL);
}

void hw_glib_rec_lock(struct hw_glib_rec_mutex *mutex)
{
	struct hw_attempt attempt;
	struct hw_cell *cell = NULL;
	struct hw_self *self;
	uint32_t stack;

	if (!HW_GLIB_HAS(g_rec_mutex_lock))
		return;
	self = HW_ENTER();
	if (self) {
		stack = HW_STACK(self);
		cell = rec_object(self, mutex, stack);
	}
	if (cell)
		hw_attempt_begin(&attempt, self, cell, stack, 0, is_taken(self, mutex));
	hw_glib_enter(self);
	HW_GLIB(g_rec_mutex_lock)(mutex);
	hw_glib_leave(self);
	if (cell)
		hw_attempt_end(&attempt, HW_OP_LOCK, 0);
}

int hw_glib_rec_trylock(struct hw_glib_rec_mutex *mutex)
{
	struct hw_cell *cell = NULL;
	struct hw_self *self;
	uint64_t asked_ticks;
	uint32_t stack;
	int got;

	if (!HW_GLIB_HAS(g_rec_mutex_trylock))
		return 0;
	self = HW_ENTER();
	if (self) {
		stack = HW_STACK(self);
		/* Before the real call, which would be seen otherwise. */
		cell = rec_object(self, mutex, stack);
	}
	asked_ticks = hw_attempt_now(self);
	hw_glib_enter(self);
	got = HW_GLIB(g_rec_mutex_trylock)(mutex);
	hw_glib_leave(self);
	if (cell)
		hw_attempt_tried(self, cell, HW_OP_LOCK, stack, HW_HOW_TRY, asked_ticks,
			got ? 0 : EBUSY);
	return got;
}

/* GLib does not look at the answer of a pthread mutex that another thread holds. */
static void log_release(struct hw_self *self, const struct hw_glib_rec_mutex *mutex,
	struct hw_cell *cell, const struct hw_call *call)
{
	const pthread_mutex_t *inner = inner_of(mutex);

	if (inner && inner->__data.__owner != self->tid)
		hw_log_add(self, hw_log_now(), HW_OP_FAIL, cell->object,
			hw_stack_capture(self, call), EPERM);
	else
		hw_log_add(self, hw_object_releasing(cell), HW_OP_UNLOCK, cell->object, 0, 0);
}

void hw_glib_rec_unlock(struct hw_glib_rec_mutex *mutex)
{
	struct hw_cell *cell;
	struct hw_self *self;

	if (!HW_GLIB_HAS(g_rec_mutex_unlock))
		return;
	self = HW_ENTER();
	cell = self ? rec_object(self, mutex, 0) : NULL;
	if (cell)
		log_release(self, mutex, cell, HW_CALL);
	HW_GLIB(g_rec_mutex_unlock)(mutex);
}
