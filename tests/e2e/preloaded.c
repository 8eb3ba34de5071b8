/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "trace/event_table.h"

enum { ARGUMENTS_MAX = 32, LOOKS = HW_PROCESS_PATIENCE_S * 200 };

static const char views[] =
	"CREATE TEMP VIEW thing AS SELECT id, kind || (SELECT count(*) FROM object AS older "
	"WHERE older.kind = object.kind AND older.id <= object.id) AS name FROM object;"
	"CREATE TEMP VIEW told AS SELECT event.id AS id, thread.process AS process,"
	"thread.number AS thread, op || coalesce(' ' || thing.name, '') || coalesce(' ' || mode, "
	"'')"
	"|| coalesce(' ' || how, '') || coalesce(' =' || CASE op WHEN 'create' THEN "
	"(SELECT number FROM thread WHERE id = result) ELSE result END, '') AS what "
	"FROM event JOIN thread ON thread.id = event.thread "
	"LEFT JOIN thing ON thing.id = event.object;";

void hw_preloaded_init(struct hw_preloaded *run)
{
	*run = (struct hw_preloaded){ .process = { .output = -1, .errors = -1 } };
	hw_scratch_init(&run->scratch);
	snprintf(run->file, sizeof(run->file), "%s/holdwait.db", run->scratch.path);
}

void hw_preloaded_finish(struct hw_preloaded *run)
{
	sqlite3_close(run->db);
	if (run->process.output >= 0)
		hw_process_finish(&run->process);
	hw_scratch_finish(&run->scratch);
}

void hw_preloaded_start(
	struct hw_preloaded *run, const char *environment, const char *const arguments[])
{
	const char *all[ARGUMENTS_MAX] = { "env", "-C", run->scratch.path, "-u", "HOLDWAIT_FILE",
		"-u", "HOLDWAIT_OPTIONS", "LD_PRELOAD=" HW_PRELOADED_LIBRARY,
		environment ? environment : "HOLDWAIT_OPTIONS=" };
	size_t count = 9;

	for (; *arguments; arguments++) {
		cr_assert(count + 1 < ARGUMENTS_MAX);
		all[count++] = *arguments;
	}
	hw_process_start(&run->process, all);
}

void hw_preloaded_wait(struct hw_preloaded *run)
{
	cr_assert(
		hw_process_wait(&run->process, HW_PROCESS_PATIENCE_S), "the program does not end");
}

void hw_preloaded_open(struct hw_preloaded *run)
{
	char *message = NULL;

	cr_assert_eq(sqlite3_open_v2(run->file, &run->db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK,
		"cannot open '%s'", run->file);
	sqlite3_busy_timeout(run->db, 10000);
	hw_event_table_register(run->db);
	cr_assert_eq(sqlite3_exec(run->db, views, NULL, NULL, &message), SQLITE_OK, "%s: %s",
		run->file, message);
}

static bool is_complete(const char *file)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *row = NULL;
	bool complete = sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
			sqlite3_prepare_v2(db, "SELECT 1 FROM meta WHERE key = 'complete'", -1,
				&row, NULL) == SQLITE_OK &&
			sqlite3_step(row) == SQLITE_ROW;

	sqlite3_finalize(row);
	sqlite3_close(db);
	return complete;
}

void hw_preloaded_open_complete(struct hw_preloaded *run)
{
	static const struct timespec pause = { .tv_nsec = 5000000 };

	for (int looks = 0; !is_complete(run->file); looks++) {
		cr_assert(looks < LOOKS, "'%s' was never completed", run->file);
		nanosleep(&pause, NULL);
	}
	hw_preloaded_open(run);
}

void hw_preloaded_record(
	struct hw_preloaded *run, const char *environment, const char *const arguments[])
{
	hw_preloaded_start(run, environment, arguments);
	hw_preloaded_wait(run);
	hw_preloaded_open_complete(run);
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* What it printed, line by line in the order of the alphabet: threads print when they like. */
static char *sorted_output(const struct hw_process *process)
{
	char *output = hw_process_output(process), *lines[1024], *text = NULL;
	size_t count = 0, bytes;
	FILE *stream = open_memstream(&text, &bytes);

	for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n")) {
		cr_assert(count < sizeof(lines) / sizeof(lines[0]));
		lines[count++] = line;
	}
	qsort(lines, count, sizeof(lines[0]), compare_lines);
	for (size_t i = 0; i < count; i++)
		fprintf(stream, "%s\n", lines[i]);
	fclose(stream);
	free(output);
	return text;
}

