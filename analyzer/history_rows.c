/* SPDX-License-Identifier: MIT */
#include "analyzer/history_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"
#include "trace/name.h"

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

static uint8_t how_of(sqlite3_stmt *statement)
{
	const char *mode = (const char *)sqlite3_column_text(statement, 4);
	const char *how = (const char *)sqlite3_column_text(statement, 5);

	return (uint8_t)((mode && !strcmp(mode, "shared") ? HW_HOW_SHARED : 0) |
		(how && !strcmp(how, "try")		     ? HW_HOW_TRY :
				how && !strcmp(how, "timed") ? HW_HOW_TIMED :
				how && !strcmp(how, "reacquire") ? HW_HOW_REACQUIRE :
								   0));
}

static int read_rows(sqlite3 *db, const struct hw_model *model, const char *path,
	struct hw_history_rows *rows, struct hw_error *error)
{
	static const char sql[] = "SELECT time_ns, thread, op, object, mode, how, stack, result "
				  "FROM event ORDER BY id";
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	while (code == SQLITE_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		const char *op = (const char *)sqlite3_column_text(statement, 2);
		struct hw_history_row row = { .time_ns = sqlite3_column_int64(statement, 0),
			.thread = hw_model_find_thread(model,
				sqlite3_column_int64(statement, 1)),
			.result = sqlite3_column_int64(statement, 7) };

		code = SQLITE_OK;
		row.moment = (struct hw_moment){ .op = (uint8_t)hw_name_to_op(op ? op : ""),
			.how = how_of(statement), .release = HW_NONE,
			.object = hw_model_find_object(model, sqlite3_column_int64(statement, 3)),
			.stack = hw_model_find_stack(model, sqlite3_column_int64(statement, 6)) };
		if (row.thread == HW_NONE || row.moment.op == HW_OP_NONE)
			continue;
		HW_GROW(rows->all, rows->count, rows->capacity);
		rows->all[rows->count++] = row;
	}
	sqlite3_finalize(statement);
	if (code == SQLITE_DONE)
		return 0;
	return hw_error_set(error, -EIO, "cannot read the events of '%s': %s", path,
		sqlite3_errmsg(db));
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
