/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <threads.h>

#include "interpose/attempt.h"
#include "interpose/cond.h"
#include "interpose/export.h"
#include "interpose/mutex.h"
#include "interpose/real.h"
#include "interpose/stack.h"

/*
 * C11 mutexes and conditions. libc's do not go through the pthread functions
 * that programs call, so they need hooks of their own; what they lock is a
 * pthread_mutex_t and a pthread_cond_t all the same.
 */

static pthread_mutex_t *as_mutex(mtx_t *mutex)
{
	return (pthread_mutex_t *)mutex;
}

static pthread_cond_t *as_cond(cnd_t *cond)
{
	return (pthread_cond_t *)cond;
}

static int as_errno(int result)
{
	switch (result) {
	case thrd_success:
		return 0;
	case thrd_busy:
		return EBUSY;
	case thrd_timedout:
		return ETIMEDOUT;
	case thrd_nomem:
		return ENOMEM;
	default:
		return EINVAL;
	}
}

HW_EXPORT int mtx_lock(mtx_t *mutex)
{
	struct hw_self *self = HW_ENTER();
	struct hw_attempt attempt;
	struct hw_cell *cell = NULL;
	uint32_t stack;
	int result;

	if (self) {
		stack = HW_STACK(self);
		cell = hw_mutex_object(self, as_mutex(mutex), stack);
	}
	if (cell)
		hw_attempt_begin(&attempt, self, cell, stack, 0,
			hw_mutex_taken(self, as_mutex(mutex)));
	result = HW_REAL(mtx_lock)(mutex);
	if (cell)
		hw_attempt_end(&attempt, HW_OP_LOCK, as_errno(result));
	return result;
}

HW_EXPORT int mtx_timedlock(mtx_t *mutex, const struct timespec *deadline)
{
	struct hw_self *self = HW_ENTER();
	struct hw_attempt attempt;
	struct hw_cell *cell = NULL;
	uint32_t stack;
	int result;

	if (self) {
		stack = HW_STACK(self);
		cell = hw_mutex_object(self, as_mutex(mutex), stack);
	}
	if (cell)
		hw_attempt_begin(&attempt, self, cell, stack, HW_HOW_TIMED,
			hw_mutex_taken(self, as_mutex(mutex)) &&
				hw_attempt_deadline_valid(CLOCK_REALTIME, deadline));
	result = HW_REAL(mtx_timedlock)(mutex, deadline);
	if (cell)
		hw_attempt_end(&attempt, HW_OP_LOCK, as_errno(result));
	return result;
}

HW_EXPORT int mtx_trylock(mtx_t *mutex)
{
	struct hw_self *self = HW_ENTER();
	uint64_t asked_ticks = hw_attempt_now(self);
	int result = HW_REAL(mtx_trylock)(mutex);
	struct hw_cell *cell;
	uint32_t stack;

	if (!self)
		return result;
	stack = HW_STACK(self);
	cell = hw_mutex_object(self, as_mutex(mutex), stack);
	if (cell)
		hw_attempt_tried(self, cell, HW_OP_LOCK, stack, HW_HOW_TRY, asked_ticks,
			as_errno(result));
	return result;
}

HW_EXPORT int mtx_unlock(mtx_t *mutex)
{
	struct hw_self *self = HW_ENTER();

	if (self)
		hw_mutex_release(self, as_mutex(mutex), 0, HW_CALL);
	return HW_REAL(mtx_unlock)(mutex);
}

HW_EXPORT int mtx_init(mtx_t *mutex, int type)
{
	struct hw_self *self = HW_ENTER();
	int result = HW_REAL(mtx_init)(mutex, type);

	if (self && result == thrd_success)
		hw_mutex_initialised(self, as_mutex(mutex), HW_STACK(self));
	return result;
}

HW_EXPORT void mtx_destroy(mtx_t *mutex)
{
	struct hw_self *self = HW_ENTER();

	if (self)
		hw_mutex_destroyed(self, as_mutex(mutex), HW_CALL);
	HW_REAL(mtx_destroy)(mutex);
}

HW_EXPORT int cnd_wait(cnd_t *cond, mtx_t *mutex)
{
	struct hw_cond_wait wait;
	int result;

	hw_cond_wait_begin(&wait, as_cond(cond), as_mutex(mutex), CLOCK_REALTIME, NULL, HW_CALL);
	pthread_cleanup_push(hw_cond_wait_cancelled, &wait);
	result = HW_REAL(cnd_wait)(cond, mutex);
	pthread_cleanup_pop(0);
	hw_cond_wait_end(&wait, as_errno(result));
	return result;
}

HW_EXPORT int cnd_timedwait(cnd_t *cond, mtx_t *mutex, const struct timespec *deadline)
{
	struct hw_cond_wait wait;
	int result;

	hw_cond_wait_begin(&wait, as_cond(cond), as_mutex(mutex), CLOCK_REALTIME, deadline,
		HW_CALL);
	pthread_cleanup_push(hw_cond_wait_cancelled, &wait);
	result = HW_REAL(cnd_timedwait)(cond, mutex, deadline);
	pthread_cleanup_pop(0);
	hw_cond_wait_end(&wait, as_errno(result));
	return result;
}

HW_EXPORT int cnd_signal(cnd_t *cond)
{
	hw_cond_notify(as_cond(cond), HW_OP_SIGNAL, HW_CALL);
	return HW_REAL(cnd_signal)(cond);
}

HW_EXPORT int cnd_broadcast(cnd_t *cond)
{
	hw_cond_notify(as_cond(cond), HW_OP_BROADCAST, HW_CALL);
	return HW_REAL(cnd_broadcast)(cond);
}

HW_EXPORT int cnd_init(cnd_t *cond)
{
	int result = HW_REAL(cnd_init)(cond);

	if (result == thrd_success)
		hw_cond_initialised(as_cond(cond), HW_CALL);
	return result;
}

HW_EXPORT void cnd_destroy(cnd_t *cond)
{
	hw_cond_destroyed(as_cond(cond), HW_CALL);
	HW_REAL(cnd_destroy)(cond);
}
