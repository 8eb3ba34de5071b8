/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_STORE_PRIVATE_H
#define HW_TRACE_STORE_PRIVATE_H

/* What the files of the store share: the handle, its statements, and how to fill and run one. */

#include <sqlite3.h>

#include "trace/store.h"

enum hw_statement {
	HW_PUT_META,
	HW_REMOVE_META,
	HW_PUT_PROCESS,
	HW_PUT_THREAD,
	HW_PUT_MODULE,
	HW_PUT_FRAME,
	HW_PUT_STACK,
	HW_PUT_OBJECT,
	HW_PUT_DEPENDENCY,
	HW_PUT_DEPENDENCY_HOLD,
	HW_PUT_CONTENTION,
	HW_PUT_MISUSE,
	HW_PUT_DECLARED,
	HW_REMOVE_OBJECT,
	HW_CLEAR_HOLDS,
	HW_PUT_HOLD,
	HW_CLEAR_WAITS,
	HW_PUT_WAIT,
	HW_BEGIN,
	HW_COMMIT,
	HW_STATEMENT_COUNT
};

struct hw_store {
	sqlite3 *db;
	int lock_fd; /* tells other holdwaits that this file is being written */
	char *path;
	sqlite3_stmt *statements[HW_STATEMENT_COUNT];
	struct hw_event_writer *events;
	bool in_transaction;
	bool secured;
	enum hw_event_form form;
	uint64_t max_bytes;       /* 0: no limit */
	uint32_t page_bytes;
	char *log_path;           /* of the write-ahead log */
	sqlite3_stmt *page_count;
	uint64_t committed_bytes; /* of the database when the last transaction ended */
	size_t roster_rows;       /* that the roster and the order had when they were stored last */
	enum hw_early_end full;
	int failure; /* the first SQLite code that was not success */
	char failure_text[256];
};

/* Take note of a write that failed; the first one is told. */
void hw_store_fail(struct hw_store *store, int code);

/* Begin a transaction unless one is under way; false after a failure. */
bool hw_store_begin(struct hw_store *store);

/* Choose the size of pages, of a database that has none yet; an SQLite code. */
int hw_store_size_choose(struct hw_store *store);

/* Make ready to tell how much room it takes, and limit the log; an SQLite code. */
int hw_store_size_prepare(struct hw_store *store);

/* For hw_store_is_full(): a transaction has ended; all of the roster and the order is stored. */
void hw_store_size_committed(struct hw_store *store);
void hw_store_size_stored(struct hw_store *store, const struct hw_roster *roster,
	const struct hw_order *order);

/* Whether the events, made rows, would have room. */
bool hw_store_has_room_for_rows(struct hw_store *store);

/* Write the events that were collected. */
void hw_store_events_flush(struct hw_store *store);

/* At the end, when all is committed: give the events the form that they are kept in. */
void hw_store_events_settle(struct hw_store *store);

/* A statement ready to be bound, in a transaction, begun if need be. NULL after a failure. */
sqlite3_stmt *hw_store_statement(struct hw_store *store, enum hw_statement which);

/* Run it and make it ready for the next row. */
void hw_store_run(struct hw_store *store, sqlite3_stmt *statement);

void hw_store_bind_text(sqlite3_stmt *statement, int at, const char *text);

/* An id, time or count; `none` is bound as NULL. */
void hw_store_bind_unless(sqlite3_stmt *statement, int at, int64_t value, int64_t none);

/* "exclusive" or "shared", of enum hw_how bits. */
const char *hw_store_mode_name(uint32_t how);

#endif
