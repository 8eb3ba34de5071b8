/* SPDX-License-Identifier: MIT */
#include "trace/name.h"

#include <stddef.h>
#include <string.h>

static const char *const op_names[HW_OP_COUNT] = {
	[HW_OP_INIT] = "init",
	[HW_OP_DESTROY] = "destroy",
	[HW_OP_WAIT] = "wait",
	[HW_OP_FAIL] = "fail",
	[HW_OP_CANCEL] = "cancel",
	[HW_OP_LOCK] = "lock",
	[HW_OP_UNLOCK] = "unlock",
	[HW_OP_TAKE] = "take",
	[HW_OP_POST] = "post",
	[HW_OP_SLEEP] = "sleep",
	[HW_OP_WAKE] = "wake",
	[HW_OP_SIGNAL] = "signal",
	[HW_OP_BROADCAST] = "broadcast",
	[HW_OP_ARRIVE] = "arrive",
	[HW_OP_LEAVE] = "leave",
	[HW_OP_ONCE_BEGIN] = "once_begin",
	[HW_OP_ONCE_END] = "once_end",
	[HW_OP_START] = "start",
	[HW_OP_EXIT] = "end",
	[HW_OP_CREATE] = "create",
	[HW_OP_JOIN] = "join",
	[HW_OP_DETACH] = "detach",
	[HW_OP_FORK] = "fork",
	[HW_OP_EXEC] = "exec",
	[HW_OP_REAP] = "reap",
};

static const char *const kind_names[HW_KIND_COUNT] = {
	[HW_KIND_MUTEX] = "mutex",
	[HW_KIND_RWLOCK] = "rwlock",
	[HW_KIND_SPIN] = "spin",
	[HW_KIND_COND] = "cond",
	[HW_KIND_BARRIER] = "barrier",
	[HW_KIND_SEM] = "sem",
	[HW_KIND_ONCE] = "once",
	[HW_KIND_THREAD] = "thread",
};

/* Where several are set, the first of these tells most. */
static const struct {
	uint32_t bit;
	const char *name;
} how_names[] = {
	{ HW_HOW_REFUSED, "refused" },
	{ HW_HOW_FREED, "freed" },
	{ HW_HOW_REACQUIRE, "reacquire" },
	{ HW_HOW_TRY, "try" },
	{ HW_HOW_TIMED, "timed" },
	{ HW_HOW_MORE, "together" },
};

enum { HOW_NAME_COUNT = sizeof(how_names) / sizeof(how_names[0]) };

const char *hw_name_of_op(enum hw_op op)
{
	return (unsigned)op < HW_OP_COUNT ? op_names[op] : NULL;
}

enum hw_op hw_name_to_op(const char *name)
{
	for (int op = 0; op < HW_OP_COUNT; op++)
		if (op_names[op] && !strcmp(name, op_names[op]))
			return (enum hw_op)op;
	return HW_OP_NONE;
}

const char *hw_name_of_how(uint32_t how)
{
	for (int i = 0; i < HOW_NAME_COUNT; i++)
		if (how & how_names[i].bit)
			return how_names[i].name;
	return NULL;
}

uint32_t hw_name_to_how(const char *name)
{
	for (int i = 0; name && i < HOW_NAME_COUNT; i++)
		if (!strcmp(name, how_names[i].name))
			return how_names[i].bit;
	return 0;
}

const char *hw_name_of_kind(enum hw_kind kind)
{
	return (unsigned)kind < HW_KIND_COUNT ? kind_names[kind] : NULL;
}

enum hw_kind hw_name_to_kind(const char *name)
{
	for (int kind = 0; name && kind < HW_KIND_COUNT; kind++)
		if (kind_names[kind] && !strcmp(name, kind_names[kind]))
			return (enum hw_kind)kind;
	return HW_KIND_NONE;
}
