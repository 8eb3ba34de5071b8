/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>

#include "interpose/export.h"
#include "interpose/real.h"
#include "interpose/stack.h"
#include "interpose/sysv.h"

/* Sets of semaphores of System V: made, opened, set and removed. */

enum { VALUE_MAX = 32767 }; /* SEMVMX of the kernel */

/* Whether a set of this name was made is told by how it was asked for, else by nothing. */
HW_EXPORT int semget(key_t key, int count, int flags)
{
	struct hw_self *self = HW_ENTER();
	int set = HW_REAL(semget)(key, count, flags);

	if (!self || set < 0 || !hw_sysv_wanted())
		return set;
	if (key == IPC_PRIVATE || (flags & IPC_CREAT && flags & IPC_EXCL))
		hw_sysv_made(self, set, key, (uint32_t)count, HW_STACK(self));
	else
		hw_sysv_opened(self, set, HW_STACK(self));
	return set;
}

static void log_value(struct hw_self *self, struct hw_cell *cell, uint32_t stack, int value)
{
	hw_log_add(self, hw_object_releasing(cell), HW_OP_INIT, cell->object, stack,
		(uint32_t)value << 1 | 1);
}

/* Logged before the call, as it may wake others; except when it will fail. */
static int set_value(int set, int number, unsigned long argument, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	bool wanted = self && hw_sysv_wanted();
	uint32_t stack = wanted ? hw_stack_capture(self, call) : 0;
	struct hw_cell *cell =
		wanted ? hw_sysv_object(self, set, (uint32_t)number, stack) : NULL;
	int value = (int)argument;
	bool logged = cell && value >= 0 && value <= VALUE_MAX &&
		hw_sysv_value(set, (uint32_t)number) >= 0;
	int result;

	if (logged)
		log_value(self, cell, stack, value);
	result = HW_REAL(semctl)(set, number, SETVAL, argument);
	if (cell && result)
		hw_log_add(self, hw_log_now(), HW_OP_FAIL, cell->object, stack, (uint32_t)errno);
	return result;
}

/* What the values are is asked for afterwards, so that the program's array is not read. */
static int set_all(int set, int number, unsigned long argument, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	int result = HW_REAL(semctl)(set, number, SETALL, argument);
	uint32_t count, stack;

	if (!self || result || !hw_sysv_wanted())
		return result;
	count = hw_sysv_count(set);
	stack = hw_stack_capture(self, call);
	for (uint32_t i = 0; i < count; i++) {
		int value = hw_sysv_value(set, i);
		struct hw_cell *cell = hw_sysv_object(self, set, i, stack);

		if (cell && value >= 0)
			log_value(self, cell, stack, value);
	}
	return result;
}

static int remove_set(int set, int number, unsigned long argument, const struct hw_call *call)
{
	struct hw_self *self = hw_self_enter(call);
	uint32_t count = self && hw_sysv_wanted() ? hw_sysv_count(set) : 0;
	int result = HW_REAL(semctl)(set, number, IPC_RMID, argument);

	if (self && !result)
		hw_sysv_removed(self, set, count, call);
	return result;
}

/* Variadic in its header only: what a command does not take means nothing to libc either. */
HW_EXPORT int semctl(int set, int number, int command, ...)
{
	unsigned long argument;
	va_list list;

	va_start(list, command);
	argument = va_arg(list, unsigned long);
	va_end(list);
	switch (command) {
	case SETVAL:
		return set_value(set, number, argument, HW_CALL);
	case SETALL:
		return set_all(set, number, argument, HW_CALL);
	case IPC_RMID:
		return remove_set(set, number, argument, HW_CALL);
	default:
		return HW_REAL(semctl)(set, number, command, argument);
	}
}
