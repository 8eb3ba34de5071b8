/* SPDX-License-Identifier: MIT */
#include "trace/event_table.h"

#include <errno.h>
#include <string.h>

#include "trace/event_plan.h"
#include "trace/name.h"

static const char declaration[] =
	"CREATE TABLE event(id INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL,"
	" thread INTEGER NOT NULL, op TEXT NOT NULL, object INTEGER, mode TEXT, how TEXT,"
	" stack INTEGER, result INTEGER)";

struct event_table {
	sqlite3_vtab base; /* SQLite's part comes first */
	sqlite3 *db;
	char schema[]; /* under which name the database is attached */
};

struct event_cursor {
	sqlite3_vtab_cursor base;
	struct hw_event_plan plan;
	struct hw_event_blocks *blocks;
	bool at_end;
	struct hw_event_groups groups; /* instead of rows, when the plan says so */
	size_t group;                  /* where in `groups`, */
	uint64_t member;               /* and which of its events */
	uint64_t members_found;        /* of this group, that `blocks` has come to */
};

static int connect(sqlite3 *db, void *context, int argument_count, const char *const *arguments,
	sqlite3_vtab **ret_table, char **ret_message)
{
	const char *schema = arguments[1];
	struct event_table *table = sqlite3_malloc64(sizeof(*table) + strlen(schema) + 1);
	int code;

	if (!table)
		return SQLITE_NOMEM;
	memset(table, 0, sizeof(*table));
	table->db = db;
	strcpy(table->schema, schema);
	code = sqlite3_declare_vtab(db, declaration);
	if (code == SQLITE_OK)
		code = sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
	if (code == SQLITE_OK)
		*ret_table = &table->base;
	else
		sqlite3_free(table);
	return code;
}

static int disconnect(sqlite3_vtab *table)
{
	sqlite3_free(table);
	return SQLITE_OK;
}

static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	return hw_event_plan_choose(info);
}

static int open_cursor(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
	struct event_cursor *cursor = sqlite3_malloc64(sizeof(*cursor));

	if (!cursor)
		return SQLITE_NOMEM;
	memset(cursor, 0, sizeof(*cursor));
	*ret_cursor = &cursor->base;
	return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *base)
{
	struct event_cursor *cursor = (struct event_cursor *)base;

	hw_event_blocks_close(cursor->blocks);
	hw_event_groups_finish(&cursor->groups);
	sqlite3_free(cursor);
	return SQLITE_OK;
}

static int failed(sqlite3_vtab *table, int code, const struct hw_error *error)
{
	sqlite3_free(table->zErrMsg);
	table->zErrMsg = sqlite3_mprintf("%s", error->message);
	return code == -ENOMEM ? SQLITE_NOMEM : code == -EBADMSG ? SQLITE_CORRUPT_VTAB :
								   SQLITE_ERROR;
}

static int next_event(struct event_cursor *cursor)
{
	struct hw_error error = { "", "" };
	int code = hw_event_blocks_next(cursor->blocks, &error);

	cursor->at_end = code != 1;
	return code < 0 ? failed(cursor->base.pVtab, code, &error) : SQLITE_OK;
}

/* The next of the same group, or the first of the next group. */
static void next_member(struct event_cursor *cursor)
{
	if (++cursor->member < cursor->groups.all[cursor->group].count)
		return;
	cursor->member = 0;
	cursor->members_found = 0;
	cursor->at_end = ++cursor->group == cursor->groups.count;
}

static int next(sqlite3_vtab_cursor *base)
{
	struct event_cursor *cursor = (struct event_cursor *)base;

	if (!cursor->plan.group_columns)
		return next_event(cursor);
	next_member(cursor);
	return SQLITE_OK;
}

static int begin_groups(struct event_cursor *cursor)
{
	struct hw_error error = { "", "" };
	int code;

	hw_event_groups_finish(&cursor->groups);
	code = hw_event_groups_build(cursor->blocks, cursor->plan.group_columns, &cursor->groups,
		&error);
	if (code)
		return failed(cursor->base.pVtab, code, &error);
	hw_event_groups_sort(&cursor->groups, cursor->plan.by, cursor->plan.by_count);
	cursor->group = 0;
	cursor->member = cursor->members_found = 0;
	cursor->at_end = cursor->groups.count == 0;
	return SQLITE_OK;
}

