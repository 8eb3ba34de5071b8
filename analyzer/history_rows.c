/* SPDX-License-Identifier: MIT */
#include "analyzer/history_rows.h"

#include <stdlib.h>

#include "trace/event_scan.h"
#include "trace/memory.h"

/* Beyond this, sorting all is cheaper than moving what is late. */
enum { MOVES_PER_ROW = 16 };

/*
 * A thread's own order is that of storing, whatever its clock says: an event is never
 * before the last one of its thread.
 */
static void keep_thread_order(struct hw_history_rows *rows, uint32_t thread_count)
{
	int64_t *last = hw_xcalloc(thread_count, sizeof(*last));

	for (size_t i = 0; i < rows->count; i++) {
		struct hw_history_row *row = &rows->all[i];

		if (row->time_ns < last[row->thread]) {
			row->time_ns = last[row->thread];
			if (row->wrong == HW_ROW_FINE)
				row->wrong = HW_ROW_BACKWARDS;
		}
		last[row->thread] = row->time_ns;
	}
	free(last);
}

/* Merge neighbours that are in order each, the first before `middle`, into `to`. */
static void merge(const struct hw_history_row *from, size_t middle, size_t count,
	struct hw_history_row *to)
{
	size_t first = 0, second = middle;

	for (size_t i = 0; i < count; i++)
		to[i] = second == count ||
				(first < middle && from[first].time_ns <= from[second].time_ns) ?
			from[first++] : from[second++];
}

static void merge_sort(struct hw_history_rows *rows)
{
	struct hw_history_row *other = hw_xmalloc(rows->count * sizeof(*other)), *swapped;

	for (size_t width = 1; width < rows->count; width *= 2) {
		for (size_t at = 0; at < rows->count; at += 2 * width) {
			size_t left = rows->count - at;

			merge(&rows->all[at], width < left ? width : left,
				2 * width < left ? 2 * width : left, &other[at]);
		}
		swapped = rows->all;
		rows->all = other;
		other = swapped;
	}
	free(other);
}

/*
 * Rows are stored nearly in the order of time: a few come late. Moving each
 * back to its place costs no more than they are late; equal times stay as they were.
 * Where a clock jumped, whole threads come late, and all are sorted.
 */
static void sort(struct hw_history_rows *rows)
{
	size_t moves = 0;

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
		moves += i - at;
		if (moves > MOVES_PER_ROW * rows->count) {
			merge_sort(rows);
			return;
		}
	}
}

static int read_rows(sqlite3 *db, const struct hw_model *model, const char *path,
	struct hw_history_rows *rows, struct hw_error *error)
{
	struct hw_event_where where = HW_EVENT_WHERE_ALL;
	struct hw_event_scan *scan = NULL;
	struct hw_event event;
	int code;

	where.strange_too = true;
	code = hw_event_scan_open(db, path, &where, HW_EVENTS_BY_ID, &scan, error);

	while (!code && (code = hw_event_scan_next(scan, &event, error)) == 1) {
		struct hw_history_row row = { .time_ns = event.time_ns, .result = event.result,
			.thread = hw_model_find_thread(model, event.thread) };

		code = 0;
		row.moment = (struct hw_moment){ .op = event.op, .how = event.how,
			.release = HW_NONE, .object = hw_model_find_object(model, event.object),
			.stack = hw_model_find_stack(model, event.stack) };
		if (row.thread == HW_NONE) {
			rows->nobodys++;
			continue;
		}
		if (event.op == HW_OP_NONE || (event.object && row.moment.object == HW_NONE))
			row.wrong = HW_ROW_UNKNOWN;
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
		keep_thread_order(&rows, model->thread_count);
		sort(&rows);
		hw_history_build(model, &rows, ret_history);
	}
	free(rows.all);
	return code;
}
