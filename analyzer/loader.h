/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_LOADER_H
#define HW_ANALYZER_LOADER_H

/*
 * Rows of a recording, one after the other, for whoever builds a model of it.
 *
 *   if (hw_loader_query(l, "thread", "id, name", "id"))
 *           return l->result;
 *   while (hw_loader_next(l))
 *           ... hw_loader_string(l, 1) ...
 *   hw_loader_done(l);
 *
 * The first failure is kept in `result` and `error`, and ends all loops; so
 * values need no checks of their own.
 */

#include "analyzer/model.h"

struct hw_loader {
	sqlite3 *db;
	const char *path; /* for messages */
	struct hw_model *model;
	struct hw_error *error;
	const char *table; /* being read */
	sqlite3_stmt *row;
	bool lacking; /* something that the current row needs */
	int result; /* 0 or the first failure */
};

/* Fail because of SQLite, or because rows of the current table contradict the schema. */
int hw_loader_failed(struct hw_loader *l);
int hw_loader_damaged(struct hw_loader *l, const char *what);

/* Begin to read columns of a table; the next row, false at the end; and end it. */
int hw_loader_query(struct hw_loader *l, const char *table, const char *columns, const char *order);
bool hw_loader_next(struct hw_loader *l);
void hw_loader_done(struct hw_loader *l);

/* Whether there is such a table, or column of it: recordings of older versions lack some. */
bool hw_loader_has_table(struct hw_loader *l, const char *table);
bool hw_loader_has_column(struct hw_loader *l, const char *table, const char *column);

/* Values of the current row. Strings live in the model, NULL is NULL. */
int64_t hw_loader_integer(struct hw_loader *l, int column, int64_t when_null);
int64_t hw_loader_count(struct hw_loader *l, int column); /* 1 to 2^40, NULL is 1 */
const char *hw_loader_string(struct hw_loader *l, int column);
bool hw_loader_is(struct hw_loader *l, int column, const char *word);
uint8_t hw_loader_how(struct hw_loader *l, int column);

/* A reference as an index. One that may be NULL: what leads nowhere is taken as not known. */
uint32_t hw_loader_reference(struct hw_loader *l, int column, const struct hw_table *ids);

/* One that the rest of the program relies on: fails when it leads nowhere. */
uint32_t hw_loader_required(struct hw_loader *l, int column, const struct hw_table *ids);

/*
 * One that the row says nothing without. HW_NONE when it leads nowhere; then hw_loader_lacks()
 * is true of the row, once, and counts it in the model as left out.
 */
uint32_t hw_loader_needed(struct hw_loader *l, int column, const struct hw_table *ids);
bool hw_loader_lacks(struct hw_loader *l);

/* The parts of hw_model_load that are not one row for one element (model_state.c). */
int hw_loader_read_meta(struct hw_loader *l);
int hw_loader_read_holds(struct hw_loader *l);
int hw_loader_read_waits(struct hw_loader *l);
int hw_loader_read_misuses(struct hw_loader *l);
int hw_loader_read_declared(struct hw_loader *l);

/* The runs of a merged recording, once its processes and objects are there (model_run.c). */
int hw_loader_read_runs(struct hw_loader *l);

#endif
