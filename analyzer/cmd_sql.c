/* SPDX-License-Identifier: MIT */
/*
 * holdwait sql: SQL over a recording, packed events included.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/options.h"
#include "analyzer/output.h"
#include "analyzer/recording.h"
#include "analyzer/sql_format.h"
#include "analyzer/textbuf.h"
#include "analyzer/verb.h"

struct arguments {
	struct hw_options common;
	const char *format; /* NULL: by where the output goes */
	const char *query;  /* NULL: standard input */
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0,
		"How to write rows: text (default), csv, or json, an object for each row, one a "
		"line",
		0 },
	{ 0 },
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case 'f':
		a->format = strcmp(argument, "text") == 0 ? NULL : argument;
		if (a->format && strcmp(a->format, "csv") != 0 && strcmp(a->format, "json") != 0)
			argp_error(state, "rows have format text, csv or json, not '%s'",
				argument);
		return 0;
	case ARGP_KEY_ARG:
		if (!a->common.input)
			a->common.input = argument;
		else if (!a->query)
			a->query = argument;
		else
			argp_error(state, "one query at a time: put it in quotes");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* All of standard input, for free(). */
static char *read_query(bool quiet)
{
	struct hw_textbuf text;
	char part[4096];
	size_t got;

	if (isatty(STDIN_FILENO) && !quiet)
		fputs("holdwait: SQL, please; Ctrl-D ends it\n", stderr);
	hw_textbuf_init(&text);
	while ((got = fread(part, 1, sizeof(part), stdin)) > 0)
		fwrite(part, 1, got, text.out);
	return hw_textbuf_finish(&text);
}

static int cannot_run(sqlite3 *db, struct hw_error *error)
{
	const char *why = sqlite3_errmsg(db);

	hw_error_set(error, -EINVAL, "cannot run the query: %s", why);
	if (strncmp(why, "no such table", 13) == 0 || strncmp(why, "no such column", 14) == 0)
		hw_error_hint(error, "'man 5 holdwait' lists the tables and their columns");
	else if (sqlite3_errcode(db) == SQLITE_READONLY)
		hw_error_hint(error, "recordings are only read; change a copy with sqlite3");
	return -EINVAL;
}

static int run_statement(sqlite3_stmt *statement, const struct hw_sql_format *format,
	struct hw_sql_writer *writer)
{
	bool has_rows = sqlite3_column_count(statement) > 0;
	int step;

	if (has_rows)
		format->begin(writer, statement);
	while ((step = sqlite3_step(statement)) == SQLITE_ROW)
		format->row(writer, statement);
	if (has_rows)
		format->end(writer);
	return step;
}

/* One statement after the other. */
static int run_query(sqlite3 *db, const char *query, const struct hw_sql_format *format,
	struct hw_sql_writer *writer, struct hw_error *error)
{
	int code = 0;

	while (*query && !code) {
		sqlite3_stmt *statement = NULL;

		if (sqlite3_prepare_v2(db, query, -1, &statement, &query) != SQLITE_OK)
			return cannot_run(db, error);
		if (statement && run_statement(statement, format, writer) != SQLITE_DONE)
			code = cannot_run(db, error);
		sqlite3_finalize(statement);
	}
	return code;
}

static int write_rows(const struct arguments *a, sqlite3 *db, const char *query,
	struct hw_error *error)
{
	struct hw_output output;
	struct hw_sql_writer writer;
	const char *format = a->format;
	int code = hw_output_open(a->common.output, &output, error);

	if (code)
		return code;
	if (!format)
		format = isatty(fileno(output.file)) ? "columns" : "tabs";
	writer = (struct hw_sql_writer){ .out = output.file,
		.term = hw_term_of(output.file, a->common.color) };
	code = run_query(db, query, hw_sql_format_find(format), &writer, error);
	if (!code)
		return hw_output_commit(&output, error);
	/* What standard output has got by now is there to be seen. */
	if (!a->common.output)
		fflush(output.file);
	hw_output_discard(&output);
	return code;
}

static int run(const struct arguments *a, struct hw_error *error)
{
	const char *path = a->common.input ? a->common.input : HW_RECORDING_DEFAULT;
	struct hw_recording recording;
	char *text = NULL;
	int code = hw_recording_open(path, HW_RECORDING_WITH_NAMES, &recording, error);

	if (code)
		return code;
	/* A copy in memory, of a recording that was not completed, could be changed in vain. */
	sqlite3_exec(recording.db, "PRAGMA query_only = 1", NULL, NULL, NULL);
	if (!a->query)
		text = read_query(a->common.quiet);
	code = write_rows(a, recording.db, a->query ? a->query : text, error);
	free(text);
	hw_recording_close(&recording);
	return code;
}

int hw_cmd_sql(int argc, char **argv)
{
	static const struct argp_child children[] = { { &hw_options_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[FILE [QUERY]]",
		.doc = "Run SQL over a recording, which is only read: QUERY, or what standard "
		       "input says."
		       "\vExit status: 0; 2 when the file cannot be read, the query is wrong or "
		       "the command line makes no sense.",
		.children = children,
	};
	struct arguments arguments = { 0 };
	struct hw_error error;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	code = run(&arguments, &error);
	return hw_verb_status(code, &error);
}
