/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "interpose/attempt.h"
#include "interpose/export.h"
#include "interpose/real.h"
#include "interpose/stack.h"
#include "interpose/sys.h"
#include "interpose/sysv.h"

/*
 * semop and semtimedop: an array of operations, all at once or none. What is known before the
 * call is which semaphore of those it needs has not enough units, if one has: that is the one it
 * waits for, as the kernel goes through the array, too, until it finds it.
 *
 * The array may be where no memory is. The kernel copies it to here, and for the call again.
 */

enum {
	OPS_MAX = 64, /* of longer arrays nothing is recorded */
	VALUE_MAX = 32767, /* SEMVMX of the kernel */
};

struct call {
	struct hw_self *self; /* NULL: nothing of it is recorded */
	int set;
	uint32_t stack;
	bool timed, posted;
	size_t count;
	struct sembuf ops[OPS_MAX];
	struct hw_attempt attempt; /* its cell is NULL while nothing is waited for */
};

static uint32_t units_of(const struct sembuf *op)
{
	return (uint32_t)(op->sem_op < 0 ? -op->sem_op : op->sem_op);
}

static uint32_t how_of(const struct call *call, const struct sembuf *op)
{
	return (op->sem_op ? 0 : HW_HOW_ZERO) | (call->timed ? HW_HOW_TIMED : 0) |
		(op->sem_flg & IPC_NOWAIT ? HW_HOW_TRY : 0) |
		(op->sem_flg & SEM_UNDO && op->sem_op ? HW_HOW_UNDO : 0);
}

/* The record and how many units it is about; one of them would mean nothing without the other. */
static void log_units(struct hw_self *self, uint64_t time_ticks, enum hw_op op, uint32_t object,
	uint32_t stack, uint32_t how, uint32_t units)
{
	uint64_t signals;
	struct hw_record *at;

	if (units <= 1) {
		hw_log_add(self, time_ticks, op, object, stack, how);
		return;
	}
	signals = hw_sys_block_signals();
	at = hw_log_reserve(self, 2);
	if (at) {
		hw_log_publish(at, hw_record_when(time_ticks, HW_OP_UNITS),
			hw_record_what(units, 0, 0));
		hw_log_publish(at + 1, hw_record_when(time_ticks, op),
			hw_record_what(object, stack, how));
	}
	hw_sys_restore_signals(signals);
}

static struct hw_cell *object_of(const struct call *call, const struct sembuf *op)
{
	return hw_sysv_object(call->self, call->set, op->sem_num, call->stack);
}

static void log_post(const struct call *call, const struct sembuf *op)
{
	struct hw_cell *cell = object_of(call, op);

	if (cell)
		hw_log_add(call->self, hw_object_releasing(cell), HW_OP_POST, cell->object,
			call->stack, units_of(op));
}

/* Whether it adds units, and the kernel will have room for them. */
static bool will_fit(const struct call *call, const struct sembuf *op)
{
	int value = op->sem_op > 0 ? hw_sysv_value(call->set, op->sem_num) : -1;

	return value >= 0 && value + op->sem_op <= VALUE_MAX;
}

/*
 * An array that only posts does not wait, and is logged before it wakes others. It may still fail
 * for want of permission or memory, which is seldom, and then a FAIL follows.
 */
static bool post_all(struct call *call)
{
	for (size_t i = 0; i < call->count; i++)
		if (!will_fit(call, &call->ops[i]))
			return false;
	for (size_t i = 0; i < call->count; i++)
		log_post(call, &call->ops[i]);
	return true;
}

static bool lacks(const struct call *call, const struct sembuf *op)
{
	int value = hw_sysv_value(call->set, op->sem_num);

	return value >= 0 && (op->sem_op ? value + op->sem_op < 0 : value > 0);
}

/* What it will wait for, or would if somebody else came first; NULL when it does not wait. */
static const struct sembuf *find_awaited(const struct call *call, bool *ret_lacking)
{
	const struct sembuf *first = NULL;

	*ret_lacking = false;
	for (size_t i = 0; i < call->count; i++) {
		const struct sembuf *op = &call->ops[i];

		if (op->sem_op > 0)
			continue;
		*ret_lacking = lacks(call, op);
		if (*ret_lacking)
			return op->sem_flg & IPC_NOWAIT ? NULL : op;
		if (!first && !(op->sem_flg & IPC_NOWAIT))
			first = op;
	}
	return first;
}

