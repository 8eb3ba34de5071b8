/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_EVENT_WRITER_H
#define HW_TRACE_EVENT_WRITER_H

/*
 * Writing the events of a recording: packed, into `event_block`.
 *
 * From the beginning `event` is a virtual table over the blocks, so that it can be read
 * at every moment. Flushing also writes the block that is not full yet, and its next
 * flush puts a longer one in its place. At the end few events become plain rows, which
 * any SQLite can read; many stay packed.
 *
 * All functions that write return an SQLite code, and leave transactions to the caller:
 * what belongs together is committed together. The connection must have the
 * virtual table (event_table.h).
 */

#include <sqlite3.h>

#include "trace/pack.h"

/* How the events of a recording are kept in the end. */
enum hw_event_form {
	HW_EVENT_FORM_AUTO,   /* as rows, when there are HW_EVENT_ROWS_MAX at most */
	HW_EVENT_FORM_ROWS,   /* as rows */
	HW_EVENT_FORM_PACKED, /* in blocks */
	HW_EVENT_FORM_ZSTD,   /* in compressed blocks */
};

enum { HW_EVENT_ROWS_MAX = 1000000 };

struct hw_event_writer;

/* The database has the tables of the schema, empty; `event` becomes the virtual table. */
int hw_event_writer_create(sqlite3 *db, enum hw_event_form form,
	struct hw_event_writer **ret_writer);

/* NULL is allowed. What was not flushed is lost. */
void hw_event_writer_destroy(struct hw_event_writer *writer);

/* Add an event; true when there is no room for another until the next flush. */
bool hw_event_writer_add(struct hw_event_writer *writer, const struct hw_event *event);

/*
 * Where events are added, for who adds many: at most until there are HW_PACK_EVENTS, and then a
 * flush. It stays the same one; its `block` is never 0.
 */
struct hw_packer *hw_event_writer_packer(struct hw_event_writer *writer);

/* Write what was added since the last flush. When that fails and there is no room, it is lost. */
int hw_event_writer_flush(struct hw_event_writer *writer);

/* Whether these events are to become rows; for after the last flush. */
bool hw_event_writer_wants_rows(const struct hw_event_writer *writer);

/* Make them rows. Nothing is added any more. */
int hw_event_writer_make_rows(struct hw_event_writer *writer);

/* How many events were added, and the greatest time of any; 0 and 0 at first. */
uint64_t hw_event_writer_count(const struct hw_event_writer *writer);
int64_t hw_event_writer_last_ns(const struct hw_event_writer *writer);

#endif
