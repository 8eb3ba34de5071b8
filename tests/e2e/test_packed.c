/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/event_table.h"

/* Recordings that keep their events packed say what the same with rows says. */

#define EXTENSION HW_BUILD_DIR "/trace/holdwait_event"

static const char sqlite_threads[] = HW_BUILD_DIR "/tests/fixtures/sqlite_threads";
static const char two_orders[] = HW_BUILD_DIR "/tests/fixtures/two_orders";

static struct hw_scratch scratch;

/* Recordings are compared by what is said of them, so each has the same name in a folder. */
static void set_up(void)
{
	hw_scratch_init(&scratch);
	cr_assert_eq(chdir(scratch.path), 0);
	cr_assert_eq(mkdir("packed", 0700), 0);
	cr_assert_eq(mkdir("rows", 0700), 0);
}

static void tear_down(void)
{
	cr_assert_eq(chdir("/"), 0);
	hw_scratch_finish(&scratch);
}

TestSuite(packed, .init = set_up, .fini = tear_down);

static void run(const char *const arguments[])
{
	free(hw_process_text(0, arguments));
}

static sqlite3 *open_recording(const char *file)
{
	sqlite3 *db;

	cr_assert_eq(sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	cr_assert_eq(hw_event_table_register(db), SQLITE_OK);
	return db;
}

static int64_t number_in(const char *file, const char *sql)
{
	sqlite3 *db = open_recording(file);
	sqlite3_stmt *row;
	int64_t number;

	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(db));
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW, "%s: %s", sql, sqlite3_errmsg(db));
	number = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(db);
	return number;
}

/* The same recording with its events as rows, in the other folder. */
static void copy_as_rows(void)
{
	static const char sql[] =
		"CREATE TABLE copy(id INTEGER PRIMARY KEY, time_ns, thread, op, object, mode, how,"
		" stack, result); INSERT INTO copy SELECT * FROM event;"
		"DROP TABLE event; ALTER TABLE copy RENAME TO event; DELETE FROM event_block";
	char *message = NULL;
	sqlite3 *db;

	run(HW_ARGUMENTS("cp", "packed/run.db", "rows/run.db"));
	db = open_recording("rows/run.db");
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &message), SQLITE_OK, "%s", message);
	sqlite3_close(db);
}

/* What holdwait says in a folder. */
static char *said(const char *folder, const char *verb, const char *option, const char *value)
{
	char *text;

	cr_assert_eq(chdir(folder), 0);
	text = hw_process_text(0, option ?
		HW_ARGUMENTS(HW_HOLDWAIT, verb, option, value, "-i", "run.db") :
		HW_ARGUMENTS(HW_HOLDWAIT, verb, "-i", "run.db"));
	cr_assert_eq(chdir(".."), 0);
	return text;
}

static void expect_same(const char *verb, const char *option, const char *value)
{
	char *packed = said("packed", verb, option, value);
	char *rows = said("rows", verb, option, value);

	cr_expect(!strcmp(packed, rows), "%s %s %s: %.300s\nand with rows: %.300s", verb,
		option ? option : "", option ? value : "", packed, rows);
	cr_expect_neq(*packed, '\0', "%s says nothing", verb);
	free(packed);
	free(rows);
}

/* `info` says how large a file is. */
static void expect_same_info(void)
{
	char *packed = said("packed", "info", NULL, NULL), *rows = said("rows", "info", NULL, NULL);

	cr_expect_str_eq(strchr(packed, '\n'), strchr(rows, '\n'));
	free(packed);
	free(rows);
}

Test(packed, more_than_a_million_stay_packed)
{
	static const char sum[] = "SELECT count(*) || ' ' || sum(time_ns % 1000) || ' ' ||"
		" sum(id * thread % 1000) || ' ' || sum(object) || ' ' || sum(stack)"
		" || ' ' || count(result) FROM event";
	char *packed, *rows;

	run(HW_ARGUMENTS(HW_HOLDWAIT, "record", "-q", "-o", "packed/run.db", sqlite_threads,
		"8000"));
	cr_assert_gt(number_in("packed/run.db", "SELECT count(*) FROM event"), 1000000);
	cr_assert_eq(number_in("packed/run.db",
			     "SELECT count(*) = (SELECT value FROM meta WHERE key = 'events')"
			     " FROM event"), 1);
	cr_assert_gt(number_in("packed/run.db", "SELECT count(*) FROM event_block"), 60);
	copy_as_rows();
	expect_same("report", "-f", "json");
	expect_same_info();
	expect_same("log", "-f", "csv");
	expect_same("log", "--op", "start,create,end,join");
	packed = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "sql", "packed/run.db", sum));
	rows = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "sql", "rows/run.db", sum));
	cr_expect_str_eq(packed, rows);
	free(packed);
	free(rows);
	run(HW_ARGUMENTS(HW_HOLDWAIT, "merge", "-o", "one.db", "packed/run.db"));
	run(HW_ARGUMENTS(HW_HOLDWAIT, "merge", "-o", "other.db", "rows/run.db"));
	packed = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "sql", "one.db", sum));
	rows = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "sql", "other.db", sum));
	cr_expect_str_eq(packed, rows);
	cr_expect_gt(number_in("one.db", "SELECT count(*) FROM event_block"), 60);
	free(packed);
	free(rows);
}

