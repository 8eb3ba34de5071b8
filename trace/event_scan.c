/* SPDX-License-Identifier: MIT */
#include "trace/event_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/event_sort.h"
#include "trace/memory.h"
#include "trace/name.h"

struct hw_event_scan {
	sqlite3 *db;
	char *path;
	struct hw_event_where where;
	sqlite3_stmt *rows;             /* of a plain table */
	struct hw_event_blocks *blocks; /* of packed events */
	bool sorted;
	struct hw_event_sort sort;
};

static int failed(const char *path, int code, const char *why, struct hw_error *error)
{
	return hw_error_set(error, code, "cannot read the events of '%s': %s", path, why);
}

static int number(sqlite3 *db, const char *path, const char *sql, int64_t *ret_number,
	struct hw_error *error)
{
	sqlite3_stmt *row = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &row, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(row);
	if (code == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return code == SQLITE_ROW ? 0 : failed(path, -EIO, sqlite3_errmsg(db), error);
}

/* A virtual table has no page of its own. */
static int find_form(sqlite3 *db, const char *path, bool *ret_packed, struct hw_error *error)
{
	int64_t count = 0;
	int code = number(db, path, "SELECT count(*) FROM sqlite_schema WHERE name = 'event'"
		" AND type = 'table' AND ifnull(rootpage, 0) = 0", &count, error);

	*ret_packed = count > 0;
	return code;
}

static int open_rows(struct hw_event_scan *scan, enum hw_event_order order, struct hw_error *error)
{
	char *sql = hw_xasprintf("SELECT time_ns, thread, op, object, mode, how, stack, result"
		" FROM event WHERE id BETWEEN ? AND ? AND time_ns BETWEEN ? AND ? ORDER BY %s",
		order == HW_EVENTS_BY_TIME ? "time_ns, id" : "id");
	int code = sqlite3_prepare_v2(scan->db, sql, -1, &scan->rows, NULL);

	free(sql);
	if (code != SQLITE_OK)
		return failed(scan->path, -EIO, sqlite3_errmsg(scan->db), error);
	sqlite3_bind_int64(scan->rows, 1, scan->where.first_id);
	sqlite3_bind_int64(scan->rows, 2, scan->where.last_id);
	sqlite3_bind_int64(scan->rows, 3, scan->where.since_ns);
	sqlite3_bind_int64(scan->rows, 4, scan->where.until_ns);
	return 0;
}

static int open_blocks(struct hw_event_scan *scan, enum hw_event_order order,
	struct hw_error *error)
{
	struct hw_error inner;
	int code = hw_event_blocks_open(scan->db, "main", &scan->blocks, &inner);

	if (!code && order == HW_EVENTS_BY_TIME) {
		scan->sorted = true;
		scan->sort.blocks = scan->blocks;
		code = hw_event_sort_begin(&scan->sort, &inner);
	}
	if (code)
		return failed(scan->path, code, inner.message, error);
	hw_event_blocks_seek(scan->blocks, &scan->where);
	return 0;
}

int hw_event_scan_open(sqlite3 *db, const char *path, const struct hw_event_where *where,
	enum hw_event_order order, struct hw_event_scan **ret_scan, struct hw_error *error)
{
	struct hw_event_scan *scan = hw_xcalloc(1, sizeof(*scan));
	bool packed;
	int code;

