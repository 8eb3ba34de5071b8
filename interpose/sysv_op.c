/* SPDX-License-Identifier: MIT */
#include <errno.h>

#include "interpose/attempt.h"
#include "interpose/export.h"
#include "interpose/real.h"
#include "interpose/stack.h"
#include "interpose/sys.h"
#include "interpose/sysv.h"
#include "interpose/sysv_part.h"

/*
 * semop and semtimedop: an array of operations, all at once or none. What is known before the
 * call is which semaphore of those it needs has not enough units, if one has: that is the one it
 * waits for, as the kernel goes through the array, too, until it finds it. Later it may come to
 * wait for another one of them; so the log tells of all.
 */

enum { VALUE_MAX = 32767 }; /* SEMVMX of the kernel */

struct call {
	struct hw_self *self; /* NULL: nothing of it is recorded */
	int set;
	uint32_t stack;
	bool timed, posted;
	size_t count;
	struct hw_sysv_part parts[HW_SYSV_PARTS_MAX];
	struct hw_attempt attempt; /* its cell is NULL while nothing is waited for */
};

static uint32_t how_of(const struct call *call, const struct hw_sysv_part *part)
{
	return (call->timed ? HW_HOW_TIMED : 0) |
		(part->flags & IPC_NOWAIT ? HW_HOW_TRY : 0) |
		(part->flags & SEM_UNDO ? HW_HOW_UNDO : 0);
}

/* The record and how many units it is about; one of them would mean nothing without the other. */
static void log_units(struct hw_self *self, uint64_t time_ticks, enum hw_op op, uint64_t what,
	uint32_t units)
{
	struct hw_record *at;

	if (units <= 1) {
		hw_log_add(self, time_ticks, op, hw_what_object(what), hw_what_stack(what),
			hw_what_detail(what));
		return;
	}
	hw_sys_block_signals();
	at = hw_log_reserve_group(self, 2);
	if (at) {
		hw_log_publish(at, hw_record_when(time_ticks, HW_OP_UNITS),
			hw_record_what(units, 0, 0));
		hw_log_publish(at + 1, hw_record_when(time_ticks, op), what);
	}
	hw_sys_restore_signals();
}

static struct hw_cell *object_of(const struct call *call, const struct hw_sysv_part *part)
{
	return hw_sysv_object(call->self, call->set, part->number, call->stack);
}

static void log_post(const struct call *call, const struct hw_sysv_part *part)
{
	struct hw_cell *cell = object_of(call, part);

	if (cell)
		hw_log_add(call->self, hw_object_releasing_shared(cell), HW_OP_POST, cell->object,
			call->stack, hw_sysv_part_units(part));
}

/* Whether it gives back units, and the kernel will not be in want of room or of units for it. */
static bool will_post(const struct call *call, const struct hw_sysv_part *part)
{
	int value = part->kind == HW_SYSV_POST ? hw_sysv_value(call->set, part->number) : -1;

	return value >= 0 && value + part->change >= 0 && value + part->change <= VALUE_MAX;
}

/*
 * An array that only posts does not wait, and is logged before it wakes others. It may still fail
 * for want of permission or memory, which is seldom, and then a FAIL follows.
 */
static bool post_all(struct call *call)
{
	for (size_t i = 0; i < call->count; i++)
		if (!will_post(call, &call->parts[i]))
			return false;
	for (size_t i = 0; i < call->count; i++)
		log_post(call, &call->parts[i]);
	return true;
}

/* What goes before it in the array counts, too. */
static bool lacks(const struct call *call, const struct hw_sysv_part *part)
{
	int value = hw_sysv_value(call->set, part->number);

	if (value < 0)
		return false;
	for (const struct hw_sysv_part *before = call->parts; before < part; before++)
		if (before->number == part->number)
			value += before->change;
	return part->change ? value + part->change < 0 : value > 0;
}

/* What it will wait for, or would if somebody else came first; NULL when it does not wait. */
static const struct hw_sysv_part *find_awaited(const struct call *call, bool *ret_lacking)
{
	const struct hw_sysv_part *first = NULL;

	*ret_lacking = false;
	for (size_t i = 0; i < call->count; i++) {
		const struct hw_sysv_part *part = &call->parts[i];

		if (!hw_sysv_part_waits(part))
			continue;
		*ret_lacking = lacks(call, part);
		if (*ret_lacking)
			return part->flags & IPC_NOWAIT ? NULL : part;
		if (!first && !(part->flags & IPC_NOWAIT))
			first = part;
	}
	return first;
}

/* For units of several; who waits for the end of others, too, is not looked at again. */
static bool waits_for_several(const struct call *call)
{
	size_t count = 0;

	for (size_t i = 0; i < call->count; i++) {
		if (call->parts[i].kind == HW_SYSV_ZERO)
			return false;
		count += hw_sysv_part_waits(&call->parts[i]);
	}
	return count > 1;
}

static void log_all_awaited(const struct call *call)
{
	for (size_t i = 0; i < call->count; i++) {
		const struct hw_sysv_part *part = &call->parts[i];
		struct hw_cell *cell = hw_sysv_part_waits(part) ? object_of(call, part) : NULL;

		if (cell)
			hw_log_add(call->self, hw_log_now(), HW_OP_ALSO, cell->object, 0,
				part->kind == HW_SYSV_TAKE ? hw_sysv_part_units(part) : 1);
	}
}

