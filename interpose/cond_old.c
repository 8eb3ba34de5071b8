/* SPDX-License-Identifier: MIT */
#include "interpose/cond.h"

#include "interpose/export.h"
#include "interpose/real.h"

/*
 * Conditions of programs linked before 2003: for them a pthread_cond_t is a pointer to one, which
 * libc makes at the first use, and libc has functions of its own. Apart from that they are
 * conditions; what is not recorded of them is a type, as there is nothing to read it from.
 *
 * References without a version come from programs linked with another library that stands in
 * front of libc, and from libraries linked without libc. They get the functions of today,
 * although libc alone would give the latter the old ones, which do the same for them.
 */

/* Before anybody looks for a type. */
static void define(const pthread_cond_t *cond, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	struct hw_object_facts facts = { .kind = HW_KIND_COND };

	if (!self || hw_object_find(cond, HW_KIND_COND))
		return;
	facts.stack = hw_stack_capture(self, call);
	hw_object_find_or_define(self, cond, &facts);
}

static int old_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
	struct hw_cond_wait wait;
	int error;

	define(cond, HW_CALL);
	hw_cond_wait_begin(&wait, cond, mutex, CLOCK_REALTIME, NULL, HW_CALL);
	pthread_cleanup_push(hw_cond_wait_cancelled, &wait);
	error = HW_REAL(old_cond_wait)(cond, mutex);
	pthread_cleanup_pop(0);
	hw_cond_wait_end(&wait, error);
	return error;
}

static int old_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
	const struct timespec *deadline)
{
	struct hw_cond_wait wait;
	int error;

	define(cond, HW_CALL);
	hw_cond_wait_begin(&wait, cond, mutex, CLOCK_REALTIME, deadline, HW_CALL);
	pthread_cleanup_push(hw_cond_wait_cancelled, &wait);
	error = HW_REAL(old_cond_timedwait)(cond, mutex, deadline);
	pthread_cleanup_pop(0);
	hw_cond_wait_end(&wait, error);
	return error;
}

static int old_signal(pthread_cond_t *cond)
{
	define(cond, HW_CALL);
	hw_cond_notify(cond, HW_OP_SIGNAL, HW_CALL);
	return HW_REAL(old_cond_signal)(cond);
}

static int old_broadcast(pthread_cond_t *cond)
{
	define(cond, HW_CALL);
	hw_cond_notify(cond, HW_OP_BROADCAST, HW_CALL);
	return HW_REAL(old_cond_broadcast)(cond);
}

static int old_init(pthread_cond_t *cond, const pthread_condattr_t *attributes)
{
	int error = HW_REAL(old_cond_init)(cond, attributes);
	struct hw_object_facts facts = { .kind = HW_KIND_COND, .event = HW_OP_INIT };
	struct hw_self *self = error ? NULL : HW_ENTER();

	if (self) {
		facts.stack = HW_STACK(self);
		hw_object_define(self, cond, &facts);
	}
	return error;
}

static int old_destroy(pthread_cond_t *cond)
{
	int error = HW_REAL(old_cond_destroy)(cond);

	if (!error)
		hw_cond_destroyed(cond, HW_CALL);
	return error;
}

HW_OLD_NAME(int, pthread_cond_wait, (pthread_cond_t *, pthread_mutex_t *), old_wait, "GLIBC_2.2.5")
HW_OLD_NAME(int, pthread_cond_timedwait,
	(pthread_cond_t *, pthread_mutex_t *, const struct timespec *), old_timedwait,
	"GLIBC_2.2.5")
HW_OLD_NAME(int, pthread_cond_signal, (pthread_cond_t *), old_signal, "GLIBC_2.2.5")
HW_OLD_NAME(int, pthread_cond_broadcast, (pthread_cond_t *), old_broadcast, "GLIBC_2.2.5")
HW_OLD_NAME(int, pthread_cond_init, (pthread_cond_t *, const pthread_condattr_t *), old_init,
	"GLIBC_2.2.5")
HW_OLD_NAME(int, pthread_cond_destroy, (pthread_cond_t *), old_destroy, "GLIBC_2.2.5")
