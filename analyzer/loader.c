/* SPDX-License-Identifier: MIT */
#include "analyzer/loader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

int hw_loader_failed(struct hw_loader *l)
{
	l->result = hw_error_set(l->error, -EIO, "cannot read table '%s' of '%s': %s", l->table,
		l->path, sqlite3_errmsg(l->db));
	hw_error_hint(l->error,
		"sqlite3 '%s' 'PRAGMA integrity_check' says how badly it is damaged", l->path);
	return l->result;
}

int hw_loader_damaged(struct hw_loader *l, const char *what)
{
	if (l->result)
		return l->result;
	l->result = hw_error_set(l->error, -EBADMSG, "recording '%s' is damaged: table '%s' has %s",
		l->path, l->table, what);
	hw_error_hint(l->error, "sqlite3 '%s' opens it and shows what is left", l->path);
	return l->result;
}

int64_t hw_loader_integer(struct hw_loader *l, int column, int64_t when_null)
{
	if (sqlite3_column_type(l->row, column) == SQLITE_NULL)
		return when_null;
	return sqlite3_column_int64(l->row, column);
}

/* Bounded, so that sums of millions of them cannot overflow. */
int64_t hw_loader_count(struct hw_loader *l, int column)
{
	int64_t count = hw_loader_integer(l, column, 1), most = (int64_t)1 << 40;

	if (count < 1)
		return 1;
	return count < most ? count : most;
}

const char *hw_loader_string(struct hw_loader *l, int column)
{
	return hw_arena_string(&l->model->arena, (const char *)sqlite3_column_text(l->row, column));
}

bool hw_loader_is(struct hw_loader *l, int column, const char *word)
{
	const char *text = (const char *)sqlite3_column_text(l->row, column);

	return text && strcmp(text, word) == 0;
}

/* A reference that may be NULL. One that leads nowhere is taken as not known. */
uint32_t hw_loader_reference(struct hw_loader *l, int column, const struct hw_table *ids)
{
	const uint64_t *index;

	if (sqlite3_column_type(l->row, column) == SQLITE_NULL)
		return HW_NONE;
	index = hw_table_find(ids, (uint64_t)sqlite3_column_int64(l->row, column));
	return index ? (uint32_t)*index : HW_NONE;
}

/* A reference the rest of the program relies on. */
uint32_t hw_loader_required(struct hw_loader *l, int column, const struct hw_table *ids)
{
	uint32_t index = hw_loader_reference(l, column, ids);

	if (index == HW_NONE)
		hw_loader_damaged(l, "a row that refers to one that is missing");
	return index;
}

uint32_t hw_loader_needed(struct hw_loader *l, int column, const struct hw_table *ids)
{
	uint32_t index = hw_loader_reference(l, column, ids);

	l->lacking |= index == HW_NONE;
	return index;
}

bool hw_loader_lacks(struct hw_loader *l)
{
	bool lacking = l->lacking;

	l->model->left_out += lacking;
	l->lacking = false;
	return lacking;
}

uint8_t hw_loader_how(struct hw_loader *l, int column)
{
	if (hw_loader_is(l, column, "try"))
		return HW_HOW_TRY;
	if (hw_loader_is(l, column, "timed"))
		return HW_HOW_TIMED;
	return hw_loader_is(l, column, "reacquire") ? HW_HOW_REACQUIRE : 0;
}

static int prepare(struct hw_loader *l, const char *table, const char *sql)
{
	l->table = table;
	if (sqlite3_prepare_v2(l->db, sql, -1, &l->row, NULL) != SQLITE_OK)
		return hw_loader_failed(l);
	return 0;
}

/* The next row, or false at the end or when something is wrong. */
bool hw_loader_next(struct hw_loader *l)
{
	int step;

	if (l->result)
		return false;
	step = sqlite3_step(l->row);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		hw_loader_failed(l);
	return step == SQLITE_ROW;
}

void hw_loader_done(struct hw_loader *l)
{
	sqlite3_finalize(l->row);
	l->row = NULL;
}

int hw_loader_query(struct hw_loader *l, const char *table, const char *columns, const char *order)
{
	char *sql = hw_xasprintf("SELECT %s FROM \"%s\" ORDER BY %s", columns, table, order);
	int result = prepare(l, table, sql);

	free(sql);
	return result;
}

bool hw_loader_has_table(struct hw_loader *l, const char *table)
{
	return sqlite3_table_column_metadata(
		       l->db, NULL, table, NULL, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

bool hw_loader_has_column(struct hw_loader *l, const char *table, const char *column)
{
	return sqlite3_table_column_metadata(
		       l->db, NULL, table, column, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}