/* Part of the hook, whose frame stays where it is while it waits. */
static inline __attribute__((always_inline)) void begin_wait(struct call *call)
{
	bool lacking;
	const struct hw_sysv_part *part = find_awaited(call, &lacking);
	struct hw_cell *cell = part ? object_of(call, part) : NULL;
	uint32_t how;

	if (!cell)
		return;
	if (waits_for_several(call))
		log_all_awaited(call);
	how = how_of(call, part) | (part->kind == HW_SYSV_ZERO ? HW_HOW_ZERO : 0);
	if (lacking)
		log_units(call->self, hw_log_now(), HW_OP_WAIT,
			hw_record_what(cell->object, call->stack, how), hw_sysv_part_units(part));
	hw_attempt_begin_wait(&call->attempt, call->self, cell, call->stack, how);
}

/* The kernel looks at the time first. */
static bool is_no_time(const struct timespec *timeout)
{
	struct timespec copy;

	return timeout && (!hw_sys_peek(timeout, &copy, sizeof(copy)) || copy.tv_sec < 0 ||
				  copy.tv_nsec < 0 || copy.tv_nsec >= 1000000000);
}

static inline __attribute__((always_inline)) void begin(struct call *call,
	const struct sembuf *ops, const struct timespec *timeout, const struct hw_call *from)
{
	struct hw_self *self = hw_self_enter(from);

	call->attempt.cell = NULL;
	call->self = self;
	if (!self || !hw_sysv_wanted() ||
		!hw_sysv_part_read(self, call->set, ops, call->count, call->parts)) {
		call->self = NULL;
		return;
	}
	call->stack = hw_stack_capture(self, from);
	call->timed = timeout;
	call->posted = false;
	if (is_no_time(timeout))
		return;
	call->posted = post_all(call);
	if (!call->posted)
		begin_wait(call);
}

static void log_take(const struct call *call, struct hw_cell *cell, const struct hw_sysv_part *part,
	bool more)
{
	uint32_t how = how_of(call, part) | (more ? HW_HOW_MORE : 0) |
		(part->kind == HW_SYSV_RAISE ? HW_HOW_ZERO : 0);

	log_units(call->self, hw_object_acquired(cell, 0), HW_OP_TAKE,
		hw_record_what(cell->object, call->stack, how), hw_sysv_part_units(part));
}

/* All that was taken is one acquisition: the last says that no more belongs to it. */
static void log_takes(const struct call *call)
{
	struct hw_cell *cell = NULL;
	const struct hw_sysv_part *taken = NULL;

	for (size_t i = 0; i < call->count; i++) {
		const struct hw_sysv_part *part = &call->parts[i];
		struct hw_cell *next;

		if (part->kind != HW_SYSV_TAKE && part->kind != HW_SYSV_RAISE)
			continue;
		next = object_of(call, part);
		if (!next)
			continue;
		if (cell)
			log_take(call, cell, taken, true);
		cell = next;
		taken = part;
	}
	if (cell)
		log_take(call, cell, taken, false);
}

static void log_zero(const struct call *call, const struct hw_sysv_part *part)
{
	struct hw_cell *cell = object_of(call, part);

	if (cell)
		hw_log_add(call->self, hw_object_acquired(cell, 0), HW_OP_LEAVE, cell->object,
			call->stack, 0);
}

static void log_success(const struct call *call)
{
	for (size_t i = 0; i < call->count; i++) {
		if (call->parts[i].kind == HW_SYSV_ZERO)
			log_zero(call, &call->parts[i]);
		else if (call->parts[i].kind == HW_SYSV_RAISE)
			hw_sysv_raised(call->self, call->set, call->parts[i].number);
	}
	log_takes(call);
	for (size_t i = 0; i < call->count && !call->posted; i++)
		if (call->parts[i].kind == HW_SYSV_POST)
			log_post(call, &call->parts[i]);
}

/* Of what it waited for, or else of the first that it knows. */
static void log_failure(const struct call *call, int error)
{
	uint32_t object = call->attempt.cell ? hw_what_object(call->attempt.what) : HW_NO_OBJECT;

	for (size_t i = 0; !object && i < call->count; i++) {
		const struct hw_cell *cell = hw_sysv_find(call->set, call->parts[i].number);

		object = cell && !cell->ignored ? cell->object : HW_NO_OBJECT;
	}
	if (object)
		hw_log_add(call->self, hw_log_now(), HW_OP_FAIL, object, call->stack,
			(uint32_t)error);
	for (size_t i = 0; (error == EIDRM || error == EINVAL) && i < call->count; i++)
		hw_sysv_check(call->set, call->parts[i].number);
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

HW_EXPORT int semop(int set, struct sembuf *ops, size_t count)
{
	struct call call;
	int result;

	call.set = set;
	call.count = count;
	begin(&call, ops, NULL, HW_CALL);
	result = HW_REAL(semop)(set, ops, count);
	end(&call, result ? errno : 0);
	return result;
}

HW_EXPORT int semtimedop(int set, struct sembuf *ops, size_t count, const struct timespec *timeout)
{
	struct call call;
	int result;

	if (!HW_REAL_HAS(semtimedop)) {
		errno = ENOSYS;
		return -1;
	}
	call.set = set;
	call.count = count;
	begin(&call, ops, timeout, HW_CALL);
	result = HW_REAL(semtimedop)(set, ops, count, timeout);
	end(&call, result ? errno : 0);
	return result;
}
