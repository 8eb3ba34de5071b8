/* SPDX-License-Identifier: MIT */
#include "interpose/rwlock.h"

#include <errno.h>

#include "interpose/export.h"
#include "interpose/glib.h"
#include "interpose/real.h"
#include "interpose/stack.h"

/* Bits of __readers in glibc (nptl/pthread_rwlock_common.c); the readers are counted above them. */
enum { WRITE_PHASE = 1, WRITE_LOCKED = 2, READER_SHIFT = 3 };

static uint32_t type_of(const pthread_rwlock_t *rwlock)
{
	uint32_t type = 0;

	if (rwlock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP)
		type |= HW_TYPE_PREFER_WRITER;
	else if (rwlock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NP)
		type |= HW_TYPE_PREFER_WRITER_RECURSIVE;
	if (rwlock->__data.__shared)
		type |= HW_TYPE_SHARED;
	return type;
}

static struct hw_cell *rwlock_object(struct hw_self *self, const pthread_rwlock_t *rwlock,
	uint32_t stack)
{
	struct hw_cell *cell = hw_object_recorded(rwlock, HW_KIND_RWLOCK);

	if (__builtin_expect(!cell, 0)) {
		struct hw_object_facts facts = { .kind = HW_KIND_RWLOCK, .type = type_of(rwlock),
			.stack = stack };

		cell = hw_object_recorded_or_defined(self, rwlock, &facts);
	}
	return cell;
}