/* The same without the library, in a folder of its own. */
static void run_alone(const struct hw_preloaded *run, struct hw_process *alone,
	const char *const arguments[])
{
	const char *all[ARGUMENTS_MAX] = { "env", "-C", NULL };
	char folder[512];
	size_t count = 3;

	snprintf(folder, sizeof(folder), "%s/alone", run->scratch.path);
	cr_assert_eq(mkdir(folder, 0700), 0);
	all[2] = folder;
	for (; *arguments; arguments++) {
		cr_assert(count + 1 < ARGUMENTS_MAX);
		all[count++] = *arguments;
	}
	hw_process_run(alone, all);
}

void hw_preloaded_record_fixture(struct hw_preloaded *run, const char *const arguments[])
{
	struct hw_process alone;
	char *with, *without;

	hw_preloaded_record(run, NULL, arguments);
	run_alone(run, &alone, arguments);
	with = sorted_output(&run->process);
	without = sorted_output(&alone);
	cr_expect_str_eq(with, without, "with the library:\n%swithout:\n%s", with, without);
	cr_expect_eq(alone.status, 0, "without the library the fixture ends with %d", alone.status);
	cr_expect_eq(run->process.status, 0, "exit status %d", run->process.status);
	hw_process_expect_errors(&run->process, "");
	free(with);
	free(without);
	hw_process_finish(&alone);
}

static char *rows_of(struct hw_preloaded *run, const char *sql)
{
	sqlite3_stmt *row = NULL;
	char *text = NULL;
	size_t bytes;
	FILE *stream = open_memstream(&text, &bytes);

	cr_assert_eq(sqlite3_prepare_v2(run->db, sql, -1, &row, NULL), SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(run->db));
	while (sqlite3_step(row) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(row); i++) {
			const unsigned char *column = sqlite3_column_text(row, i);

			fprintf(stream, "%s%s", i ? "|" : "", column ? (const char *)column : "");
		}
		fputc('\n', stream);
	}
	sqlite3_finalize(row);
	fclose(stream);
	return text;
}

char *hw_preloaded_rows(struct hw_preloaded *run, const char *format, ...)
{
	va_list arguments;
	char *sql = NULL, *rows;

	va_start(arguments, format);
	cr_assert(vasprintf(&sql, format, arguments) >= 0);
	va_end(arguments);
	rows = rows_of(run, sql);
	free(sql);
	return rows;
}

int64_t hw_preloaded_number(struct hw_preloaded *run, const char *format, ...)
{
	va_list arguments;
	char *sql = NULL, *rows;
	int64_t number;

	va_start(arguments, format);
	cr_assert(vasprintf(&sql, format, arguments) >= 0);
	va_end(arguments);
	rows = rows_of(run, sql);
	cr_assert(rows[0], "no row: %s", sql);
	number = atoll(rows);
	free(rows);
	free(sql);
	return number;
}

void hw_preloaded_expect(struct hw_preloaded *run, const char *sql, const char *rows)
{
	char *found = rows_of(run, sql);

	cr_expect_str_eq(found, rows, "%s\nfound:\n%sexpected:\n%s", sql, found, rows);
	free(found);
}

void hw_preloaded_expect_thread(struct hw_preloaded *run, int number, const char *rows)
{
	char sql[128];

	snprintf(sql, sizeof(sql), "SELECT what FROM told WHERE thread = %d ORDER BY id", number);
	hw_preloaded_expect(run, sql, rows);
}

int64_t hw_preloaded_printed(const struct hw_preloaded *run, const char *name)
{
	char *output = hw_process_output(&run->process), *line = strtok(output, "\n");
	size_t length = strlen(name);
	int64_t number;

	while (line && (strncmp(line, name, length) || line[length] != ' '))
		line = strtok(NULL, "\n");
	cr_assert(line, "it did not print '%s'", name);
	number = atoll(line + length);
	free(output);
	return number;
}
