/* SPDX-License-Identifier: MIT */
#include "analyzer/history_rows.h"

#include <errno.h>
#include <stdlib.h>

#include "analyzer/history_ahead.h"
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

static struct hw_history_ids ids_of(const struct hw_table *table, uint32_t count)
{
	struct hw_history_ids ids = { .count = 2 * count + 1, .table = table };

	ids.index = hw_xmalloc(ids.count * sizeof(*ids.index));
	for (uint32_t id = 0; id < ids.count; id++) {
		const uint64_t *index = hw_table_find(table, id);

		ids.index[id] = index ? (uint32_t)*index : HW_NONE;
	}
	return ids;
}

static uint32_t find(const struct hw_history_ids *ids, uint32_t id)
{
	const uint64_t *index;

	if (id < ids->count)
		return ids->index[id];
	index = hw_table_find(ids->table, id);
	return index ? (uint32_t)*index : HW_NONE;
}

/* A semaphore has at most 65535, and more make no sense. */
static uint16_t units_of(const struct hw_event *event)
{
	bool counts = event->op == HW_OP_TAKE || event->op == HW_OP_POST ||
		event->op == HW_OP_WAIT;

	return counts && event->has_result && event->result > 0 && event->result <= UINT16_MAX ?
		(uint16_t)event->result : 1;
}

/* An event as the model knows it; false when it is nobody's. */
static bool translate(struct hw_history_rows *rows, const struct hw_event *event,
	struct hw_history_row *ret_row)
{
	uint32_t object = event->object ? find(&rows->objects, event->object) : HW_NONE;
	uint32_t thread = find(&rows->threads, event->thread);

	if (thread == HW_NONE) {
		rows->nobodys++;
		return false;
	}
	*ret_row = (struct hw_history_row){
		.time_ns = event->time_ns,
		.result = event->result,
		.thread = thread,
		.wrong = event->op == HW_OP_NONE || (event->object && object == HW_NONE) ?
			HW_ROW_UNKNOWN : HW_ROW_FINE,
		.moment = { .op = event->op, .how = event->how, .units = units_of(event),
			.object = object,
			.stack = event->stack ? find(&rows->stacks, event->stack) : HW_NONE,
			.enabler_thread = HW_NONE, .enabler = HW_NONE,
			.release = HW_NONE },
	};
	return true;
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/* The ids of threads; how many. */
static size_t choose_threads(struct hw_history_rows *rows, const bool *threads)
{
	size_t count = 0;

	free(rows->ids);
	rows->ids = NULL;
	if (!threads)
		return 0;
	rows->ids = hw_xcalloc(rows->model->thread_count, sizeof(*rows->ids));
	for (uint32_t t = 0; t < rows->model->thread_count; t++)
		if (threads[t])
			rows->ids[count++] = (uint32_t)rows->model->threads[t].id;
	if (count)
		qsort(rows->ids, count, sizeof(*rows->ids), compare_ids);
	return count;
}

static void end_scan(struct hw_history_rows *rows)
{
	hw_history_ahead_close(rows->ahead);
	hw_event_scan_close(rows->scan);
	rows->ahead = NULL;
	rows->scan = NULL;
}

static int next_scanned(struct hw_history_rows *rows, struct hw_history_row *ret_row,
	struct hw_error *error)
{
	struct hw_event event;
	int code;

	do
		code = hw_event_scan_next(rows->scan, &event, error);
	while (code == 1 && !translate(rows, &event, ret_row));
	return code;
}

static int next_packed(struct hw_history_rows *rows, struct hw_history_row *ret_row,
	struct hw_error *error)
{
	int code = next_scanned(rows, ret_row, error);

	if (code != 1)
		return code;
	if (rows->out_of_order) {
		ret_row->moment.position = (uint32_t)rows->next++;
		return 1;
	}
	if (ret_row->time_ns < rows->last_ns) {
		rows->out_of_order = true;
		return -EAGAIN;
	}
	rows->last_ns = ret_row->time_ns;
	ret_row->moment.position = (uint32_t)(hw_event_scan_id(rows->scan) - 1);
	return 1;
}

static int scan(struct hw_history_rows *rows, const bool *threads, struct hw_error *error)
{
	struct hw_event_where where = HW_EVENT_WHERE_ALL;
	int code;

	end_scan(rows);
	rows->nobodys = 0;
	rows->next = 0;
	rows->last_ns = INT64_MIN;
	where.strange_too = true;
	/* Positions are counted where ids do not tell them. */
	where.thread_count = choose_threads(rows, rows->out_of_order ? NULL : threads);
	where.threads = rows->ids;
	code = hw_event_scan_open(rows->db, rows->path, &where,
		rows->out_of_order ? HW_EVENTS_BY_TIME : HW_EVENTS_BY_ID, &rows->scan, error);
	return code;
}

/* A plain table: all of it, in order. */
static int read_all(struct hw_history_rows *rows, struct hw_error *error)
{
	struct hw_history_row row;
	int code;

	while ((code = next_scanned(rows, &row, error)) == 1) {
		HW_GROW(rows->all, rows->count, rows->capacity);
		rows->all[rows->count++] = row;
	}
	if (code)
		return code;
	end_scan(rows);
	keep_thread_order(rows, rows->model->thread_count);
	sort(rows);
	for (size_t i = 0; i < rows->count; i++)
		rows->all[i].moment.position = (uint32_t)i;
	return 0;
}

/* The next one of those in memory. */
static int next_kept(struct hw_history_rows *rows, struct hw_history_row *ret_row,
	struct hw_error *error)
{
	(void)error;
	if (rows->next == rows->count)
		return 0;
	*ret_row = rows->all[rows->next++];
	return 1;
}

static void begin(struct hw_history_rows *rows)
{
	hw_history_ahead_close(rows->ahead);
	rows->next = 0;
	rows->ahead = hw_history_ahead_open(rows->scan ? next_packed : next_kept, rows);
}

int hw_history_rows_open(sqlite3 *db, const struct hw_model *model, const char *path,
	struct hw_history_rows **ret_rows, struct hw_error *error)
{
	struct hw_history_rows *rows = hw_xcalloc(1, sizeof(*rows));
	int code;

	*rows = (struct hw_history_rows){ .db = db, .model = model, .path = hw_xstrdup(path) };
	rows->threads = ids_of(&model->thread_ids, model->thread_count);
	rows->objects = ids_of(&model->object_ids, model->object_count);
	rows->stacks = ids_of(&model->stack_ids, model->stack_count);
	code = scan(rows, NULL, error);
	if (!code && !hw_event_scan_is_packed(rows->scan))
		code = read_all(rows, error);
	if (code) {
		hw_history_rows_close(rows);
		return code;
	}
	begin(rows);
	*ret_rows = rows;
	return 0;
}

int hw_history_rows_rewind(struct hw_history_rows *rows, const bool *threads,
	struct hw_error *error)
{
	int code = 0;

	if (rows->scan)
		code = scan(rows, threads, error);
	if (!code)
		begin(rows);
	return code;
}

int hw_history_rows_next(struct hw_history_rows *rows, struct hw_history_row **ret_rows,
	size_t *ret_count, struct hw_error *error)
{
	return hw_history_ahead_next(rows->ahead, ret_rows, ret_count, error);
}

void hw_history_rows_close(struct hw_history_rows *rows)
{
	if (!rows)
		return;
	end_scan(rows);
	free(rows->threads.index);
	free(rows->objects.index);
	free(rows->stacks.index);
	free(rows->ids);
	free(rows->all);
	free(rows->path);
	free(rows);
}
