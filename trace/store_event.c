/* SPDX-License-Identifier: MIT */
#include "trace/name.h"
#include "trace/store_private.h"

/* Rows of the event table, many to a statement: a third of the cost of one each (LIMITS). */

static void bind_event(sqlite3_stmt *statement, int first, const struct hw_event *event)
{
	sqlite3_bind_int64(statement, first, event->time_ns);
	sqlite3_bind_int64(statement, first + 1, event->thread);
	hw_store_bind_text(statement, first + 2, hw_name_of_op(event->op));
	hw_store_bind_unless(statement, first + 3, event->object, 0);
	hw_store_bind_text(statement, first + 4, event->how & HW_HOW_SHARED ? "shared" : NULL);
	hw_store_bind_text(statement, first + 5, hw_name_of_how(event->how));
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
