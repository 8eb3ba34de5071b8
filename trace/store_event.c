/* SPDX-License-Identifier: MIT */
#include "trace/store_private.h"

/* Rows of the event table, many to a statement: a third of the cost of one each (LIMITS). */

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

const char *hw_store_op_name(enum hw_op op)
{
	return (unsigned)op < HW_OP_COUNT ? op_names[op] : NULL;
}

const char *hw_store_kind_name(enum hw_kind kind)
{
	return (unsigned)kind < HW_KIND_COUNT ? kind_names[kind] : NULL;
}

static const char *how_name(uint32_t how)
{
	return how & HW_HOW_REACQUIRE ? "reacquire" :
		how & HW_HOW_TRY      ? "try" :
		how & HW_HOW_TIMED    ? "timed" :
					NULL;
}

static void bind_event(sqlite3_stmt *statement, int first, const struct hw_event *event)
{
	sqlite3_bind_int64(statement, first, event->time_ns);
	sqlite3_bind_int64(statement, first + 1, event->thread);
	hw_store_bind_text(statement, first + 2, op_names[event->op]);
	hw_store_bind_unless(statement, first + 3, event->object, 0);
	hw_store_bind_text(statement, first + 4, event->how & HW_HOW_SHARED ? "shared" : NULL);
	hw_store_bind_text(statement, first + 5, how_name(event->how));
	hw_store_bind_unless(statement, first + 6, event->stack, 0);
	if (event->has_result)
		sqlite3_bind_int64(statement, first + 7, event->result);
	else
		sqlite3_bind_null(statement, first + 7);
}

void hw_store_events_flush(struct hw_store *store)
{
	bool full = store->event_count == HW_EVENTS_PER_INSERT;
	size_t per_insert = full ? HW_EVENTS_PER_INSERT : 1;

	for (size_t i = 0; i < store->event_count; i += per_insert) {
		sqlite3_stmt *statement = hw_store_statement(store,
			full ? HW_INSERT_EVENTS : HW_INSERT_EVENT);

		if (!statement)
			break;
		for (size_t row = 0; row < per_insert; row++)
			bind_event(statement, 1 + 8 * (int)row, &store->events[i + row]);
		hw_store_run(store, statement);
		if (!store->failure)
			store->events_stored += per_insert;
	}
	store->event_count = 0;
}

void hw_store_event(struct hw_store *store, const struct hw_event *event)
{
	store->events[store->event_count++] = *event;
	if (store->event_count == HW_EVENTS_PER_INSERT)
		hw_store_events_flush(store);
}

uint64_t hw_store_event_count(const struct hw_store *store)
{
	return store->events_stored + store->event_count;
}
