/* SPDX-License-Identifier: MIT */
#include "analyzer/sql_format.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/csv.h"
#include "analyzer/json.h"
#include "analyzer/sql_table.h"
#include "trace/memory.h"

static char *blob_text(const unsigned char *bytes, int size_bytes)
{
	char *text = hw_xmalloc(2 * (size_t)size_bytes + sizeof("x''")), *at = stpcpy(text, "x'");

	for (int i = 0; i < size_bytes; i++)
		at += sprintf(at, "%02x", bytes[i]);
	strcpy(at, "'");
	return text;
}

char *hw_sql_format_value(sqlite3_stmt *statement, int column)
{
	const unsigned char *text;

	if (sqlite3_column_type(statement, column) == SQLITE_BLOB)
		return blob_text(sqlite3_column_blob(statement, column),
			sqlite3_column_bytes(statement, column));
	text = sqlite3_column_text(statement, column);
	return hw_xstrdup(text ? (const char *)text : "");
}

static void begin_nothing(struct hw_sql_writer *w, sqlite3_stmt *statement)
{
}

static void end_nothing(struct hw_sql_writer *w)
{
}

static void write_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		const char *escape = *text == '\t' ? "\\t" :
			*text == '\n'		   ? "\\n" :
			*text == '\\'		   ? "\\\\" :
						     NULL;

		if (escape)
			fputs(escape, out);
		else
			fputc(*text, out);
	}
}

typedef void write_text(FILE *out, const char *text);

/* The values of the row that a statement is at. */
static void write_values(struct hw_sql_writer *w, sqlite3_stmt *statement, char separator,
	write_text *write)
{
	for (int i = 0; i < sqlite3_column_count(statement); i++) {
		char *text = hw_sql_format_value(statement, i);

		if (i)
			fputc(separator, w->out);
		write(w->out, text);
		free(text);
	}
}

static void write_tabs(struct hw_sql_writer *w, sqlite3_stmt *statement)
{
	write_values(w, statement, '\t', write_escaped);
	fputc('\n', w->out);
}

static void begin_csv(struct hw_sql_writer *w, sqlite3_stmt *statement)
{
	for (int i = 0; i < sqlite3_column_count(statement); i++) {
		if (i)
			fputc(',', w->out);
		hw_csv_print(w->out, sqlite3_column_name(statement, i));
	}
	fputs("\r\n", w->out);
}

static void write_csv(struct hw_sql_writer *w, sqlite3_stmt *statement)
{
	write_values(w, statement, ',', hw_csv_print);
	fputs("\r\n", w->out);
}

static void write_json_value(struct hw_json *json, sqlite3_stmt *statement, int column)
{
	const char *key = sqlite3_column_name(statement, column);
	char *text;

	switch (sqlite3_column_type(statement, column)) {
	case SQLITE_NULL:
		hw_json_null(json, key);
		break;
	case SQLITE_INTEGER:
		hw_json_integer(json, key, sqlite3_column_int64(statement, column));
		break;
	case SQLITE_FLOAT:
		hw_json_number(json, key, sqlite3_column_double(statement, column), 6);
		break;
	default:
		text = hw_sql_format_value(statement, column);
		hw_json_string(json, key, text);
		free(text);
	}
}

static void write_json(struct hw_sql_writer *w, sqlite3_stmt *statement)
{
	struct hw_json json;

	hw_json_init(&json, w->out);
	hw_json_begin_object(&json, NULL, true);
	for (int i = 0; i < sqlite3_column_count(statement); i++)
		write_json_value(&json, statement, i);
	hw_json_end(&json);
	fputc('\n', w->out);
}

const struct hw_sql_format *hw_sql_format_find(const char *name)
{
	static const struct hw_sql_format formats[] = {
		{ "columns", hw_sql_table_begin, hw_sql_table_row, hw_sql_table_end },
		{ "tabs", begin_nothing, write_tabs, end_nothing },
		{ "csv", begin_csv, write_csv, end_nothing },
		{ "json", begin_nothing, write_json, end_nothing },
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}