static bool taken_for_readers(const pthread_rwlock_t *rwlock, unsigned readers)
{
	if (!(readers & WRITE_LOCKED))
		return false;
	/* A writer holds it, or one waits whom this kind of lock prefers. */
	return readers & WRITE_PHASE ||
		(readers >> READER_SHIFT &&
			rwlock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
}

bool hw_rwlock_taken(const struct hw_self *self, const pthread_rwlock_t *rwlock, uint32_t how)
{
	unsigned readers = *(volatile const unsigned *)&rwlock->__data.__readers;

	/* Who has it for writing is refused instead. */
	if (rwlock->__data.__cur_writer == self->tid)
		return false;
	return how & HW_HOW_SHARED ? taken_for_readers(rwlock, readers) :
				     (readers & ~(unsigned)WRITE_PHASE) != 0;
}

enum variant { PLAIN, TIMED, CLOCK };

static inline __attribute__((always_inline)) int call_real(pthread_rwlock_t *rwlock, bool shared,
	enum variant variant, clockid_t clock, const struct timespec *deadline)
{
	switch (variant) {
	case TIMED:
		return shared ? HW_REAL(pthread_rwlock_timedrdlock)(rwlock, deadline) :
				HW_REAL(pthread_rwlock_timedwrlock)(rwlock, deadline);
	case CLOCK:
		return shared ? HW_REAL(pthread_rwlock_clockrdlock)(rwlock, clock, deadline) :
				HW_REAL(pthread_rwlock_clockwrlock)(rwlock, clock, deadline);
	default:
		return shared ? HW_REAL(pthread_rwlock_rdlock)(rwlock) :
				HW_REAL(pthread_rwlock_wrlock)(rwlock);
	}
}

static inline __attribute__((always_inline)) int lock(pthread_rwlock_t *rwlock, bool shared,
	enum variant variant, clockid_t clock, const struct timespec *deadline,
	const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	uint32_t how = (shared ? HW_HOW_SHARED : 0) | (variant == PLAIN ? 0 : HW_HOW_TIMED);
	struct hw_attempt attempt;
	struct hw_cell *cell = NULL;
	uint64_t asked_ticks;
	uint32_t stack;
	int error;

	if (self)
		cell = hw_object_recorded(rwlock, HW_KIND_RWLOCK);
	if (__builtin_expect(!cell, 0) &&
		(!self || hw_object_is_ignored(rwlock, HW_KIND_RWLOCK)))
		return call_real(rwlock, shared, variant, clock, deadline);
	stack = hw_stack_capture_timed(self, call, &asked_ticks);
	if (__builtin_expect(!cell, 0))
		cell = rwlock_object(self, rwlock, stack);
	if (__builtin_expect(!cell, 0))
		return call_real(rwlock, shared, variant, clock, deadline);
	hw_attempt_begin_at(&attempt, self, cell, stack, how, asked_ticks,
		hw_rwlock_taken(self, rwlock, how) &&
			(!deadline || hw_attempt_deadline_valid(clock, deadline)));
	error = call_real(rwlock, shared, variant, clock, deadline);
	hw_attempt_end(&attempt, HW_OP_LOCK, error);
	return error;
}

static inline __attribute__((always_inline)) int try_lock(pthread_rwlock_t *rwlock, bool shared,
	const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	uint64_t asked_ticks = hw_attempt_now(self);
	int error = shared ? HW_REAL(pthread_rwlock_tryrdlock)(rwlock) :
			     HW_REAL(pthread_rwlock_trywrlock)(rwlock);
	struct hw_cell *cell;
	uint32_t stack;

	if (!self || hw_object_is_ignored(rwlock, HW_KIND_RWLOCK))
		return error;
	stack = hw_stack_capture(self, call);
	cell = rwlock_object(self, rwlock, stack);
	if (cell)
		hw_attempt_tried(self, cell, HW_OP_LOCK, stack,
			HW_HOW_TRY | (shared ? HW_HOW_SHARED : 0), asked_ticks, error);
	return error;
}

HW_EXPORT int pthread_rwlock_rdlock(pthread_rwlock_t *rwlock)
{
	return lock(rwlock, true, PLAIN, 0, NULL, HW_CALL);
}

HW_EXPORT int pthread_rwlock_wrlock(pthread_rwlock_t *rwlock)
{
	return lock(rwlock, false, PLAIN, 0, NULL, HW_CALL);
}

HW_EXPORT int pthread_rwlock_timedrdlock(pthread_rwlock_t *rwlock, const struct timespec *deadline)
{
	return lock(rwlock, true, TIMED, 0, deadline, HW_CALL);
}

HW_EXPORT int pthread_rwlock_timedwrlock(pthread_rwlock_t *rwlock, const struct timespec *deadline)
{
	return lock(rwlock, false, TIMED, 0, deadline, HW_CALL);
}

HW_EXPORT int pthread_rwlock_clockrdlock(pthread_rwlock_t *rwlock, clockid_t clock,
	const struct timespec *deadline)
{
	if (!HW_REAL_HAS(pthread_rwlock_clockrdlock))
		return ENOSYS;
	return lock(rwlock, true, CLOCK, clock, deadline, HW_CALL);
}

HW_EXPORT int pthread_rwlock_clockwrlock(pthread_rwlock_t *rwlock, clockid_t clock,
	const struct timespec *deadline)
{
	if (!HW_REAL_HAS(pthread_rwlock_clockwrlock))
		return ENOSYS;
	return lock(rwlock, false, CLOCK, clock, deadline, HW_CALL);
}

HW_EXPORT int pthread_rwlock_tryrdlock(pthread_rwlock_t *rwlock)
{
	return try_lock(rwlock, true, HW_CALL);
}

HW_EXPORT int pthread_rwlock_trywrlock(pthread_rwlock_t *rwlock)
{
	return try_lock(rwlock, false, HW_CALL);
}

bool hw_rwlock_may_be_ours(const struct hw_self *self, const pthread_rwlock_t *rwlock)
{
	return rwlock->__data.__cur_writer ? rwlock->__data.__cur_writer == self->tid :
					     rwlock->__data.__readers >> READER_SHIFT;
}

/* glibc's cannot fail, so it is logged before: the next holder's record comes after ours. */
HW_EXPORT int pthread_rwlock_unlock(pthread_rwlock_t *rwlock)
{
	struct hw_self *self = HW_ENTER();
	struct hw_cell *cell = self ? rwlock_object(self, rwlock, 0) : NULL;
	uint32_t stack = 0;

	if (__builtin_expect(!cell, 0))
		return HW_REAL(pthread_rwlock_unlock)(rwlock);
	if (__builtin_expect(!hw_rwlock_may_be_ours(self, rwlock), 0))
		stack = HW_STACK(self);
	hw_log_add(self, hw_object_releasing_shared(cell), HW_OP_UNLOCK, hw_object_number(cell),
		stack, 0);
	return HW_REAL_KNOWN(pthread_rwlock_unlock)(rwlock);
}

HW_EXPORT int pthread_rwlock_init(pthread_rwlock_t *rwlock, const pthread_rwlockattr_t *attributes)
{
	struct hw_self *self = HW_ENTER();
	int error = HW_REAL(pthread_rwlock_init)(rwlock, attributes);

	if (!self || error)
		return error;
	if (hw_glib_creates(self, HW_CALL->from)) {
		hw_object_hide(self, rwlock, HW_KIND_RWLOCK);
	} else {
		struct hw_object_facts facts = { .kind = HW_KIND_RWLOCK, .type = type_of(rwlock),
			.stack = HW_STACK(self), .event = HW_OP_INIT };

		hw_object_define(self, rwlock, &facts);
	}
	return 0;
}

HW_EXPORT int pthread_rwlock_destroy(pthread_rwlock_t *rwlock)
{
	struct hw_self *self = HW_ENTER();
	int error = HW_REAL(pthread_rwlock_destroy)(rwlock);

	if (self && !error)
		hw_object_destroyed(self, rwlock, HW_KIND_RWLOCK, HW_CALL);
	return error;
}

HW_FIRST_NAME(int, __pthread_rwlock_rdlock, (pthread_rwlock_t *), pthread_rwlock_rdlock)
HW_FIRST_NAME(int, __pthread_rwlock_wrlock, (pthread_rwlock_t *), pthread_rwlock_wrlock)
HW_FIRST_NAME(int, __pthread_rwlock_tryrdlock, (pthread_rwlock_t *), pthread_rwlock_tryrdlock)
HW_FIRST_NAME(int, __pthread_rwlock_trywrlock, (pthread_rwlock_t *), pthread_rwlock_trywrlock)
HW_FIRST_NAME(int, __pthread_rwlock_unlock, (pthread_rwlock_t *), pthread_rwlock_unlock)
HW_FIRST_NAME(int, __pthread_rwlock_init, (pthread_rwlock_t *, const pthread_rwlockattr_t *),
	pthread_rwlock_init)
HW_FIRST_NAME(int, __pthread_rwlock_destroy, (pthread_rwlock_t *), pthread_rwlock_destroy)