Test(packed, few_when_asked_for)
{
	run(HW_ARGUMENTS(HW_HOLDWAIT, "record", "-q", "--store=packed", "-o", "packed/run.db",
		two_orders, "both"));
	cr_assert_eq(number_in("packed/run.db", "SELECT count(*) FROM event_block"), 1);
	copy_as_rows();
	expect_same("report", "-f", "json");
	expect_same("report", "--color", "never");
	expect_same_info();
	expect_same("log", "-f", "csv");
	expect_same("log", "--thread", "2");
	expect_same("log", "--object", "1");
	expect_same("log", "--limit", "7");
}

Test(packed, form_from_the_environment)
{
	run(HW_ARGUMENTS("env", "HOLDWAIT_OPTIONS=depth=5 store=packed", HW_HOLDWAIT, "record",
		"-q", "-o", "packed/run.db", two_orders, "both"));
	cr_expect_eq(number_in("packed/run.db", "SELECT count(*) FROM event_block"), 1);
	/* An option on the command line decides before it. */
	run(HW_ARGUMENTS("env", "HOLDWAIT_OPTIONS=store=packed", HW_HOLDWAIT, "record", "-q",
		"--store", "auto", "-o", "rows/run.db", two_orders, "both"));
	cr_expect_eq(number_in("rows/run.db", "SELECT count(*) FROM event_block"), 0);
}

Test(packed, compressed_when_asked_for)
{
	struct hw_process process;

	hw_process_run(&process, HW_ARGUMENTS(HW_HOLDWAIT, "record", "-q", "--store=zstd", "-o",
		"packed/run.db", two_orders, "both"));
	if (process.status == 125) {
		hw_process_expect_errors(&process, "built without zstd");
	} else {
		cr_assert_eq(process.status, 0);
		cr_assert_eq(number_in("packed/run.db", "SELECT count(*) FROM event_block"), 1);
		copy_as_rows();
		expect_same("report", "-f", "json");
		expect_same("log", "-f", "csv");
	}
	hw_process_finish(&process);
}

Test(packed, rows_when_asked_for)
{
	run(HW_ARGUMENTS(HW_HOLDWAIT, "record", "-q", "--store=rows", "-o", "rows/run.db",
		sqlite_threads, "8000"));
	cr_assert_eq(number_in("rows/run.db", "SELECT count(*) FROM event_block"), 0);
	cr_assert_gt(number_in("rows/run.db",
			     "SELECT rootpage FROM sqlite_schema WHERE name = 'event'"), 0);
	cr_assert_eq(number_in("rows/run.db",
			     "SELECT count(*) - (SELECT value FROM meta WHERE key = 'events')"
			     " FROM event"), 0);
}

Test(packed, says_which_forms_there_are)
{
	struct hw_process process;

	hw_process_run(&process, HW_ARGUMENTS(HW_HOLDWAIT, "record", "--store=boxes", "true"));
	cr_assert_eq(process.status, 125);
	hw_process_expect_errors(&process, "events cannot be stored as 'boxes'");
	hw_process_expect_errors(&process, "auto, rows, packed or zstd");
	hw_process_finish(&process);
}

/* Another program reads them with the extension, and all else without. */
Test(packed, sqlite3_with_the_extension)
{
	static const char query[] = "SELECT id, op, ifnull(object, '-') FROM event WHERE thread = 2"
				    " AND id > 3 ORDER BY id";
	struct hw_process process;
	char *theirs, *ours;

	run(HW_ARGUMENTS(HW_HOLDWAIT, "record", "-q", "--store=packed", "-o", "packed/run.db",
		two_orders, "both"));
	theirs = hw_process_text(0, HW_ARGUMENTS("sqlite3", "-tabs", "-cmd", ".load " EXTENSION,
		"packed/run.db", query));
	ours = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "sql", "packed/run.db", query));
	cr_expect_str_eq(theirs, ours);
	cr_expect(strstr(ours, "lock"), "%s", ours);
	free(theirs);
	free(ours);
	theirs = hw_process_text(0, HW_ARGUMENTS("sqlite3", "packed/run.db",
		"SELECT count(*) FROM process"));
	cr_expect_str_eq(theirs, "1\n");
	free(theirs);
	hw_process_run(&process, HW_ARGUMENTS("sqlite3", "packed/run.db", query));
	cr_expect_neq(process.status, 0);
	hw_process_expect_errors(&process, "no such module: holdwait_event");
	hw_process_finish(&process);
}
