/* SPDX-License-Identifier: MIT */
#include "interpose/mutex.h"

#include <errno.h>

#include "interpose/export.h"
#include "interpose/glib.h"
#include "interpose/real.h"
#include "interpose/stack.h"
#include "interpose/sys.h"

/* Bits of glibc's mutex kind (nptl/pthreadP.h); part of its ABI through the static initialisers. */
enum {
	KIND_MASK = 3,
	KIND_ROBUST = 16,
	KIND_PRIO_INHERIT = 32,
	KIND_PRIO_PROTECT = 64,
	KIND_SHARED = 128,
};

/* In the lock word of priority-protected mutexes: at what priority they are held. */
#define PRIO_CEILING_MASK 0xfff80000u

static uint32_t type_of(const pthread_mutex_t *mutex)
{
	static const uint32_t types[] = { 0, HW_TYPE_RECURSIVE, HW_TYPE_ERRORCHECK,
		HW_TYPE_ADAPTIVE };
	unsigned kind = (unsigned)mutex->__data.__kind;
	uint32_t type = types[kind & KIND_MASK];

	if (kind & KIND_ROBUST)
		type |= HW_TYPE_ROBUST;
	if (kind & KIND_PRIO_INHERIT)
		type |= HW_TYPE_PRIO_INHERIT;
	if (kind & KIND_PRIO_PROTECT)
		type |= HW_TYPE_PRIO_PROTECT;
	if (kind & KIND_SHARED)
		type |= HW_TYPE_SHARED;
	return type;
}

struct hw_cell *hw_mutex_object(struct hw_self *self, const pthread_mutex_t *mutex, uint32_t stack)
{
	struct hw_cell *cell = hw_object_recorded(mutex, HW_KIND_MUTEX);

	if (__builtin_expect(!cell, 0)) {
		struct hw_object_facts facts = { .kind = HW_KIND_MUTEX, .type = type_of(mutex),
			.stack = stack };

		cell = hw_object_recorded_or_defined(self, mutex, &facts);
	}
	return cell;
}

/* Where the lock word tells more than 0, 1 and 2, the bits that say that somebody holds it. */
static unsigned held_bits(unsigned kind)
{
	return kind & KIND_PRIO_PROTECT ? ~PRIO_CEILING_MASK :
		kind & (KIND_ROBUST | KIND_PRIO_INHERIT) ? FUTEX_TID_MASK :
							   ~0u;
}

bool hw_mutex_seems_taken(const struct hw_self *self, const pthread_mutex_t *mutex, unsigned word)
{
	unsigned kind = (unsigned)mutex->__data.__kind;

	if (!(word & held_bits(kind)))
		return false;
	/* Recursive counts, error-checking refuses: neither waits for itself. */
	return (kind & KIND_MASK) % 3 == 0 || mutex->__data.__owner != self->tid;
}

/*
 * The kinds that know their holder refuse a release by anybody else. The others
 * cannot fail; their release is logged before the real one, so that it is in the
 * log before anybody else can lock.
 */
static bool release_will_fail(const struct hw_self *self, const pthread_mutex_t *mutex)
{
	unsigned kind = (unsigned)mutex->__data.__kind;

	if (!(kind & (KIND_ROBUST | KIND_PRIO_INHERIT)) && (kind & KIND_MASK) % 3 == 0)
		return false;
	return mutex->__data.__owner != self->tid;
}

/* What is not known yet, or not recorded, or somebody else's: then it matters where it is done. */
static __attribute__((noinline)) bool release_otherwise(struct hw_self *self,
	const pthread_mutex_t *mutex, uint32_t how, const struct hw_call *call)
{
	struct hw_cell *cell;
	uint32_t stack = 0;

	if (release_will_fail(self, mutex))
		return false;
	cell = hw_mutex_object(self, mutex, 0);
	if (!cell)
		return true;
	if (mutex->__data.__owner != self->tid)
		stack = hw_stack_capture(self, call);
	hw_log_add(self, hw_object_releasing(cell), HW_OP_UNLOCK, hw_object_number(cell), stack,
		how);
	return true;
}

