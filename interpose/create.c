/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <threads.h>

#include "interpose/attempt.h"
#include "interpose/cancel.h"
#include "interpose/export.h"
#include "interpose/real.h"
#include "interpose/stack.h"
#include "interpose/sys.h"
#include "interpose/thread.h"

/*
 * Creating and joining threads, pthread and C11.
 *
 * What the new thread has to know travels in a small record of our own: the
 * program's argument pointer must arrive untouched. Records come from a lock-free
 * list in private memory, because creating a thread may be all a program does.
 *
 * A signal handler may run in a thread before anything else does, and use locks there. The thread
 * would be registered by that, as one that nobody created. So it begins with signals blocked, as
 * libc has it up to a moment before; unless its attributes say what it begins with.
 */

enum { STARTS_MAX = 4096 }; /* threads between create and their first instruction */

struct start {
	_Atomic uint32_t next_free;
	size_t stack_bytes;
	void *(*routine)(void *); /* or an int (*)(void *) for C11 */
	void *argument;
	uint64_t uid;
	uint64_t creator_uid;
	uint64_t signals;   /* what it is to block */
	bool blocks_others; /* that has been seen to, by attributes */
};

static struct start starts[STARTS_MAX];
static struct hw_free_list free_starts = { .limit = STARTS_MAX };

static struct start *take_start(struct hw_self *self, void *(*routine)(void *), void *argument)
{
	int64_t number = hw_free_list_pop(&free_starts, &starts[0].next_free, sizeof(starts[0]));
	struct start *start;

	if (number < 0)
		return NULL;
	start = &starts[number];
	start->routine = routine;
	start->argument = argument;
	start->stack_bytes = hw_thread_default_stack_bytes();
	start->blocks_others = false;
	start->uid = hw_thread_new_uid();
	start->creator_uid = self->slot->uid;
	return start;
}

static void give_back(struct start *start)
{
	hw_free_list_push(&free_starts, &starts[0].next_free, sizeof(starts[0]),
		(uint32_t)(start - starts));
}

/* In the new thread, before anything of the program runs in it. */
static struct start begin_thread(struct start *start, void *frame)
{
	struct start copy = {
		.routine = start->routine,
		.argument = start->argument,
	};
	struct hw_self *self = &hw_self;

	hw_thread_set_stack(self, (uintptr_t)frame, start->stack_bytes);
	if (start->blocks_others) {
		hw_thread_register(self, start->uid, start->creator_uid);
	} else {
		hw_sys_signals_are_blocked();
		hw_thread_register(self, start->uid, start->creator_uid);
		hw_sys_restore_signals_to(start->signals);
	}
	give_back(start);
	return copy;
}

/* Since glibc 2.32. */
static bool has_signals(const pthread_attr_t *attributes)
{
	sigset_t signals;

	return HW_REAL_HAS(pthread_attr_getsigmask_np) &&
	       !HW_REAL(pthread_attr_getsigmask_np)(attributes, &signals);
}

static void *run_pthread(void *argument)
{
	struct start start = begin_thread(argument, __builtin_frame_address(0));

	return start.routine(start.argument);
}

static int run_thrd(void *argument)
{
	struct start start = begin_thread(argument, __builtin_frame_address(0));

	return ((int (*)(void *))(void *)start.routine)(start.argument);
}

/* The object of a thread, whichever of creator and created comes first. */
static struct hw_cell *thread_object(struct hw_self *self, pthread_t thread, uint64_t uid)
{
	struct hw_object_facts facts = { .kind = HW_KIND_THREAD, .token = uid };

	return hw_object_find_or_define(self, (void *)thread, &facts);
}

static struct hw_cell *known_thread(pthread_t thread)
{
	struct hw_cell *cell = hw_object_find((void *)thread, HW_KIND_THREAD);

	return cell && !cell->ignored ? cell : NULL;
}

/* The thread begins with every signal blocked that the program may handle. */
static void begin_create(struct hw_self *self, struct start *start, uint32_t stack)
{
	uint64_t uid = start->uid;

	start->signals = hw_sys_block_signals();
	hw_log_add_payload(self, HW_OP_CREATE, HW_NO_OBJECT, stack, &uid, sizeof(uid));
	hw_sys_restore_signals_to(start->signals | HW_SYS_HANDLED);
}

/* `signals`: what the creator blocked before. A thread that was created has its start. */
static void created(struct hw_self *self, const pthread_t *thread, uint64_t uid, int error,
	uint32_t stack, uint64_t signals)
{
	hw_sys_block_signals();
	if (error)
		hw_log_add(self, hw_log_now(), HW_OP_FAIL, HW_NO_OBJECT, stack, (uint32_t)error);
	else
		thread_object(self, *thread, uid);
	hw_sys_restore_signals_to(signals);
}

HW_EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
	void *(*routine)(void *), void *argument)
{
	struct hw_self *self = HW_ENTER();
	struct start *start = self ? take_start(self, routine, argument) : NULL;
	uint64_t uid, signals;
	uint32_t stack;
	int error;

	if (!start)
		return HW_REAL(pthread_create)(thread, attributes, routine, argument);
	if (attributes) {
		pthread_attr_getstacksize(attributes, &start->stack_bytes);
		start->blocks_others = has_signals(attributes);
	}
	uid = start->uid;
	stack = HW_STACK(self);
	begin_create(self, start, stack);
	signals = start->signals;
	error = HW_REAL(pthread_create)(thread, attributes, run_pthread, start);
	if (error)
		give_back(start);
	created(self, thread, uid, error, stack, signals);
	return error;
}

