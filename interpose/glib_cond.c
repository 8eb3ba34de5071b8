/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "interpose/cond.h"
#include "interpose/export.h"
#include "interpose/glib_mutex.h"
#include "interpose/stack.h"

/*
 * What is logged is what cond.h says. GLib's wait is no cancellation point: it is a futex
 * called through syscall(2).
 */

static struct hw_cell *cond_object(struct hw_self *self, const struct hw_glib_cond *cond,
	uint32_t stack)
{
	return hw_glib_object(self, cond, HW_KIND_COND, 0, stack);
}

/* GLib looks at the time first, and keeps the mutex when it has come already. */
static bool has_come(const int64_t *end_us)
{
	struct timespec now;

	if (!end_us)
		return false;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return *end_us < now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* `end_us` is NULL for the wait without a limit. */
static void begin_wait(struct hw_cond_wait *wait, const struct hw_glib_cond *cond,
	const struct hw_glib_mutex *mutex, const int64_t *end_us, const struct hw_call *call)
{
	struct hw_self *self = hw_cond_wait_enter(wait, call);
	struct hw_cell *cell;
	bool released;

	if (!self)
		return;
	cell = cond_object(self, cond, wait->stack);
	released = !has_come(end_us);
	if (released) {
		hw_glib_mutex_release(self, mutex, HW_HOW_REACQUIRE, call);
		wait->mutex = hw_glib_mutex_object(self, mutex, wait->stack);
	}
	if (cell)
		hw_cond_wait_sleep(wait, cell, end_us ? HW_HOW_TIMED : 0, released);
}

static void notify(const struct hw_glib_cond *cond, enum hw_op op, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	struct hw_cell *cell;
	uint32_t stack;

	if (!self)
		return;
	stack = hw_stack_capture(self, call);
	cell = cond_object(self, cond, stack);
	if (cell)
		hw_log_add(self, hw_object_releasing_shared(cell), op, cell->object, stack, 0);
}

HW_GLIB_HOOK(void, hw_glib_cond_init, (struct hw_glib_cond * cond), g_cond_init)
HW_GLIB_HOOK(void, hw_glib_cond_clear, (struct hw_glib_cond * cond), g_cond_clear)
HW_GLIB_HOOK(void, hw_glib_cond_wait, (struct hw_glib_cond * cond, struct hw_glib_mutex *mutex),
	g_cond_wait)
HW_GLIB_HOOK(int, hw_glib_cond_wait_until,
	(struct hw_glib_cond * cond, struct hw_glib_mutex *mutex, int64_t end_us),
	g_cond_wait_until)
HW_GLIB_HOOK(void, hw_glib_cond_signal, (struct hw_glib_cond * cond), g_cond_signal)
HW_GLIB_HOOK(void, hw_glib_cond_broadcast, (struct hw_glib_cond * cond), g_cond_broadcast)

void hw_glib_cond_init(struct hw_glib_cond *cond)
{
	struct hw_self *self;

	if (!HW_GLIB_HAS(g_cond_init))
		return;
	self = HW_ENTER();
	HW_GLIB(g_cond_init)(cond);
	if (self)
		hw_glib_initialised(self, cond, HW_KIND_COND, 0, HW_CALL);
}

void hw_glib_cond_clear(struct hw_glib_cond *cond)
{
	struct hw_self *self;

	if (!HW_GLIB_HAS(g_cond_clear))
		return;
	self = HW_ENTER();
	HW_GLIB(g_cond_clear)(cond);
	if (self)
		hw_object_destroyed(self, cond, HW_KIND_COND, HW_CALL);
}

void hw_glib_cond_wait(struct hw_glib_cond *cond, struct hw_glib_mutex *mutex)
{
	struct hw_cond_wait wait;

	if (!HW_GLIB_HAS(g_cond_wait))
		return;
	begin_wait(&wait, cond, mutex, NULL, HW_CALL);
	HW_GLIB(g_cond_wait)(cond, mutex);
	hw_cond_wait_end(&wait, 0);
}

int hw_glib_cond_wait_until(struct hw_glib_cond *cond, struct hw_glib_mutex *mutex, int64_t end_us)
{
	struct hw_cond_wait wait;
	int woken;

	if (!HW_GLIB_HAS(g_cond_wait_until))
		return 0;
	begin_wait(&wait, cond, mutex, &end_us, HW_CALL);
	woken = HW_GLIB(g_cond_wait_until)(cond, mutex, end_us);
	hw_cond_wait_end(&wait, woken ? 0 : ETIMEDOUT);
	return woken;
}

void hw_glib_cond_signal(struct hw_glib_cond *cond)
{
	if (!HW_GLIB_HAS(g_cond_signal))
		return;
	notify(cond, HW_OP_SIGNAL, HW_CALL);
	HW_GLIB(g_cond_signal)(cond);
}

void hw_glib_cond_broadcast(struct hw_glib_cond *cond)
{
	if (!HW_GLIB_HAS(g_cond_broadcast))
		return;
	notify(cond, HW_OP_BROADCAST, HW_CALL);
	HW_GLIB(g_cond_broadcast)(cond);
}