static inline __attribute__((always_inline)) bool release(struct hw_self *self,
	const pthread_mutex_t *mutex, uint32_t how, const struct hw_call *call)
{
	struct hw_cell *cell = hw_object_recorded(mutex, HW_KIND_MUTEX);

	if (__builtin_expect(!cell || mutex->__data.__owner != self->tid, 0))
		return release_otherwise(self, mutex, how, call);
	hw_log_add(self, hw_object_releasing(cell), HW_OP_UNLOCK, hw_object_number(cell), 0, how);
	return true;
}

bool hw_mutex_release(struct hw_self *self, const pthread_mutex_t *mutex, uint32_t how,
	const struct hw_call *call)
{
	return release(self, mutex, how, call);
}

void hw_mutex_initialised(struct hw_self *self, const pthread_mutex_t *mutex, uint32_t stack)
{
	struct hw_object_facts facts = { .kind = HW_KIND_MUTEX, .type = type_of(mutex),
		.stack = stack, .event = HW_OP_INIT };

	hw_object_define(self, mutex, &facts);
}

void hw_mutex_destroyed(struct hw_self *self, const pthread_mutex_t *mutex,
	const struct hw_call *call)
{
	hw_object_destroyed(self, mutex, HW_KIND_MUTEX, call);
}

/* So that whoever looks from outside knows that it is intercepted, unless the slot says more. */
static int lock_left_out(struct hw_self *self, pthread_mutex_t *mutex)
{
	_Atomic uint64_t *slot = &self->slot->wait;
	uint64_t outer = atomic_load_explicit(slot, memory_order_relaxed);
	int error;

	if (!outer)
		atomic_store_explicit(slot, HW_WAIT_LEFT_OUT, memory_order_relaxed);
	error = HW_REAL(pthread_mutex_lock)(mutex);
	atomic_store_explicit(slot, outer, memory_order_relaxed);
	return error;
}

HW_EXPORT int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	struct hw_self *self = HW_ENTER();
	struct hw_attempt attempt;
	struct hw_cell *cell;
	uint64_t asked_ticks;
	uint32_t stack;
	int error;

	if (!self)
		return HW_REAL(pthread_mutex_lock)(mutex);
	cell = hw_object_recorded(mutex, HW_KIND_MUTEX);
	if (__builtin_expect(!cell, 0) && hw_object_is_ignored(mutex, HW_KIND_MUTEX))
		return lock_left_out(self, mutex);
	stack = HW_STACK_TIMED(self, &asked_ticks);
	if (__builtin_expect(!cell, 0))
		cell = hw_mutex_object(self, mutex, stack);
	if (__builtin_expect(!cell, 0))
		return lock_left_out(self, mutex);
	hw_attempt_begin_at(&attempt, self, cell, stack, 0, asked_ticks,
		hw_mutex_taken(self, mutex));
	error = HW_REAL_KNOWN(pthread_mutex_lock)(mutex);
	hw_attempt_end(&attempt, HW_OP_LOCK, error);
	return error;
}

HW_EXPORT int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	struct hw_self *self = HW_ENTER();
	uint64_t asked_ticks = hw_attempt_now(self);
	int error = HW_REAL(pthread_mutex_trylock)(mutex);
	struct hw_cell *cell;
	uint32_t stack;

	if (!self || hw_object_is_ignored(mutex, HW_KIND_MUTEX))
		return error;
	stack = HW_STACK(self);
	cell = hw_mutex_object(self, mutex, stack);
	if (cell)
		hw_attempt_tried(self, cell, HW_OP_LOCK, stack, HW_HOW_TRY, asked_ticks, error);
	return error;
}

/* Both calls that give up at a time; `clock` is NULL for the one without. */
static inline __attribute__((always_inline)) int timed_lock(pthread_mutex_t *mutex,
	const clockid_t *clock, const struct timespec *deadline, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	struct hw_attempt attempt;
	struct hw_cell *cell = NULL;
	uint32_t stack;
	int error;

	if (self && !hw_object_is_ignored(mutex, HW_KIND_MUTEX)) {
		stack = hw_stack_capture(self, call);
		cell = hw_mutex_object(self, mutex, stack);
	}
	if (cell)
		hw_attempt_begin(&attempt, self, cell, stack, HW_HOW_TIMED,
			hw_mutex_taken(self, mutex) &&
				hw_attempt_deadline_valid(clock ? *clock : CLOCK_REALTIME,
					deadline));
	error = clock ? HW_REAL(pthread_mutex_clocklock)(mutex, *clock, deadline) :
			HW_REAL(pthread_mutex_timedlock)(mutex, deadline);
	if (cell)
		hw_attempt_end(&attempt, HW_OP_LOCK, error);
	return error;
}