HW_EXPORT int thrd_create(thrd_t *thread, thrd_start_t routine, void *argument)
{
	struct hw_self *self = HW_ENTER();
	struct start *start =
		self ? take_start(self, (void *(*)(void *))(void *)routine, argument) : NULL;
	uint64_t uid, signals;
	uint32_t stack;
	int result;

	if (!start)
		return HW_REAL(thrd_create)(thread, routine, argument);
	uid = start->uid;
	stack = HW_STACK(self);
	begin_create(self, start, stack);
	signals = start->signals;
	result = HW_REAL(thrd_create)(thread, run_thrd, start);
	if (result != thrd_success)
		give_back(start);
	created(self, thread, uid, result == thrd_success ? 0 : EAGAIN, stack, signals);
	return result;
}

static void joined(struct hw_attempt *attempt, int error)
{
	hw_attempt_end(attempt, HW_OP_JOIN, error);
	if (!error)
		hw_object_forget(attempt->cell, hw_what_object(attempt->what));
}

static struct hw_cell *begin_join(struct hw_attempt *attempt, pthread_t thread, uint32_t how,
	const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	struct hw_cell *cell = self ? known_thread(thread) : NULL;

	attempt->cell = cell;
	if (cell)
		hw_attempt_begin(attempt, self, cell, hw_stack_capture(self, call), how, true);
	return cell;
}

HW_EXPORT int pthread_join(pthread_t thread, void **result)
{
	struct hw_attempt attempt;
	struct hw_cell *cell = begin_join(&attempt, thread, 0, HW_CALL);
	int error;

	HW_CANCEL_PUSH(&attempt);
	error = HW_REAL(pthread_join)(thread, result);
	HW_CANCEL_POP();
	if (cell)
		joined(&attempt, error);
	return error;
}

HW_EXPORT int pthread_timedjoin_np(pthread_t thread, void **result, const struct timespec *deadline)
{
	struct hw_attempt attempt;
	struct hw_cell *cell = begin_join(&attempt, thread, HW_HOW_TIMED, HW_CALL);
	int error;

	HW_CANCEL_PUSH(&attempt);
	error = HW_REAL(pthread_timedjoin_np)(thread, result, deadline);
	HW_CANCEL_POP();
	if (cell)
		joined(&attempt, error);
	return error;
}

HW_EXPORT int pthread_clockjoin_np(pthread_t thread, void **result, clockid_t clock,
	const struct timespec *deadline)
{
	struct hw_attempt attempt;
	struct hw_cell *cell;
	int error;

	if (!HW_REAL_HAS(pthread_clockjoin_np))
		return ENOSYS;
	cell = begin_join(&attempt, thread, HW_HOW_TIMED, HW_CALL);
	HW_CANCEL_PUSH(&attempt);
	error = HW_REAL(pthread_clockjoin_np)(thread, result, clock, deadline);
	HW_CANCEL_POP();
	if (cell)
		joined(&attempt, error);
	return error;
}

HW_EXPORT int thrd_join(thrd_t thread, int *result)
{
	struct hw_attempt attempt;
	struct hw_cell *cell = begin_join(&attempt, thread, 0, HW_CALL);
	int error;

	HW_CANCEL_PUSH(&attempt);
	error = HW_REAL(thrd_join)(thread, result);
	HW_CANCEL_POP();
	if (cell)
		joined(&attempt, error == thrd_success ? 0 : EINVAL);
	return error;
}

HW_EXPORT int pthread_tryjoin_np(pthread_t thread, void **result)
{
	struct hw_self *self = HW_ENTER();
	struct hw_cell *cell = self ? known_thread(thread) : NULL;
	uint32_t object = cell ? cell->object : HW_NO_OBJECT;
	int error = HW_REAL(pthread_tryjoin_np)(thread, result);

	if (!cell)
		return error;
	hw_log_add(self, hw_log_now(), error ? HW_OP_FAIL : HW_OP_JOIN, object, HW_STACK(self),
		error ? (uint32_t)error : HW_HOW_TRY);
	if (!error)
		hw_object_forget(cell, object);
	return error;
}

/* `error`: as pthread_detach returns it. The thread may be gone, and its address used again. */
static void detached(struct hw_self *self, uint32_t object, int error, const struct hw_call *call)
{
	if (object)
		hw_log_add(self, hw_log_now(), error ? HW_OP_FAIL : HW_OP_DETACH, object,
			hw_stack_capture(self, call), (uint32_t)error);
}

static uint32_t number_of(pthread_t thread)
{
	struct hw_cell *cell = known_thread(thread);

	return cell ? cell->object : HW_NO_OBJECT;
}

HW_EXPORT int pthread_detach(pthread_t thread)
{
	struct hw_self *self = HW_ENTER();
	uint32_t object = self ? number_of(thread) : HW_NO_OBJECT;
	int error = HW_REAL(pthread_detach)(thread);

	detached(self, object, error, HW_CALL);
	return error;
}

HW_EXPORT int thrd_detach(thrd_t thread)
{
	struct hw_self *self = HW_ENTER();
	uint32_t object = self ? number_of(thread) : HW_NO_OBJECT;
	int result = HW_REAL(thrd_detach)(thread);

	detached(self, object, result == thrd_success ? 0 : EINVAL, HW_CALL);
	return result;
}
