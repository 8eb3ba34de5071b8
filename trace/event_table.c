/* SPDX-License-Identifier: MIT */
#include "trace/event_table.h"

#include <errno.h>
#include <string.h>

#include "trace/event_blocks.h"
#include "trace/name.h"

enum { ID, TIME, THREAD, OP, OBJECT, MODE, HOW, STACK, RESULT };

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
	struct hw_event_blocks *blocks;
	bool at_end;
	uint32_t thread, object; /* that are asked for, when one is */
};

/* A shortcut: a letter in the plan, and what constraint it is of. */
static const struct shortcut {
	char letter;
	int column;
	unsigned char op, other_op; /* SQLite checks again whether it is "or equal" */
} shortcuts[] = {
	{ 'i', ID, SQLITE_INDEX_CONSTRAINT_EQ, SQLITE_INDEX_CONSTRAINT_EQ },
	{ 'f', ID, SQLITE_INDEX_CONSTRAINT_GE, SQLITE_INDEX_CONSTRAINT_GT },
	{ 'l', ID, SQLITE_INDEX_CONSTRAINT_LE, SQLITE_INDEX_CONSTRAINT_LT },
	{ 'm', TIME, SQLITE_INDEX_CONSTRAINT_EQ, SQLITE_INDEX_CONSTRAINT_EQ },
	{ 's', TIME, SQLITE_INDEX_CONSTRAINT_GE, SQLITE_INDEX_CONSTRAINT_GT },
	{ 'u', TIME, SQLITE_INDEX_CONSTRAINT_LE, SQLITE_INDEX_CONSTRAINT_LT },
	{ 't', THREAD, SQLITE_INDEX_CONSTRAINT_EQ, SQLITE_INDEX_CONSTRAINT_EQ },
	{ 'o', OBJECT, SQLITE_INDEX_CONSTRAINT_EQ, SQLITE_INDEX_CONSTRAINT_EQ },
};

enum { SHORTCUTS = sizeof(shortcuts) / sizeof(shortcuts[0]) };

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

/* The shortcut for a constraint, or NULL. */
static const struct shortcut *shortcut_of(const struct sqlite3_index_constraint *constraint)
{
	int column = constraint->iColumn < 0 ? ID : constraint->iColumn;

	for (int i = 0; constraint->usable && i < SHORTCUTS; i++) {
		const struct shortcut *s = &shortcuts[i];

		if (s->column == column &&
			(s->op == constraint->op || s->other_op == constraint->op))
			return s;
	}
	return NULL;
}

/* Guesses, but their order is right: an id is the quickest way, then an object, then a thread. */
static void estimate(sqlite3_index_info *info, const char *plan)
{
	double share = 1;

	for (; *plan; plan++)
		share *= *plan == 'i' ? 1e-7 : *plan == 'o' || *plan == 'm' ? 1e-3 :
			*plan == 't' ? 0.05 : 0.3;
	if (share * 1e7 <= 1)
		info->idxFlags |= SQLITE_INDEX_SCAN_UNIQUE;
	info->estimatedRows = (sqlite3_int64)(share * 1e7) + 1;
	/* At least a block is unpacked. */
	info->estimatedCost = share * 3e7 + 20000;
}

static int best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
	char *plan = sqlite3_malloc64((sqlite3_uint64)info->nConstraint + 1);
	int count = 0;

	if (!plan)
		return SQLITE_NOMEM;
	for (int i = 0; i < info->nConstraint; i++) {
		const struct shortcut *shortcut = shortcut_of(&info->aConstraint[i]);

		if (!shortcut)
			continue;
		plan[count++] = shortcut->letter;
		info->aConstraintUsage[i].argvIndex = count;
	}
	plan[count] = '\0';
	info->idxStr = plan;
	info->needToFreeIdxStr = 1;
	info->orderByConsumed = info->nOrderBy == 1 && !info->aOrderBy[0].desc &&
				info->aOrderBy[0].iColumn <= ID;
	estimate(info, plan);
	return SQLITE_OK;
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

static int next(sqlite3_vtab_cursor *base)
{
	struct event_cursor *cursor = (struct event_cursor *)base;
	struct hw_error error = { "", "" };
	int code = hw_event_blocks_next(cursor->blocks, &error);

	cursor->at_end = code != 1;
	return code < 0 ? failed(base->pVtab, code, &error) : SQLITE_OK;
}