/* Part of the hook, whose frame stays where it is while it waits. */
static inline __attribute__((always_inline)) void begin_wait(struct call *call)
{
	bool lacking;
	const struct sembuf *op = find_awaited(call, &lacking);
	struct hw_cell *cell = op ? object_of(call, op) : NULL;

	if (!cell)
		return;
	if (lacking)
		log_units(call->self, hw_log_now(), HW_OP_WAIT, cell->object, call->stack,
			how_of(call, op), units_of(op));
	hw_attempt_begin(&call->attempt, call->self, cell, call->stack, how_of(call, op), false);
}

static inline __attribute__((always_inline)) void begin(struct call *call, const void *ops,
	const void *caller)
{
	struct hw_self *self = hw_self_enter(caller);

	call->self = NULL;
	call->attempt.cell = NULL;
	if (!self || !call->count || call->count > OPS_MAX ||
		!hw_sys_peek(ops, call->ops, call->count * sizeof(call->ops[0])))
		return;
	call->self = self;
	call->stack = hw_stack_capture(self, caller);
	call->posted = post_all(call);
	if (!call->posted)
		begin_wait(call);
}

/* All that was taken is one acquisition: the last says that no more belongs to it. */
static void log_takes(const struct call *call)
{
	struct hw_cell *cell = NULL, *next;
	const struct sembuf *taken = NULL;

	for (size_t i = 0; i <= call->count; i++) {
		const struct sembuf *op = i < call->count ? &call->ops[i] : NULL;

		if (op && op->sem_op >= 0)
			continue;
		next = op ? object_of(call, op) : NULL;
		if (op && !next)
			continue;
		if (cell)
			log_units(call->self, hw_object_acquired(cell), HW_OP_TAKE, cell->object,
				call->stack, how_of(call, taken) | (op ? HW_HOW_MORE : 0),
				units_of(taken));
		cell = next;
		taken = op;
	}
}

static void log_zero(const struct call *call, const struct sembuf *op)
{
	struct hw_cell *cell = object_of(call, op);

	if (cell)
		hw_log_add(call->self, hw_object_acquired(cell), HW_OP_LEAVE, cell->object,
			call->stack, 0);
}

static void log_success(const struct call *call)
{
	for (size_t i = 0; i < call->count; i++)
		if (!call->ops[i].sem_op)
			log_zero(call, &call->ops[i]);
	log_takes(call);
	for (size_t i = 0; i < call->count && !call->posted; i++)
		if (call->ops[i].sem_op > 0)
			log_post(call, &call->ops[i]);
}

/* Of what it waited for, or else of the first that it knows. */
static void log_failure(const struct call *call, int error)
{
	struct hw_cell *cell = call->attempt.cell;

	for (size_t i = 0; !cell && i < call->count; i++)
		cell = hw_sysv_find(call->set, call->ops[i].sem_num);
	if (cell && !cell->ignored)
		hw_log_add(call->self, hw_log_now(), HW_OP_FAIL, cell->object, call->stack,
			(uint32_t)error);
	for (size_t i = 0; (error == EIDRM || error == EINVAL) && i < call->count; i++)
		hw_sysv_forget(call->set, call->ops[i].sem_num);
}

static void end(struct call *call, int error)
{
	if (!call->self)
		return;
	if (error)
		log_failure(call, error);
	else
		log_success(call);
	/* After the records: whoever sees the slot empty also finds what came of the wait. */
	if (call->attempt.cell)
		hw_attempt_over(&call->attempt);
}

#define CALLER __builtin_return_address(0)

HW_EXPORT int semop(int set, struct sembuf *ops, size_t count)
{
	struct call call = { .set = set, .count = count };
	int result;

	begin(&call, ops, CALLER);
	result = HW_REAL(semop)(set, ops, count);
	end(&call, result ? errno : 0);
	return result;
}

HW_EXPORT int semtimedop(int set, struct sembuf *ops, size_t count, const struct timespec *timeout)
{
	struct call call = { .set = set, .count = count, .timed = timeout };
	int result;

	begin(&call, ops, CALLER);
	result = HW_REAL(semtimedop)(set, ops, count, timeout);
	end(&call, result ? errno : 0);
	return result;
}
