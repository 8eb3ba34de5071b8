/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "interpose/attempt.h"
#include "interpose/cancel.h"
#include "interpose/export.h"
#include "interpose/real.h"
#include "interpose/stack.h"

/* glibc's struct new_sem on 64-bit machines (sysdeps/nptl/internaltypes.h). */
struct sem_layout {
	uint64_t data; /* value, and the number of waiters << 32 */
	int shared;
};

static uint32_t units(const sem_t *sem)
{
	return (uint32_t)*(volatile const uint64_t *)&((const struct sem_layout *)sem)->data;
}

static struct hw_object_facts facts_of(const sem_t *sem, uint32_t units_then, uint32_t stack)
{
	return (struct hw_object_facts){ .kind = HW_KIND_SEM,
		.type = ((const struct sem_layout *)sem)->shared ? HW_TYPE_SHARED : 0,
		.capacity = units_then, .stack = stack };
}

static struct hw_cell *sem_object(struct hw_self *self, const sem_t *sem, uint32_t units_then,
	uint32_t stack)
{
	struct hw_cell *cell = hw_object_recorded(sem, HW_KIND_SEM);

	if (__builtin_expect(!cell, 0)) {
		struct hw_object_facts facts = facts_of(sem, units_then, stack);

		cell = hw_object_recorded_or_defined(self, sem, &facts);
	}
	return cell;
}

/* Whose post will be a release of its own unit, unless another takes one meanwhile. */
static inline void note_taker(const struct hw_self *self, struct hw_cell *cell)
{
	atomic_store_explicit(&cell->taker, self->tid, memory_order_relaxed);
}

static inline bool gives_back(const struct hw_self *self, struct hw_cell *cell)
{
	if (atomic_load_explicit(&cell->taker, memory_order_relaxed) != self->tid)
		return false;
	atomic_store_explicit(&cell->taker, 0, memory_order_relaxed);
	return true;
}

enum variant { PLAIN, TIMED, CLOCK };

/* It may have to wait, and never return from that. */
static __attribute__((noinline)) int take_or_wait(sem_t *sem, enum variant variant,
	clockid_t clock, const struct timespec *deadline, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	struct hw_attempt attempt;
	struct hw_cell *cell = NULL;
	uint32_t stack, units_then = 0;
	int result;

	if (self) {
		units_then = units(sem);
		stack = hw_stack_capture(self, call);
		cell = sem_object(self, sem, units_then, stack);
	}
	if (cell)
		hw_attempt_begin(&attempt, self, cell, stack, variant == PLAIN ? 0 : HW_HOW_TIMED,
			units_then == 0 &&
				(!deadline || hw_attempt_deadline_valid(clock, deadline)));
	attempt.cell = cell;
	HW_CANCEL_PUSH(&attempt);
	result = variant == PLAIN ? HW_REAL(sem_wait)(sem) :
		variant == TIMED  ? HW_REAL(sem_timedwait)(sem, deadline) :
				    HW_REAL(sem_clockwait)(sem, clock, deadline);
	HW_CANCEL_POP();
	if (!cell)
		return result;
	if (!result)
		note_taker(self, cell);
	hw_attempt_end(&attempt, HW_OP_TAKE, result ? errno : 0);
	return result;
}

/*
 * Where there is a unit it is had without waiting, and nothing need be prepared for a wait that
 * does not end. The thread may be cancelled here all the same.
 */
HW_EXPORT int sem_wait(sem_t *sem)
{
	struct hw_self *self = HW_ENTER();
	struct hw_cell *cell = self ? hw_object_recorded(sem, HW_KIND_SEM) : NULL;
	uint64_t asked_ticks;
	uint32_t stack;
	int error;

	if (__builtin_expect(!cell || !units(sem), 0))
		return take_or_wait(sem, PLAIN, 0, NULL, HW_CALL);
	stack = HW_STACK_TIMED(self, &asked_ticks);
	error = errno;
	pthread_testcancel();
	if (__builtin_expect(HW_REAL_KNOWN(sem_trywait)(sem) != 0, 0)) {
		errno = error;
		return take_or_wait(sem, PLAIN, 0, NULL, HW_CALL);
	}
	note_taker(self, cell);
	hw_attempt_tried(self, cell, HW_OP_TAKE, stack, 0, asked_ticks, 0);
	return 0;
}

HW_EXPORT int sem_timedwait(sem_t *sem, const struct timespec *deadline)
{
	return take_or_wait(sem, TIMED, 0, deadline, HW_CALL);
}