/* The whole numbers around a number; false when there are none, as around text. */
static bool around(sqlite3_value *value, int64_t *ret_below, int64_t *ret_above)
{
	double number;

	if (sqlite3_value_type(value) == SQLITE_INTEGER) {
		*ret_below = *ret_above = sqlite3_value_int64(value);
		return true;
	}
	number = sqlite3_value_double(value);
	if (sqlite3_value_type(value) != SQLITE_FLOAT || !(number > -9e18 && number < 9e18))
		return false;
	/* Towards 0, and then the neighbour on the other side. */
	*ret_below = *ret_above = (int64_t)number;
	*ret_below -= (double)*ret_below > number;
	*ret_above += (double)*ret_above < number;
	return true;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* An id is asked for; one that cannot be leaves nothing. */
static void ask_for(uint32_t *asked, const uint32_t **ids, size_t *count,
	struct hw_event_where *where, int64_t id)
{
	if (id < 0 || id > UINT32_MAX || (*ids && *asked != id))
		where->last_id = INT64_MIN;
	*asked = (uint32_t)id;
	*ids = asked;
	*count = 1;
}

static void narrow(struct event_cursor *cursor, struct hw_event_where *where, char letter,
	sqlite3_value *value)
{
	int64_t below, above;

	if (!around(value, &below, &above))
		return;
	if (strchr("if", letter))
		where->first_id = greatest(where->first_id, below);
	if (strchr("il", letter))
		where->last_id = least(where->last_id, above);
	if (strchr("ms", letter))
		where->since_ns = greatest(where->since_ns, below);
	if (strchr("mu", letter))
		where->until_ns = least(where->until_ns, above);
	if (letter == 't' && below == above)
		ask_for(&cursor->thread, &where->threads, &where->thread_count, where, below);
	/* Object 0 is how a block says that there is none. */
	if (letter == 'o' && below == above)
		ask_for(&cursor->object, &where->objects, &where->object_count, where,
			below ? below : -1);
}

static int filter(sqlite3_vtab_cursor *base, int number, const char *plan, int argument_count,
	sqlite3_value **arguments)
{
	struct event_cursor *cursor = (struct event_cursor *)base;
	const struct event_table *table = (const struct event_table *)base->pVtab;
	struct hw_event_where where = HW_EVENT_WHERE_ALL;
	struct hw_error error = { "", "" };
	int code = 0;

	for (int i = 0; i < argument_count; i++)
		narrow(cursor, &where, plan[i], arguments[i]);
	if (!cursor->blocks)
		code = hw_event_blocks_open(table->db, table->schema, &cursor->blocks, &error);
	if (code)
		return failed(base->pVtab, code, &error);
	hw_event_blocks_seek(cursor->blocks, &where);
	return next(base);
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

static int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int which)
{
	const struct hw_event_blocks *blocks = ((struct event_cursor *)base)->blocks;
	const struct hw_unpacked *block = &blocks->block;
	uint32_t at = blocks->at;
	const struct hw_unpacked_site *site = &block->sites[block->site[at]];

	switch (which) {
	case ID:
		sqlite3_result_int64(context, hw_event_blocks_id(blocks));
		break;
	case TIME:
		sqlite3_result_int64(context, block->time_ns[at]);
		break;
	case THREAD:
		sqlite3_result_int64(context, block->threads[block->thread[at]]);
		break;
	case OP:
		result_text(context, hw_name_of_op(site->op));
		break;
	case OBJECT:
		result_number(context, block->objects[block->object[at]]);
		break;
	case MODE:
		result_text(context, hw_event_mode_name(site->how));
		break;
	case HOW:
		result_text(context, hw_name_of_how(site->how));
		break;
	case STACK:
		result_number(context, site->stack);
		break;
	case RESULT:
		if (hw_unpacked_has_result(block, at))
			sqlite3_result_int64(context, hw_unpacked_result(block, at));
		break;
	}
	return SQLITE_OK;
}

static int row_id(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_id)
{
	*ret_id = hw_event_blocks_id(((struct event_cursor *)base)->blocks);
	return SQLITE_OK;
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
