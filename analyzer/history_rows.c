/* SPDX-License-Identifier: MIT */
#include "analyzer/history_rows.h"

#include <stdlib.h>

#include "trace/event_scan.h"
#include "trace/memory.h"

/*
 * Rows are stored nearly in the order of time: a few come late. Moving each
 * back to its place costs no more than they are late; equal times stay as they were.
 */
static void sort(struct hw_history_rows *rows)
{
	for (size_t i = 1; i < rows->count; i++) {
		struct hw_history_row row = rows->all[i];
		size_t at = i;

		if (rows->all[at - 1].time_ns <= row.time_ns)
			continue;
		while (at > 0 && rows->all[at - 1].time_ns > row.time_ns) {
			rows->all[at] = rows->all[at - 1];
			at--;
		}
		rows->all[at] = row;
	}
}

static int read_rows(sqlite3 *db, const struct hw_model *model, const char *path,
	struct hw_history_rows *rows, struct hw_error *error)
{
	struct hw_event_where where = HW_EVENT_WHERE_ALL;
	struct hw_event_scan *scan = NULL;
	struct hw_event event;
	int code = hw_event_scan_open(db, path, &where, HW_EVENTS_BY_ID, &scan, error);

	while (!code && (code = hw_event_scan_next(scan, &event, error)) == 1) {
		struct hw_history_row row = { .time_ns = event.time_ns, .result = event.result,
			.thread = hw_model_find_thread(model, event.thread) };

		code = 0;
		row.moment = (struct hw_moment){ .op = event.op, .how = event.how,
			.release = HW_NONE, .object = hw_model_find_object(model, event.object),
			.stack = hw_model_find_stack(model, event.stack) };
		if (row.thread == HW_NONE)
			continue;
		HW_GROW(rows->all, rows->count, rows->capacity);
		rows->all[rows->count++] = row;
	}
	hw_event_scan_close(scan);
	return code;
}

int hw_history_load(sqlite3 *db, const struct hw_model *model, const char *path,
	struct hw_history *ret_history, struct hw_error *error)
{
	struct hw_history_rows rows = { 0 };
	int code = read_rows(db, model, path, &rows, error);

	*ret_history = (struct hw_history){ 0 };
	if (!code) {
		sort(&rows);
		hw_history_build(model, &rows, ret_history);
	}
	free(rows.all);
	return code;
}
