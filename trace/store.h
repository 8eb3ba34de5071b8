/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_STORE_H
#define HW_TRACE_STORE_H

/*
 * The recording while it is written: a SQLite file with the schema of
 * schema.sql, in WAL mode, so that others can read it meanwhile and whatever was
 * committed survives the death of the collector. Closing it properly folds the
 * WAL in and leaves one plain file.
 *
 * Rows are collected in a transaction that hw_store_commit() ends. A write that
 * fails (disk full) is reported once through hw_store_failure(); the recording
 * keeps what was committed.
 *
 * Events are packed while the recording grows (event_writer.h), and a commit includes those
 * of the block that is not full.
 */

#include "trace/error.h"
#include "trace/event_writer.h"
#include "trace/order.h"
#include "trace/roster.h"
#include "trace/session.h"

struct hw_store;

/*
 * Create the recording at `path`, whose events are kept in a form in the end. With its write-ahead
 * log it is to take about `max_bytes` and not more; 0: whatever it takes. An older recording
 * there becomes PATH.old; any other file is left alone, and is an error.
 */
int hw_store_create(struct hw_store **ret_store, const char *path, enum hw_event_form form,
	uint64_t max_bytes, struct hw_error *error);

/*
 * Whether a round of the collector could come to the limit, or to the end of the room on the disk.
 * Then it has to ask hw_store_is_full() every now and then.
 */
bool hw_store_may_fill(const struct hw_store *store);

/*
 * Whether only what is known already, of which these are rows not written yet, has room: and in
 * what. Never HW_EARLY_END_NONE again once it was something else.
 */
enum hw_early_end hw_store_is_full(struct hw_store *store, const struct hw_roster *roster,
	const struct hw_order *order);

/* How the recording is left. */
enum hw_store_end {
	HW_STORE_BROKEN, /* as it was when it was committed last */
	HW_STORE_CUT,    /* in order, but without what the programs did later */
	HW_STORE_WHOLE,
};

/* Close the file. NULL is allowed. */
void hw_store_destroy(struct hw_store *store, enum hw_store_end end);

void hw_store_event(struct hw_store *store, const struct hw_event *event);

/* The same for who stores many: where they are added. After a failure a full one remains full. */
struct hw_packer *hw_store_packer(struct hw_store *store);

/* The packer is full. */
void hw_store_events_flush(struct hw_store *store);

void hw_store_meta_text(struct hw_store *store, const char *key, const char *value);
void hw_store_meta_number(struct hw_store *store, const char *key, int64_t value);
void hw_store_meta_real(struct hw_store *store, const char *key, double value);
void hw_store_meta_remove(struct hw_store *store, const char *key);

/* Write every new or changed row of the roster and of the order. */
void hw_store_roster(struct hw_store *store, struct hw_roster *roster, struct hw_order *order);

/* Write the waiting state: all holds, and what each blocked thread waits for. */
void hw_store_state(struct hw_store *store, const struct hw_roster *roster, int64_t time_ns);

/* End the transaction under way, if any. */
void hw_store_commit(struct hw_store *store);

/*
 * Bring the file itself onto the disk, once: until then, what was committed may be gone after a
 * power cut. For recordings that take a while.
 */
void hw_store_secure(struct hw_store *store);
bool hw_store_is_secured(const struct hw_store *store);

/* Do not wait for the disk any more, if the file was never brought there: somebody else will. */
void hw_store_relax(struct hw_store *store);

/* 0, or why writing failed. */
int hw_store_failure(const struct hw_store *store, struct hw_error *error);

uint64_t hw_store_event_count(const struct hw_store *store);

#endif
