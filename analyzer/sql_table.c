/* SPDX-License-Identifier: MIT */
#include "analyzer/sql_table.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/utf8.h"
#include "trace/memory.h"

/* Rows that are kept to see how wide columns are, and what of a text widens its column. */
enum { ROWS_KEPT = 1000, COLUMNS_MAX = 60 };

struct hw_sql_table {
	int column_count;
	char **names;
	size_t *widths;
	bool *are_numbers; /* by column: then it is aligned to the right */
	char **values;     /* rows of column_count each */
	int row_count;
	bool begun;        /* the names are written, and rows are kept no more */
};

static void widen(size_t *width, const char *text)
{
	size_t own = hw_utf8_columns(text);

	if (own > *width)
		*width = own < COLUMNS_MAX ? own : COLUMNS_MAX;
}

void hw_sql_table_begin(struct hw_sql_writer *w, sqlite3_stmt *statement)
{
	struct hw_sql_table *t = hw_xcalloc(1, sizeof(*t));
	size_t count = (size_t)sqlite3_column_count(statement);

	t->column_count = (int)count;
	t->names = hw_xcalloc(count, sizeof(*t->names));
	t->widths = hw_xcalloc(count, sizeof(*t->widths));
	t->are_numbers = hw_xcalloc(count, sizeof(*t->are_numbers));
	t->values = hw_xcalloc(ROWS_KEPT * count, sizeof(*t->values));
	for (size_t i = 0; i < count; i++) {
		t->names[i] = hw_xstrdup(sqlite3_column_name(statement, (int)i));
		t->are_numbers[i] = true;
		widen(&t->widths[i], t->names[i]);
	}
	w->table = t;
}

/* One line; blanks are written when something follows them. */
static void print_line(struct hw_sql_writer *w, char *const *values, enum hw_style style)
{
	const struct hw_sql_table *t = w->table;
	size_t blanks = 0;

	for (int i = 0; i < t->column_count; i++) {
		size_t own = hw_utf8_columns(values[i]);
		size_t missing = own < t->widths[i] ? t->widths[i] - own : 0;

		if (t->are_numbers[i])
			blanks += missing;
		if (own) {
			fprintf(w->out, "%*s%s", (int)blanks, "", hw_term_begin(&w->term, style));
			hw_utf8_print(w->out, values[i]);
			fputs(hw_term_end(&w->term), w->out);
			blanks = 0;
		}
		blanks += (t->are_numbers[i] ? 0 : missing) + 2;
	}
	fputc('\n', w->out);
}

static void print_kept(struct hw_sql_writer *w)
{
	struct hw_sql_table *t = w->table;
	size_t count = (size_t)t->column_count;

	if (t->begun)
		return;
	t->begun = true;
	print_line(w, t->names, HW_STYLE_TITLE);
	for (int row = 0; row < t->row_count; row++)
		print_line(w, &t->values[(size_t)row * count], HW_STYLE_NONE);
}

static void read_row(struct hw_sql_table *t, sqlite3_stmt *statement, char **values)
{
	for (int i = 0; i < t->column_count; i++) {
		int type = sqlite3_column_type(statement, i);

		values[i] = hw_sql_format_value(statement, i);
		if (t->begun)
			continue;
		if (type == SQLITE_TEXT || type == SQLITE_BLOB)
			t->are_numbers[i] = false;
		widen(&t->widths[i], values[i]);
	}
}

static void free_values(char **values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(values[i]);
		values[i] = NULL;
	}
}

void hw_sql_table_row(struct hw_sql_writer *w, sqlite3_stmt *statement)
{
	struct hw_sql_table *t = w->table;
	size_t count = (size_t)t->column_count;

	if (!t->begun && t->row_count < ROWS_KEPT) {
		read_row(t, statement, &t->values[(size_t)t->row_count++ * count]);
		return;
	}
	print_kept(w);
	/* The rows that were kept are not needed any more: their room is. */
	free_values(t->values, count);
	read_row(t, statement, t->values);
	print_line(w, t->values, HW_STYLE_NONE);
}

void hw_sql_table_end(struct hw_sql_writer *w)
{
	struct hw_sql_table *t = w->table;

	print_kept(w);
	free_values(t->names, (size_t)t->column_count);
	free_values(t->values, (size_t)t->row_count * (size_t)t->column_count);
	free(t->names);
	free(t->widths);
	free(t->are_numbers);
	free(t->values);
	free(t);
	w->table = NULL;
}
