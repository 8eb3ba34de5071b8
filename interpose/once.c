/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <unwind.h>

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

/* A call under way, on the stack of its thread; the outer ones are those it is nested in. */
struct hw_once {
	struct hw_once *outer;
	struct hw_attempt attempt;
	void (*routine)(void);
	bool ran;
};

static struct hw_cell *once_object(struct hw_self *self, const void *control, uint32_t stack)
{
	struct hw_object_facts facts = { .kind = HW_KIND_ONCE, .stack = stack };

	return hw_object_recorded_or_defined(self, control, &facts);
}

static void log_end(const struct hw_once *once)
{
	struct hw_self *self = hw_self_enter(NULL);

	if (self)
		hw_log_add(self, hw_object_releasing(once->attempt.cell), HW_OP_ONCE_END,
			hw_what_object(once->attempt.what), 0, 0);
}

/*
 * The initialiser was left by an exception or by the end of its thread. The unwinder calls
 * this for the frame of run_initialiser, which has nothing to catch or clean up:
 * the library would need libgcc_s to do it the usual way.
 */
_Unwind_Reason_Code hw_once_left(int version, _Unwind_Action actions,
	_Unwind_Exception_Class class, struct _Unwind_Exception *exception,
	struct _Unwind_Context *context);

_Unwind_Reason_Code hw_once_left(int version, _Unwind_Action actions,
	_Unwind_Exception_Class class, struct _Unwind_Exception *exception,
	struct _Unwind_Context *context)
{
	struct hw_once *once = hw_self.once;

	if (actions & _UA_CLEANUP_PHASE && once) {
		log_end(once);
		hw_attempt_over(&once->attempt);
		hw_self.once = once->outer;
	}
	return _URC_CONTINUE_UNWIND;
}

static __attribute__((noinline)) void run_initialiser(void)
{
	struct hw_self *self = &hw_self;
	struct hw_once *once = self->once;

	/* DW_EH_PE_pcrel | DW_EH_PE_sdata4 */
	__asm__ volatile(".cfi_personality 0x1b, hw_once_left");
	once->ran = true;
	hw_log_add(self, hw_object_acquired(once->attempt.cell, 0), HW_OP_ONCE_BEGIN,
		hw_what_object(once->attempt.what), hw_what_stack(once->attempt.what), 0);
	hw_attempt_clear(self);
	once->routine();
	log_end(once);
}

/* `real` is pthread_once or call_once, which differ only in name and result. */
static inline __attribute__((always_inline)) int once(int *control, void (*routine)(void),
	int (*real)(int *, void (*)(void)), const struct hw_call *call)
{
	int seen = __atomic_load_n(control, __ATOMIC_ACQUIRE), error;
	struct hw_once run = { .routine = routine };
	struct hw_self *self;
	struct hw_cell *cell;
	uint32_t stack;

	if (seen & ONCE_DONE)
		return real(control, routine);
	self = hw_self_enter(call);
	if (!self)
		return real(control, routine);
	stack = hw_stack_capture(self, call);
	cell = once_object(self, control, stack);
	if (!cell)
		return real(control, routine);
	run.outer = self->once;
	self->once = &run;
	hw_attempt_begin(&run.attempt, self, cell, stack, 0, seen != 0);
	error = real(control, run_initialiser);
	/* Whoever waited for another thread to run it says that this is over. */
	if (!run.ran)
		hw_log_add(self, hw_object_acquired(cell, 0), HW_OP_LEAVE,
			hw_what_object(run.attempt.what), stack, 0);
	hw_attempt_over(&run.attempt);
	self->once = run.outer;
	return error;
}

static int real_once(int *control, void (*routine)(void))
{
	return HW_REAL(pthread_once)(control, routine);
}

HW_EXPORT int pthread_once(pthread_once_t *control, void (*routine)(void))
{
	return once(control, routine, real_once, HW_CALL);
}

HW_FIRST_NAME(int, __pthread_once, (pthread_once_t *, void (*)(void)), pthread_once)

static int real_call_once(int *flag, void (*routine)(void))
{
	HW_REAL(call_once)((once_flag *)flag, routine);
	return 0;
}

HW_EXPORT void call_once(once_flag *flag, void (*routine)(void))
{
	once((int *)flag, routine, real_call_once, HW_CALL);
}
