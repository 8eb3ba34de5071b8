/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_MERGE_EVENT_H
#define HW_ANALYZER_MERGE_EVENT_H

/*
 * The events of a recording that is merged into another: each is read in whatever form it
 * has, gets the ids that its thread, object, stack and result have there, and is
 * written packed. Events keep their order; their own ids follow from it.
 */

#include "trace/event_scan.h"
#include "trace/event_writer.h"

/* What is added to ids and times. */
struct hw_merge_shift {
	int64_t process, thread, object, stack;
	int64_t time_ns;
};

/* Copy all events; -EBADMSG when one of them has a number that is out of range then. */
int hw_merge_events(sqlite3 *source, const char *file, struct hw_event_writer *writer,
	const struct hw_merge_shift *shift, struct hw_error *error);

#endif
