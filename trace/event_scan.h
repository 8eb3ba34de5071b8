/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_EVENT_SCAN_H
#define HW_TRACE_EVENT_SCAN_H

/*
 * The events of a recording, one after the other, whatever their form: rows of a table or
 * packed. This is how all that reads events gets them; SQL is for people.
 *
 * By id they come as they were stored, which is nearly the order of time. By time, ties
 * are in the order of ids; of packed events no more is kept in memory for that than
 * blocks overlap. Rows that no collector writes (an op that is no word, numbers that are no
 * ids) are left out, unless they are asked for: then they have HW_OP_NONE and no object, and
 * no thread when that is no id. An event's `how` has one bit at most besides HW_HOW_SHARED.
 *
 * Several scans of one connection may be under way. Writing to the events meanwhile
 * is not looked for.
 */

#include "trace/event_blocks.h"

enum hw_event_order { HW_EVENTS_BY_ID, HW_EVENTS_BY_TIME };

struct hw_event_scan;

/* Begin; `path` is for messages, and what `where` points to must stay until the end. */
int hw_event_scan_open(sqlite3 *db, const char *path, const struct hw_event_where *where,
	enum hw_event_order order, struct hw_event_scan **ret_scan, struct hw_error *error);

/* The next event: 1, or 0 when there are no more, or a negative errno. */
int hw_event_scan_next(struct hw_event_scan *scan, struct hw_event *ret_event,
	struct hw_error *error);

/* The id of the packed event that came last, of a scan by id. */
int64_t hw_event_scan_id(const struct hw_event_scan *scan);

/* Whether the events are packed: there may be any number of them. */
bool hw_event_scan_is_packed(const struct hw_event_scan *scan);

/* NULL is allowed. */
void hw_event_scan_close(struct hw_event_scan *scan);

/* How many events there are; counted without unpacking them. */
int hw_event_scan_count(sqlite3 *db, const char *path, uint64_t *ret_count,
	struct hw_error *error);

#endif
