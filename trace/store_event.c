/* SPDX-License-Identifier: MIT */
#include "trace/store_private.h"

/* What the store does with events: it hands them on, in transactions. */

void hw_store_events_flush(struct hw_store *store)
{
	int code;

	if (!hw_store_begin(store))
		return;
	code = hw_event_writer_flush(store->events);
	if (code != SQLITE_OK)
		hw_store_fail(store, code);
}

struct hw_packer *hw_store_packer(struct hw_store *store)
{
	return hw_event_writer_packer(store->events);
}

void hw_store_event(struct hw_store *store, const struct hw_event *event)
{
	if (store->failure)
		return;
	if (hw_event_writer_add(store->events, event))
		hw_store_events_flush(store);
}

uint64_t hw_store_event_count(const struct hw_store *store)
{
	return hw_event_writer_count(store->events);
}

/*
 * Rows take more room than there may be. Then the events stay as they are, and
 * nothing is lost.
 */
void hw_store_events_settle(struct hw_store *store)
{
	int code = SQLITE_OK;

	if (!hw_event_writer_wants_rows(store->events) || !hw_store_has_room_for_rows(store) ||
		!hw_store_begin(store))
		return;
	if (sqlite3_exec(store->db, "SAVEPOINT settle", NULL, NULL, NULL) == SQLITE_OK)
		code = hw_event_writer_make_rows(store->events);
	if (code != SQLITE_OK)
		sqlite3_exec(store->db, "ROLLBACK TO settle", NULL, NULL, NULL);
	sqlite3_exec(store->db, "RELEASE settle", NULL, NULL, NULL);
	/* A full disk may have ended the transaction as a whole. */
	store->in_transaction = !sqlite3_get_autocommit(store->db);
}