HW_EXPORT int pthread_mutex_timedlock(pthread_mutex_t *mutex, const struct timespec *deadline)
{
	return timed_lock(mutex, NULL, deadline, HW_CALL);
}

HW_EXPORT int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
	const struct timespec *deadline)
{
	if (!HW_REAL_HAS(pthread_mutex_clocklock))
		return ENOSYS;
	return timed_lock(mutex, &clock, deadline, HW_CALL);
}

/* By who is not its holder; that shows in what comes of it. */
static __attribute__((noinline)) int unlock_of_other(struct hw_self *self, pthread_mutex_t *mutex,
	const struct hw_call *call)
{
	int error = HW_REAL(pthread_mutex_unlock)(mutex);
	struct hw_cell *cell = hw_mutex_object(self, mutex, 0);

	if (cell)
		hw_log_add(self, hw_log_now(), error ? HW_OP_FAIL : HW_OP_UNLOCK,
			hw_object_number(cell), hw_stack_capture(self, call), (uint32_t)error);
	return error;
}

HW_EXPORT int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	struct hw_self *self = HW_ENTER();

	if (!self)
		return HW_REAL(pthread_mutex_unlock)(mutex);
	if (__builtin_expect(!release(self, mutex, 0, HW_CALL), 0))
		return unlock_of_other(self, mutex, HW_CALL);
	return HW_REAL_KNOWN(pthread_mutex_unlock)(mutex);
}

HW_EXPORT int pthread_mutex_init(pthread_mutex_t *mutex, const pthread_mutexattr_t *attributes)
{
	struct hw_self *self = HW_ENTER();
	int error = HW_REAL(pthread_mutex_init)(mutex, attributes);

	if (!self || error)
		return error;
	if (hw_glib_creates(self, HW_CALL->from))
		hw_object_hide(self, mutex, HW_KIND_MUTEX);
	else
		hw_mutex_initialised(self, mutex, HW_STACK(self));
	return 0;
}

HW_EXPORT int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	struct hw_self *self = HW_ENTER();
	int error = HW_REAL(pthread_mutex_destroy)(mutex);
	struct hw_cell *cell;
	uint32_t stack;

	if (!self)
		return error;
	if (!error) {
		hw_mutex_destroyed(self, mutex, HW_CALL);
		return 0;
	}
	stack = HW_STACK(self);
	cell = hw_mutex_object(self, mutex, stack);
	if (cell)
		hw_log_add(self, hw_log_now(), HW_OP_DESTROY, cell->object, stack, HW_HOW_REFUSED);
	return error;
}

/* Changes nothing about who holds it; intercepted so that a mutex first seen here is known. */
HW_EXPORT int pthread_mutex_consistent(pthread_mutex_t *mutex)
{
	struct hw_self *self = HW_ENTER();

	if (self)
		hw_mutex_object(self, mutex, HW_STACK(self));
	return HW_REAL(pthread_mutex_consistent)(mutex);
}

HW_FIRST_NAME(int, __pthread_mutex_lock, (pthread_mutex_t *), pthread_mutex_lock)
HW_FIRST_NAME(int, __pthread_mutex_trylock, (pthread_mutex_t *), pthread_mutex_trylock)
HW_FIRST_NAME(int, __pthread_mutex_unlock, (pthread_mutex_t *), pthread_mutex_unlock)
HW_FIRST_NAME(int, __pthread_mutex_init, (pthread_mutex_t *, const pthread_mutexattr_t *),
	pthread_mutex_init)
HW_FIRST_NAME(int, __pthread_mutex_destroy, (pthread_mutex_t *), pthread_mutex_destroy)
HW_OLD_NAME(int, pthread_mutex_consistent_np, (pthread_mutex_t *), pthread_mutex_consistent,
	"GLIBC_2.4")