	scan->db = db;
	scan->path = hw_xstrdup(path);
	scan->where = *where;
	code = find_form(db, path, &packed, error);
	if (!code)
		code = packed ? open_blocks(scan, order, error) : open_rows(scan, order, error);
	if (code)
		hw_event_scan_close(scan);
	else
		*ret_scan = scan;
	return code;
}

int64_t hw_event_scan_id(const struct hw_event_scan *scan)
{
	return hw_event_blocks_id(scan->blocks);
}

bool hw_event_scan_is_packed(const struct hw_event_scan *scan)
{
	return scan->blocks;
}

void hw_event_scan_close(struct hw_event_scan *scan)
{
	if (!scan)
		return;
	sqlite3_finalize(scan->rows);
	hw_event_sort_finish(&scan->sort);
	hw_event_blocks_close(scan->blocks);
	free(scan->path);
	free(scan);
}

/* An id in a column, 0 for none, and when it is no id; then false. */
static bool id_of(sqlite3_stmt *row, int column, uint32_t *ret_id)
{
	int64_t id = sqlite3_column_int64(row, column);

	*ret_id = id >= 0 && id <= UINT32_MAX ? (uint32_t)id : 0;
	return *ret_id == id;
}

static const char *text_of(sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) == SQLITE_TEXT ?
		       (const char *)sqlite3_column_text(row, column) :
		       NULL;
}

static uint8_t how_of(sqlite3_stmt *row)
{
	const char *mode = text_of(row, 4);
	uint8_t shared = mode && !strcmp(mode, "shared") ? HW_HOW_SHARED : 0;

	return shared | (uint8_t)hw_name_to_how(text_of(row, 5));
}

/* Read the current row; false when it is not asked for. */
static bool read_row(const struct hw_event_scan *scan, struct hw_event *ret_event)
{
	const struct hw_event_where *where = &scan->where;
	sqlite3_stmt *row = scan->rows;
	const char *op = text_of(row, 2);
	struct hw_event event = { .time_ns = sqlite3_column_int64(row, 0),
		.op = (uint8_t)hw_name_to_op(op ? op : ""),
		.has_result = sqlite3_column_type(row, 7) != SQLITE_NULL,
		.result = sqlite3_column_int64(row, 7) };

	bool known = event.op != HW_OP_NONE;

	known &= id_of(row, 1, &event.thread);
	known &= id_of(row, 3, &event.object);
	known &= id_of(row, 6, &event.stack);
	if (!known) {
		event.op = HW_OP_NONE;
		event.object = 0;
	}
	if ((!known && !where->strange_too) ||
		!hw_event_where_asks(where->threads, where->thread_count, event.thread) ||
		!hw_event_where_asks(where->objects, where->object_count, event.object))
		return false;
	event.how = how_of(row);
	*ret_event = event;
	return true;
}

static int next_row(struct hw_event_scan *scan, struct hw_event *ret_event, struct hw_error *error)
{
	int step;

	while ((step = sqlite3_step(scan->rows)) == SQLITE_ROW)
		if (read_row(scan, ret_event))
			return 1;
	return step == SQLITE_DONE ? 0 : failed(scan->path, -EIO, sqlite3_errmsg(scan->db), error);
}

static int next_packed(struct hw_event_scan *scan, struct hw_event *ret_event,
	struct hw_error *error)
{
	struct hw_error inner;
	int code = scan->sorted ? hw_event_sort_next(&scan->sort, ret_event, &inner) :
				  hw_event_blocks_next(scan->blocks, &inner);

	if (code < 0) {
		failed(scan->path, code, inner.message, error);
		if (code == -ENOTSUP)
			hw_error_hint(error, "%s", inner.hint);
	} else if (code == 1 && !scan->sorted) {
		hw_unpacked_event(&scan->blocks->block, scan->blocks->at, ret_event);
	}
	return code;
}

int hw_event_scan_next(struct hw_event_scan *scan, struct hw_event *ret_event,
	struct hw_error *error)
{
	return scan->blocks ? next_packed(scan, ret_event, error) :
			      next_row(scan, ret_event, error);
}

int hw_event_scan_count(sqlite3 *db, const char *path, uint64_t *ret_count, struct hw_error *error)
{
	int64_t count = 0;
	bool packed;
	int code = find_form(db, path, &packed, error);

	if (!code)
		code = number(db, path, packed ? "SELECT ifnull(sum(count), 0) FROM event_block" :
						 "SELECT count(*) FROM event", &count, error);
	if (!code)
		*ret_count = (uint64_t)count;
	return code;
}
