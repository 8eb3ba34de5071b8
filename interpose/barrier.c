/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "interpose/attempt.h"
#include "interpose/export.h"
#include "interpose/real.h"
#include "interpose/stack.h"

/* glibc's struct pthread_barrier (sysdeps/nptl/internaltypes.h); the public type hides it. */
struct barrier_layout {
	unsigned int in;
	unsigned int current_round;
	unsigned int count;
	int shared;
	unsigned int out;
};

static struct hw_object_facts facts_of(const pthread_barrier_t *barrier, uint32_t stack)
{
	const struct barrier_layout *layout = (const void *)barrier;

	return (struct hw_object_facts){ .kind = HW_KIND_BARRIER,
		.type = layout->shared ? HW_TYPE_SHARED : 0, .capacity = layout->count,
		.stack = stack };
}

static struct hw_cell *barrier_object(struct hw_self *self, const pthread_barrier_t *barrier,
	uint32_t stack)
{
	struct hw_cell *cell = hw_object_recorded(barrier, HW_KIND_BARRIER);

	if (__builtin_expect(!cell, 0)) {
		struct hw_object_facts facts = facts_of(barrier, stack);

		cell = hw_object_recorded_or_defined(self, barrier, &facts);
	}
	return cell;
}

HW_EXPORT int pthread_barrier_wait(pthread_barrier_t *barrier)
{
	struct hw_self *self = HW_ENTER();
	struct hw_attempt attempt;
	struct hw_cell *cell;
	uint32_t stack;
	int result;

	if (!self)
		return HW_REAL(pthread_barrier_wait)(barrier);
	stack = HW_STACK(self);
	cell = barrier_object(self, barrier, stack);
	if (!cell)
		return HW_REAL(pthread_barrier_wait)(barrier);
	hw_log_add(self, hw_object_releasing_shared(cell), HW_OP_ARRIVE, cell->object, stack, 0);
	hw_attempt_begin_wait(&attempt, self, cell, stack, 0);
	result = HW_REAL(pthread_barrier_wait)(barrier);
	hw_attempt_end(&attempt, HW_OP_LEAVE,
		result == PTHREAD_BARRIER_SERIAL_THREAD ? 0 : result);
	return result;
}

HW_EXPORT int pthread_barrier_init(pthread_barrier_t *barrier,
	const pthread_barrierattr_t *attributes, unsigned int count)
{
	struct hw_self *self = HW_ENTER();
	int error = HW_REAL(pthread_barrier_init)(barrier, attributes, count);

	if (self && !error) {
		struct hw_object_facts facts = facts_of(barrier, HW_STACK(self));

		facts.event = HW_OP_INIT;
		hw_object_define(self, barrier, &facts);
	}
	return error;
}

HW_EXPORT int pthread_barrier_destroy(pthread_barrier_t *barrier)
{
	struct hw_self *self = HW_ENTER();
	int error = HW_REAL(pthread_barrier_destroy)(barrier);

	if (self && !error)
		hw_object_destroyed(self, barrier, HW_KIND_BARRIER,
			HW_CALL);
	return error;
}