HW_EXPORT int sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *deadline)
{
	if (!HW_REAL_HAS(sem_clockwait)) {
		errno = ENOSYS;
		return -1;
	}
	return take_or_wait(sem, CLOCK, clock, deadline, HW_CALL);
}

HW_EXPORT int sem_trywait(sem_t *sem)
{
	struct hw_self *self = HW_ENTER();
	uint32_t units_then = self ? units(sem) : 0, stack;
	uint64_t asked_ticks = hw_attempt_now(self);
	int result = HW_REAL(sem_trywait)(sem);
	struct hw_cell *cell;

	if (!self)
		return result;
	stack = HW_STACK_INLINE(self);
	cell = sem_object(self, sem, units_then, stack);
	if (!cell)
		return result;
	if (!result)
		note_taker(self, cell);
	hw_attempt_tried(self, cell, HW_OP_TAKE, stack, HW_HOW_TRY, asked_ticks,
		result ? errno : 0);
	return result;
}

/*
 * Logged before the real post, so that whoever it wakes comes later in the log; except when
 * it will fail, because no more units can be counted. Async-signal-safe. Where it was done
 * matters only when it does not give back what the thread had taken.
 */
HW_EXPORT int sem_post(sem_t *sem)
{
	struct hw_self *self = HW_ENTER();
	struct hw_cell *cell = self ? hw_object_recorded(sem, HW_KIND_SEM) : NULL;
	uint32_t units_then = units(sem), stack = 0;
	bool logged;
	int result;

	if (__builtin_expect(!cell || !gives_back(self, cell), 0) && self) {
		stack = HW_STACK(self);
		cell = sem_object(self, sem, units_then, stack);
	}
	if (!cell)
		return HW_REAL(sem_post)(sem);
	logged = units_then < SEM_VALUE_MAX;
	if (logged)
		hw_log_add(self, hw_object_releasing_shared(cell), HW_OP_POST,
			hw_object_number(cell), stack, 0);
	result = HW_REAL(sem_post)(sem);
	if (__builtin_expect(!logged || result, 0))
		hw_log_add(self, hw_object_releasing_shared(cell),
			result ? HW_OP_FAIL : HW_OP_POST, hw_object_number(cell), stack,
			result ? (uint32_t)errno : 0);
	return result;
}

HW_EXPORT int sem_init(sem_t *sem, int shared, unsigned int value)
{
	struct hw_self *self = HW_ENTER();
	int result = HW_REAL(sem_init)(sem, shared, value);

	if (self && !result) {
		struct hw_object_facts facts = facts_of(sem, value, HW_STACK(self));

		facts.event = HW_OP_INIT;
		hw_object_define(self, sem, &facts);
	}
	return result;
}

HW_EXPORT int sem_destroy(sem_t *sem)
{
	struct hw_self *self = HW_ENTER();
	int result = HW_REAL(sem_destroy)(sem);

	if (self && !result)
		hw_object_destroyed(self, sem, HW_KIND_SEM, HW_CALL);
	return result;
}

/* Opening a name again gives the same address while it is open: still the same object. */
HW_EXPORT sem_t *sem_open(const char *name, int flags, ...)
{
	struct hw_self *self = HW_ENTER();
	mode_t mode = 0;
	unsigned int value = 0;
	sem_t *sem;

	if (flags & O_CREAT) {
		va_list arguments;

		va_start(arguments, flags);
		mode = va_arg(arguments, mode_t);
		value = va_arg(arguments, unsigned int);
		va_end(arguments);
	}
	sem = HW_REAL(sem_open)(name, flags, mode, value);
	if (self && sem != SEM_FAILED) {
		struct hw_object_facts facts = facts_of(sem, units(sem), HW_STACK(self));

		facts.type |= HW_TYPE_NAMED | HW_TYPE_SHARED;
		facts.name = name;
		facts.event = HW_OP_INIT;
		hw_object_find_or_define(self, sem, &facts);
	}
	return sem;
}

/* The last close unmaps it, and something else may live at its address next. */
HW_EXPORT int sem_close(sem_t *sem)
{
	struct hw_self *self = HW_ENTER();
	struct hw_cell *cell = self ? hw_object_find(sem, HW_KIND_SEM) : NULL;

	if (cell)
		hw_object_forget(cell, cell->object);
	return HW_REAL(sem_close)(sem);
}
