/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_EVENT_PLAN_H
#define HW_TRACE_EVENT_PLAN_H

/*
 * How a query reads packed events: which it can pass over, and whether it gets groups of
 * equal rows instead of one after the other.
 *
 * SQLite asks for a plan before it knows the values that a query compares with, and brings
 * it back with them: as a number, the columns to group by or 0, and a text, a letter for
 * each value and then, behind a '/', a letter for each column to sort by.
 */

#include "trace/event_groups.h"

struct hw_event_plan {
	struct hw_event_where where;
	uint32_t thread, object; /* that are asked for, when `where` says so */
	unsigned group_columns;  /* 0: no groups */
	struct hw_event_sort_column by[HW_EVENT_COLUMNS];
	size_t by_count;
};

/* For xBestIndex; an SQLite code. */
int hw_event_plan_choose(sqlite3_index_info *info);

/* For xFilter: what was chosen, with the values. `plan` stays where it is while it is used. */
void hw_event_plan_read(struct hw_event_plan *plan, int number, const char *text,
	sqlite3_value **values);

#endif
