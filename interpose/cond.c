/* SPDX-License-Identifier: MIT */
#include "interpose/cond.h"

#include <errno.h>

#include "interpose/cancel.h"
#include "interpose/export.h"
#include "interpose/mutex.h"
#include "interpose/python.h"
#include "interpose/real.h"
#include "interpose/stack.h"

static uint32_t type_of(const pthread_cond_t *cond)
{
	/* glibc 2.25 and later: bit 0 of __wrefs (nptl/pthread_cond_common.c). */
	return cond->__data.__wrefs & 1 ? HW_TYPE_SHARED : 0;
}

static struct hw_cell *cond_object(struct hw_self *self, const pthread_cond_t *cond, uint32_t stack)
{
	struct hw_cell *cell = hw_object_recorded(cond, HW_KIND_COND);

	if (__builtin_expect(!cell, 0)) {
		struct hw_object_facts facts = { .kind = HW_KIND_COND, .type = type_of(cond),
			.stack = stack };

		cell = hw_object_recorded_or_defined(self, cond, &facts);
	}
	return cell;
}

/* libc looks at the time first, and keeps the mutex when it makes no sense. */
static bool will_wait(clockid_t clock, const struct timespec *deadline)
{
	return !deadline || hw_attempt_deadline_valid(clock, deadline);
}

/* So that whoever looks from outside knows what it waits for to be seen. */
static bool leave_out(struct hw_cond_wait *wait, const pthread_cond_t *cond,
	const struct hw_call *call)
{
	struct hw_self *self;

	if (__builtin_expect(!hw_python_is_internal(cond), 1))
		return false;
	self = hw_self_enter(call);
	*wait = (struct hw_cond_wait){ .attempt.self = self, .left_out = self };
	if (!self)
		return true;
	wait->attempt.outer_wait = atomic_load_explicit(&self->slot->wait, memory_order_relaxed);
	atomic_store_explicit(&self->slot->wait, HW_WAIT_LEFT_OUT, memory_order_relaxed);
	return true;
}

static void end_left_out(const struct hw_cond_wait *wait)
{
	if (wait->left_out)
		atomic_store_explicit(&wait->attempt.self->slot->wait, wait->attempt.outer_wait,
			memory_order_relaxed);
}

void hw_cond_wait_begin(struct hw_cond_wait *wait, const pthread_cond_t *cond,
	const pthread_mutex_t *mutex, clockid_t clock, const struct timespec *deadline,
	const struct hw_call *call)
{
	struct hw_self *self;
	struct hw_cell *cell;
	bool released;

	if (leave_out(wait, cond, call))
		return;
	self = hw_cond_wait_enter(wait, call);
	if (!self)
		return;
	cell = cond_object(self, cond, wait->stack);
	released = will_wait(clock, deadline) &&
		hw_mutex_release(self, mutex, HW_HOW_REACQUIRE, call);
	if (released)
		wait->mutex = hw_mutex_object(self, mutex, wait->stack);
	if (cell)
		hw_cond_wait_sleep(wait, cell, deadline ? HW_HOW_TIMED : 0, released);
}

static void log_reacquired(const struct hw_cond_wait *wait, uint32_t extra_how)
{
	if (wait->mutex)
		hw_log_add(wait->attempt.self, hw_object_acquired(wait->mutex, 0), HW_OP_LOCK,
			wait->mutex->object, wait->stack, HW_HOW_REACQUIRE | extra_how);
}

/* libc could not lock the mutex again: all else is told with it held. */
static bool is_without_mutex(int error)
{
	return error == ENOTRECOVERABLE || error == EDEADLK || error == EAGAIN;
}

