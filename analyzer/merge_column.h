/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_MERGE_COLUMN_H
#define HW_ANALYZER_MERGE_COLUMN_H

/*
 * What recordings of older versions lack, for merge.c: whole tables, and columns of
 * others. A column that is missing is not known, which is NULL.
 */

#include <sqlite3.h>
#include <stdbool.h>

/* Whether there is such a column, or table when `column` is NULL. */
bool hw_merge_has(sqlite3 *db, const char *table, const char *column);

/* These columns, separated by commas, with NULL for those that are missing. For free(). */
char *hw_merge_columns(sqlite3 *db, const char *table, const char *columns);

#endif
