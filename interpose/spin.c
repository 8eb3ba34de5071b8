/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "interpose/attempt.h"
#include "interpose/export.h"
#include "interpose/real.h"
#include "interpose/stack.h"

/* A spinlock does not say whether it is shared, except to its init. */
static void *address_of(pthread_spinlock_t *spin)
{
	return (void *)(uintptr_t)spin;
}

static struct hw_cell *spin_object(struct hw_self *self, pthread_spinlock_t *spin, uint32_t stack)
{
	struct hw_cell *cell = hw_object_recorded(address_of(spin), HW_KIND_SPIN);

	if (__builtin_expect(!cell, 0)) {
		/* Its user may be a process that did not initialise it: the mapping tells. */
		struct hw_object_facts facts = { .kind = HW_KIND_SPIN, .type = HW_TYPE_SHARED,
			.stack = stack };

		cell = hw_object_recorded_or_defined(self, address_of(spin), &facts);
	}
	return cell;
}

/* x86 glibc: 1 is free, anything below is taken. */
static bool is_taken(pthread_spinlock_t *spin)
{
	return *spin != 1;
}

HW_EXPORT int pthread_spin_lock(pthread_spinlock_t *spin)
{
	struct hw_self *self = HW_ENTER();
	struct hw_attempt attempt;
	struct hw_cell *cell;
	uint64_t asked_ticks;
	uint32_t stack;
	int error;

	if (!self)
		return HW_REAL(pthread_spin_lock)(spin);
	stack = HW_STACK_TIMED(self, &asked_ticks);
	cell = spin_object(self, spin, stack);
	if (!cell)
		return HW_REAL(pthread_spin_lock)(spin);
	hw_attempt_begin_at(&attempt, self, cell, stack, 0, asked_ticks, is_taken(spin));
	error = HW_REAL_KNOWN(pthread_spin_lock)(spin);
	hw_attempt_end(&attempt, HW_OP_LOCK, error);
	return error;
}

HW_EXPORT int pthread_spin_trylock(pthread_spinlock_t *spin)
{
	struct hw_self *self = HW_ENTER();
	uint64_t asked_ticks = hw_attempt_now(self);
	int error = HW_REAL(pthread_spin_trylock)(spin);
	struct hw_cell *cell;
	uint32_t stack;

	if (!self)
		return error;
	stack = HW_STACK(self);
	cell = spin_object(self, spin, stack);
	if (cell)
		hw_attempt_tried(self, cell, HW_OP_LOCK, stack, HW_HOW_TRY, asked_ticks, error);
	return error;
}

HW_EXPORT int pthread_spin_unlock(pthread_spinlock_t *spin)
{
	struct hw_self *self = HW_ENTER();
	struct hw_cell *cell = self ? spin_object(self, spin, 0) : NULL;

	if (__builtin_expect(!cell, 0))
		return HW_REAL(pthread_spin_unlock)(spin);
	/* Where it is unlocked matters only when nobody has it. */
	hw_log_add(self, hw_object_releasing(cell), HW_OP_UNLOCK, hw_object_number(cell),
		__builtin_expect(is_taken(spin), 1) ? 0 : HW_STACK(self), 0);
	return HW_REAL_KNOWN(pthread_spin_unlock)(spin);
}

HW_EXPORT int pthread_spin_init(pthread_spinlock_t *spin, int shared)
{
	struct hw_self *self = HW_ENTER();
	int error = HW_REAL(pthread_spin_init)(spin, shared);

	if (self && !error) {
		struct hw_object_facts facts = { .kind = HW_KIND_SPIN,
			.type = shared ? HW_TYPE_SHARED : 0, .stack = HW_STACK(self),
			.event = HW_OP_INIT };

		hw_object_define(self, address_of(spin), &facts);
	}
	return error;
}

HW_EXPORT int pthread_spin_destroy(pthread_spinlock_t *spin)
{
	struct hw_self *self = HW_ENTER();
	int error = HW_REAL(pthread_spin_destroy)(spin);

	if (self && !error)
		hw_object_destroyed(self, address_of(spin), HW_KIND_SPIN,
			HW_CALL);
	return error;
}
