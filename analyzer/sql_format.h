/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_SQL_FORMAT_H
#define HW_ANALYZER_SQL_FORMAT_H

/*
 * How the rows of a query are written.
 *
 *   columns  aligned, under their names: for people, on a terminal
 *   tabs     a tab between columns, no names: for other programs. In values a tab is
 *            written as \t, a line's end as \n and a backslash as \\
 *   csv      RFC 4180, after a line of names
 *   json     a line for each row: an object with the names as keys
 *
 * Only "columns" looks at rows before it writes them: the first thousand decide how wide a
 * column is. NULL is nothing, but in JSON, where it is null. A BLOB is written as SQL
 * does, x'00ff'.
 */

#include <sqlite3.h>
#include <stdio.h>

#include "analyzer/term.h"

struct hw_sql_writer {
	FILE *out;
	struct hw_term term;
	struct hw_sql_table *table; /* of "columns", between begin and end */
};

/* The row that a statement is at, or its columns before the first. */
struct hw_sql_format {
	const char *name;
	void (*begin)(struct hw_sql_writer *writer, sqlite3_stmt *statement);
	void (*row)(struct hw_sql_writer *writer, sqlite3_stmt *statement);
	void (*end)(struct hw_sql_writer *writer);
};

/* A format by its name, or NULL. */
const struct hw_sql_format *hw_sql_format_find(const char *name);

/* The value of a column as text, for free(). */
char *hw_sql_format_value(sqlite3_stmt *statement, int column);

#endif