static int filter(sqlite3_vtab_cursor *base, int number, const char *text, int value_count,
	sqlite3_value **values)
{
	struct event_cursor *cursor = (struct event_cursor *)base;
	const struct event_table *table = (const struct event_table *)base->pVtab;
	struct hw_error error = { "", "" };
	int code = 0;

	hw_event_plan_read(&cursor->plan, number, text, values);
	if (!cursor->blocks)
		code = hw_event_blocks_open(table->db, table->schema, &cursor->blocks, &error);
	if (code)
		return failed(base->pVtab, code, &error);
	hw_event_blocks_seek(cursor->blocks, &cursor->plan.where);
	return cursor->plan.group_columns ? begin_groups(cursor) : next_event(cursor);
}

static int at_end(sqlite3_vtab_cursor *base)
{
	return ((struct event_cursor *)base)->at_end;
}

static void result_number(sqlite3_context *context, uint32_t number)
{
	if (number)
		sqlite3_result_int64(context, number);
}

/* Text that stays. No text is NULL, which is what a column is when nothing is said. */
static void result_text(sqlite3_context *context, const char *text)
{
	if (text)
		sqlite3_result_text(context, text, -1, SQLITE_STATIC);
}

/* A column that events can be grouped by. */
static void result_of_kind(sqlite3_context *context, const struct hw_event_kind *kind, int which)
{
	switch (which) {
	case HW_EVENT_THREAD:
		sqlite3_result_int64(context, kind->thread);
		break;
	case HW_EVENT_OP:
		result_text(context, hw_name_of_op(kind->op));
		break;
	case HW_EVENT_OBJECT:
		result_number(context, kind->object);
		break;
	case HW_EVENT_MODE:
		result_text(context, hw_event_mode_name(kind->how));
		break;
	case HW_EVENT_HOW:
		result_text(context, hw_name_of_how(kind->how));
		break;
	case HW_EVENT_STACK:
		result_number(context, kind->stack);
		break;
	}
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int which)
{
	const struct event_cursor *cursor = (const struct event_cursor *)base;
	const struct hw_event_blocks *blocks = cursor->blocks;
	struct hw_event_kind kind;

	if (cursor->plan.group_columns) {
		result_of_kind(context, &cursor->groups.all[cursor->group].kind, which);
	} else if (which == HW_EVENT_ID) {
		sqlite3_result_int64(context, hw_event_blocks_id(blocks));
	} else if (which == HW_EVENT_TIME) {
		sqlite3_result_int64(context, blocks->block.time_ns[blocks->at]);
	} else if (which == HW_EVENT_RESULT) {
		if (hw_unpacked_has_result(&blocks->block, blocks->at))
			sqlite3_result_int64(context,
				hw_unpacked_result(&blocks->block, blocks->at));
	} else {
		kind = hw_event_groups_kind(blocks, HW_EVENT_GROUPABLE);
		result_of_kind(context, &kind, which);
	}
	return SQLITE_OK;
}

/*
 * Of a group only its size and its first event are known; which event is its next is looked for
 * when asked.
 */
static int find_member(struct event_cursor *cursor)
{
	const struct hw_event_group *group = &cursor->groups.all[cursor->group];
	const struct hw_event_kind *wanted = &group->kind;
	struct hw_event_where from_first = cursor->plan.where;
	int code = SQLITE_OK;

	from_first.first_id = group->first_id;
	if (!cursor->members_found)
		hw_event_blocks_seek(cursor->blocks, &from_first);
	while (cursor->members_found <= cursor->member) {
		struct hw_event_kind kind;

		code = next_event(cursor);
		if (code != SQLITE_OK || cursor->at_end)
			return code == SQLITE_OK ? SQLITE_CORRUPT_VTAB : code;
		kind = hw_event_groups_kind(cursor->blocks, cursor->plan.group_columns);
		cursor->members_found += hw_event_groups_same(&kind, wanted);
	}
	return code;
}

static int row_id(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_id)
{
	struct event_cursor *cursor = (struct event_cursor *)base;
	int code = cursor->plan.group_columns ? find_member(cursor) : SQLITE_OK;

	*ret_id = hw_event_blocks_id(cursor->blocks);
	return code;
}

int hw_event_table_register(sqlite3 *db)
{
	/* The same function makes a table and finds it again: so it is there undeclared too. */
	static const sqlite3_module module = {
		.xCreate = connect,
		.xConnect = connect,
		.xBestIndex = best_index,
		.xDisconnect = disconnect,
		.xDestroy = disconnect,
		.xOpen = open_cursor,
		.xClose = close_cursor,
		.xFilter = filter,
		.xNext = next,
		.xEof = at_end,
		.xColumn = column,
		.xRowid = row_id,
	};

	return sqlite3_create_module(db, "holdwait_event", &module, NULL);
}
