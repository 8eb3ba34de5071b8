/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "interpose/attempt.h"
#include "interpose/export.h"
#include "interpose/real.h"
#include "interpose/stack.h"

/*
 * A once is held by the thread that runs its initialiser, and awaited by all
 * others that come meanwhile. libc calls the initialiser without an argument,
 * so what to run, and for which object, goes through thread-local storage.
 */

/* glibc: this bit is set for good when the initialiser has run (nptl/pthread_once.c). */
enum { ONCE_DONE = 2 };

static struct hw_cell *once_object(struct hw_self *self, const void *control, uint32_t stack)
{
	struct hw_object_facts facts = { .kind = HW_KIND_ONCE, .stack = stack };
	struct hw_cell *cell = hw_object_find_or_define(self, control, &facts);

	return cell && !cell->ignored ? cell : NULL;
}

static void run_initialiser(void)
{
	struct hw_self *self = &hw_self;
	void (*routine)(void) = self->once_routine;
	struct hw_cell *cell = self->once_cell;
	uint32_t stack = self->once_stack;

	hw_log_add(self, hw_object_acquired(cell), HW_OP_ONCE_BEGIN, cell->object, stack, 0);
	hw_attempt_clear(self);
	routine();
	if (hw_self_enter(NULL))
		hw_log_add(self, hw_object_releasing(cell), HW_OP_ONCE_END, cell->object, 0, 0);
}

/* `real` is pthread_once or call_once, which differ only in name and result. */
static inline __attribute__((always_inline)) int once(int *control, void (*routine)(void),
	int (*real)(int *, void (*)(void)), const void *caller)
{
	struct hw_attempt attempt;
	struct hw_self *self;
	struct hw_cell *cell, *outer_cell;
	void (*outer_routine)(void);
	uint32_t stack;
	int error;

	if (__atomic_load_n(control, __ATOMIC_ACQUIRE) & ONCE_DONE)
		return real(control, routine);
	self = hw_self_enter(caller);
	if (!self)
		return real(control, routine);
	stack = hw_stack_capture(self, caller);
	cell = once_object(self, control, stack);
	if (!cell)
		return real(control, routine);
	outer_routine = self->once_routine;
	outer_cell = self->once_cell;
	self->once_routine = routine;
	self->once_cell = cell;
	self->once_stack = stack;
	hw_attempt_begin(&attempt, self, cell, stack, 0, *control != 0);
	error = real(control, run_initialiser);
	hw_attempt_over(&attempt);
	self->once_routine = outer_routine;
	self->once_cell = outer_cell;
	return error;
}

static int real_once(int *control, void (*routine)(void))
{
	return HW_REAL(pthread_once)(control, routine);
}

HW_EXPORT int pthread_once(pthread_once_t *control, void (*routine)(void))
{
	return once(control, routine, real_once, __builtin_return_address(0));
}

static int real_call_once(int *flag, void (*routine)(void))
{
	HW_REAL(call_once)((once_flag *)flag, routine);
	return 0;
}

HW_EXPORT void call_once(once_flag *flag, void (*routine)(void))
{
	once((int *)flag, routine, real_call_once, __builtin_return_address(0));
}
