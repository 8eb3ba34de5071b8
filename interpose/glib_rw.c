/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "interpose/export.h"
#include "interpose/glib.h"
#include "interpose/rwlock.h"
#include "interpose/stack.h"

/* The pthread rwlock inside, if it was seen to become one: nothing else may be looked into. */
static const pthread_rwlock_t *inner_of(const struct hw_glib_rw_lock *rwlock)
{
	const pthread_rwlock_t *inner = __atomic_load_n(&rwlock->inner, __ATOMIC_ACQUIRE);

	return inner && hw_object_find(inner, HW_KIND_RWLOCK) ? inner : NULL;
}

static struct hw_cell *rw_object(struct hw_self *self, const struct hw_glib_rw_lock *rwlock,
	uint32_t stack)
{
	if (__builtin_expect(!hw_object_find(rwlock, HW_KIND_RWLOCK), 0))
		hw_glib_hide(self, __atomic_load_n(&rwlock->inner, __ATOMIC_ACQUIRE),
			HW_KIND_RWLOCK);
	return hw_glib_object(self, rwlock, HW_KIND_RWLOCK, 0, stack);
}

static bool is_taken(const struct hw_self *self, const struct hw_glib_rw_lock *rwlock, uint32_t how)
{
	const pthread_rwlock_t *inner = inner_of(rwlock);

	return inner && hw_rwlock_taken(self, inner, how);
}

static inline __attribute__((always_inline)) void lock(struct hw_glib_rw_lock *rwlock,
	void (*real)(struct hw_glib_rw_lock *), uint32_t how, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	struct hw_attempt attempt;
	struct hw_cell *cell = NULL;
	uint32_t stack;

	if (self) {
		stack = hw_stack_capture(self, call);
		cell = rw_object(self, rwlock, stack);
	}
	if (cell)
		hw_attempt_begin(&attempt, self, cell, stack, how, is_taken(self, rwlock, how));
	hw_glib_enter(self);
	real(rwlock);
	hw_glib_leave(self);
	if (cell)
		hw_attempt_end(&attempt, HW_OP_LOCK, 0);
}

static inline __attribute__((always_inline)) int try_lock(struct hw_glib_rw_lock *rwlock,
	int (*real)(struct hw_glib_rw_lock *), uint32_t how, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	uint64_t asked_ticks = hw_attempt_now(self);
	struct hw_cell *cell = NULL;
	uint32_t stack;
	int got;

	if (self) {
		stack = hw_stack_capture(self, call);
		cell = rw_object(self, rwlock, stack);
	}
	hw_glib_enter(self);
	got = real(rwlock);
	hw_glib_leave(self);
	if (cell)
		hw_attempt_tried(self, cell, HW_OP_LOCK, stack, how | HW_HOW_TRY, asked_ticks,
			got ? 0 : EBUSY);
	return got;
}

static void log_release(struct hw_glib_rw_lock *rwlock, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	struct hw_cell *cell = self ? rw_object(self, rwlock, 0) : NULL;
	const pthread_rwlock_t *inner;
	uint32_t stack = 0;

	if (!cell)
		return;
	inner = inner_of(rwlock);
	if (inner && !hw_rwlock_may_be_ours(self, inner))
		stack = hw_stack_capture(self, call);
	hw_log_add(self, hw_object_releasing_shared(cell), HW_OP_UNLOCK, cell->object, stack, 0);
}

HW_GLIB_HOOK(void, hw_glib_rw_init, (struct hw_glib_rw_lock * rwlock), g_rw_lock_init)
HW_GLIB_HOOK(void, hw_glib_rw_clear, (struct hw_glib_rw_lock * rwlock), g_rw_lock_clear)
HW_GLIB_HOOK(void, hw_glib_rw_reader_lock, (struct hw_glib_rw_lock * rwlock),
	g_rw_lock_reader_lock)
HW_GLIB_HOOK(int, hw_glib_rw_reader_trylock, (struct hw_glib_rw_lock * rwlock),
	g_rw_lock_reader_trylock)
HW_GLIB_HOOK(void, hw_glib_rw_reader_unlock, (struct hw_glib_rw_lock * rwlock),
	g_rw_lock_reader_unlock)
HW_GLIB_HOOK(void, hw_glib_rw_writer_lock, (struct hw_glib_rw_lock * rwlock),
	g_rw_lock_writer_lock)
HW_GLIB_HOOK(int, hw_glib_rw_writer_trylock, (struct hw_glib_rw_lock * rwlock),
	g_rw_lock_writer_trylock)
HW_GLIB_HOOK(void, hw_glib_rw_writer_unlock, (struct hw_glib_rw_lock * rwlock),
	g_rw_lock_writer_unlock)

void hw_glib_rw_init(struct hw_glib_rw_lock *rwlock)
{
	struct hw_self *self;

	if (!HW_GLIB_HAS(g_rw_lock_init))
		return;
	self = HW_ENTER();
	hw_glib_enter(self);
	HW_GLIB(g_rw_lock_init)(rwlock);
	hw_glib_leave(self);
	if (self)
		hw_glib_initialised(self, rwlock, HW_KIND_RWLOCK, 0, HW_CALL);
}

void hw_glib_rw_clear(struct hw_glib_rw_lock *rwlock)
{
	struct hw_self *self;

	if (!HW_GLIB_HAS(g_rw_lock_clear))
		return;
	self = HW_ENTER();
	HW_GLIB(g_rw_lock_clear)(rwlock);
	if (self)
		hw_object_destroyed(self, rwlock, HW_KIND_RWLOCK, HW_CALL);
}

void hw_glib_rw_reader_lock(struct hw_glib_rw_lock *rwlock)
{
	if (HW_GLIB_HAS(g_rw_lock_reader_lock))
		lock(rwlock, HW_GLIB(g_rw_lock_reader_lock), HW_HOW_SHARED, HW_CALL);
}

int hw_glib_rw_reader_trylock(struct hw_glib_rw_lock *rwlock)
{
	return HW_GLIB_HAS(g_rw_lock_reader_trylock) &&
		try_lock(rwlock, HW_GLIB(g_rw_lock_reader_trylock), HW_HOW_SHARED, HW_CALL);
}

void hw_glib_rw_reader_unlock(struct hw_glib_rw_lock *rwlock)
{
	if (!HW_GLIB_HAS(g_rw_lock_reader_unlock))
		return;
	log_release(rwlock, HW_CALL);
	HW_GLIB(g_rw_lock_reader_unlock)(rwlock);
}

void hw_glib_rw_writer_lock(struct hw_glib_rw_lock *rwlock)
{
	if (HW_GLIB_HAS(g_rw_lock_writer_lock))
		lock(rwlock, HW_GLIB(g_rw_lock_writer_lock), 0, HW_CALL);
}

int hw_glib_rw_writer_trylock(struct hw_glib_rw_lock *rwlock)
{
	return HW_GLIB_HAS(g_rw_lock_writer_trylock) &&
		try_lock(rwlock, HW_GLIB(g_rw_lock_writer_trylock), 0, HW_CALL);
}

void hw_glib_rw_writer_unlock(struct hw_glib_rw_lock *rwlock)
{
	if (!HW_GLIB_HAS(g_rw_lock_writer_unlock))
		return;
	log_release(rwlock, HW_CALL);
	HW_GLIB(g_rw_lock_writer_unlock)(rwlock);
}