void hw_cond_wait_end(struct hw_cond_wait *wait, int error)
{
	struct hw_self *self = wait->attempt.self;
	struct hw_cell *cell = wait->attempt.cell;
	bool woken = error == 0 || error == EOWNERDEAD;

	end_left_out(wait);
	if (cell)
		hw_log_add(self, hw_object_acquired(cell, 0), woken ? HW_OP_WAKE : HW_OP_FAIL,
			cell->object, wait->stack, woken ? 0 : (uint32_t)error);
	if (!is_without_mutex(error))
		log_reacquired(wait, error == EOWNERDEAD ? HW_HOW_OWNER_DEAD : 0);
	if (cell)
		hw_attempt_over(&wait->attempt);
}

void hw_cond_wait_cancelled(void *argument)
{
	struct hw_cond_wait *wait = argument;

	end_left_out(wait);
	if (wait->attempt.cell)
		hw_cancel_log(wait->attempt.self, wait->attempt.what);
	log_reacquired(wait, 0);
	if (wait->attempt.cell)
		hw_attempt_over(&wait->attempt);
}

void hw_cond_notify(const pthread_cond_t *cond, enum hw_op op, const struct hw_call *call)
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

void hw_cond_initialised(const pthread_cond_t *cond, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);

	if (self) {
		struct hw_object_facts facts = { .kind = HW_KIND_COND, .type = type_of(cond),
			.stack = hw_stack_capture(self, call), .event = HW_OP_INIT };

		hw_object_define(self, cond, &facts);
	}
}

void hw_cond_destroyed(const pthread_cond_t *cond, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);

	if (self)
		hw_object_destroyed(self, cond, HW_KIND_COND, call);
}

HW_EXPORT int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	struct hw_cond_wait wait;
	int error;

	hw_cond_wait_begin(&wait, cond, mutex, CLOCK_REALTIME, NULL, HW_CALL);
	pthread_cleanup_push(hw_cond_wait_cancelled, &wait);
	error = HW_REAL(pthread_cond_wait)(cond, mutex);
	pthread_cleanup_pop(0);
	hw_cond_wait_end(&wait, error);
	return error;
}

HW_EXPORT int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
	const struct timespec *deadline)
{
	struct hw_cond_wait wait;
	int error;

	hw_cond_wait_begin(&wait, cond, mutex, CLOCK_REALTIME, deadline, HW_CALL);
	pthread_cleanup_push(hw_cond_wait_cancelled, &wait);
	error = HW_REAL(pthread_cond_timedwait)(cond, mutex, deadline);
	pthread_cleanup_pop(0);
	hw_cond_wait_end(&wait, error);
	return error;
}

HW_EXPORT int pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex, clockid_t clock,
	const struct timespec *deadline)
{
	struct hw_cond_wait wait;
	int error;

	if (!HW_REAL_HAS(pthread_cond_clockwait))
		return ENOSYS;
	hw_cond_wait_begin(&wait, cond, mutex, clock, deadline, HW_CALL);
	pthread_cleanup_push(hw_cond_wait_cancelled, &wait);
	error = HW_REAL(pthread_cond_clockwait)(cond, mutex, clock, deadline);
	pthread_cleanup_pop(0);
	hw_cond_wait_end(&wait, error);
	return error;
}

HW_EXPORT int pthread_cond_signal(pthread_cond_t *cond)
{
	hw_cond_notify(cond, HW_OP_SIGNAL, HW_CALL);
	return HW_REAL(pthread_cond_signal)(cond);
}

HW_EXPORT int pthread_cond_broadcast(pthread_cond_t *cond)
{
	hw_cond_notify(cond, HW_OP_BROADCAST, HW_CALL);
	return HW_REAL(pthread_cond_broadcast)(cond);
}

HW_EXPORT int pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attributes)
{
	int error = HW_REAL(pthread_cond_init)(cond, attributes);

	if (!error)
		hw_cond_initialised(cond, HW_CALL);
	return error;
}

HW_EXPORT int pthread_cond_destroy(pthread_cond_t *cond)
{
	int error = HW_REAL(pthread_cond_destroy)(cond);

	if (!error)
		hw_cond_destroyed(cond, HW_CALL);
	return error;
}
