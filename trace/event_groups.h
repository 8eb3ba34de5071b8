/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_EVENT_GROUPS_H
#define HW_TRACE_EVENT_GROUPS_H

/*
 * How many events there are of each kind: those that are the same in some columns, sorted
 * by these.
 *
 * SQLite groups by sorting all rows, which takes it most of a microsecond each. Of a query
 * that uses thread, op, object, mode, how and stack only, there are few different
 * rows; they are counted while blocks are unpacked, with numbers of dictionaries
 * instead of values, and then handed out in the order asked for, each as often as it was
 * there.
 *
 * Part of the extension, so memory is SQLite's.
 */

#include "trace/event_blocks.h"

/* Columns of `event`, as a query counts them. */
enum hw_event_column {
	HW_EVENT_ID,
	HW_EVENT_TIME,
	HW_EVENT_THREAD,
	HW_EVENT_OP,
	HW_EVENT_OBJECT,
	HW_EVENT_MODE,
	HW_EVENT_HOW,
	HW_EVENT_STACK,
	HW_EVENT_RESULT,
	HW_EVENT_COLUMNS
};

/* Bits (1 << column) of the columns that events can be grouped by. */
enum {
	HW_EVENT_GROUPABLE = 1 << HW_EVENT_THREAD | 1 << HW_EVENT_OP | 1 << HW_EVENT_OBJECT |
			     1 << HW_EVENT_MODE | 1 << HW_EVENT_HOW | 1 << HW_EVENT_STACK
};

/* What a group has in common; of columns that do not matter, 0. */
struct hw_event_kind {
	uint32_t thread, object, stack;
	uint8_t op, how;
};

struct hw_event_group {
	struct hw_event_kind kind;
	uint64_t count;
	int64_t first_id; /* of its first event */
};

/* To sort by. */
struct hw_event_sort_column {
	enum hw_event_column column;
	bool descending;
};

struct hw_event_groups {
	struct hw_event_group *all;
	size_t count, capacity;
	uint32_t *slots; /* index + 1 by hash, 0: free; twice as many as `capacity` */
};

/*
 * Count all that `blocks` comes to from where it is. `columns` are bits of those that matter.
 * Finish what was built, whether it failed or not.
 */
int hw_event_groups_build(struct hw_event_blocks *blocks, unsigned columns,
	struct hw_event_groups *ret_groups, struct hw_error *error);
void hw_event_groups_finish(struct hw_event_groups *groups);

/* Sort as SQLite would: NULL first, numbers, texts by their bytes. */
void hw_event_groups_sort(struct hw_event_groups *groups, const struct hw_event_sort_column *by,
	size_t by_count);

static inline bool hw_event_column_in(unsigned columns, enum hw_event_column column)
{
	return columns >> column & 1;
}

/* What the event that `blocks` is at has in these columns. */
static inline struct hw_event_kind hw_event_groups_kind(const struct hw_event_blocks *blocks,
	unsigned columns)
{
	const struct hw_unpacked *block = &blocks->block;
	const struct hw_unpacked_site *site = &block->sites[block->site[blocks->at]];
	uint8_t how = 0;

	if (hw_event_column_in(columns, HW_EVENT_MODE))
		how |= site->how & HW_HOW_SHARED;
	if (hw_event_column_in(columns, HW_EVENT_HOW))
		how |= site->how & ~HW_HOW_SHARED;
	return (struct hw_event_kind){
		.thread = hw_event_column_in(columns, HW_EVENT_THREAD) ?
				  block->threads[block->thread[blocks->at]] : 0,
		.object = hw_event_column_in(columns, HW_EVENT_OBJECT) ?
				  block->objects[block->object[blocks->at]] : 0,
		.stack = hw_event_column_in(columns, HW_EVENT_STACK) ? site->stack : 0,
		.op = hw_event_column_in(columns, HW_EVENT_OP) ? site->op : 0,
		.how = how,
	};
}

bool hw_event_groups_same(const struct hw_event_kind *a, const struct hw_event_kind *b);

#endif
