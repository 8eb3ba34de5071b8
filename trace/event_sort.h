/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_EVENT_SORT_H
#define HW_TRACE_EVENT_SORT_H

/*
 * Packed events in the order of time.
 *
 * Each block says when its earliest event was. So once all blocks up to some one are read,
 * whatever is not later than the earliest event of those that follow is next. What
 * was read and is later waits; it is sorted by moving each event back to its place,
 * which costs what it is late by, and that is little: the collector stores by time, except
 * for what came late.
 */

#include "trace/event_blocks.h"

struct hw_event_sort {
	struct hw_event_blocks *blocks; /* of the caller, at its beginning */
	struct {
		int64_t first_event;
		int64_t first_ns; /* of this block and all that follow it */
	} *earliest;              /* by block */
	size_t earliest_count, earliest_capacity;
	size_t next_block;       /* of `earliest`: the first that was not begun */
	struct hw_event *waiting; /* from `begin` on, by time */
	size_t begin, waiting_count, waiting_capacity;
	size_t ready;            /* up to there nothing can come before */
	bool at_end;             /* of the blocks */
};

/* Begin a sort of all zeroes but for the blocks; `schema` as they were opened with. */
int hw_event_sort_begin(struct hw_event_sort *sort, struct hw_error *error);
void hw_event_sort_finish(struct hw_event_sort *sort);

/* The next event: 1, or 0 when there are no more, or a negative errno. */
int hw_event_sort_next(struct hw_event_sort *sort, struct hw_event *ret_event,
	struct hw_error *error);

#endif
