/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/model.h"
#include "analyzer/recording.h"
#include "tests/unit/recording.h"
#include "trace/event_scan.h"

static char directory[] = "/tmp/holdwait-test.XXXXXX";
static char path[64];
static struct hw_error error;

static void setup(void)
{
	cr_assert_not_null(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/a?.db", directory);
}

/* Run a command in the test's directory. */
static void shell(const char *command)
{
	char *text;

	cr_assert_gt(asprintf(&text, "cd %s && %s", directory, command), 0);
	cr_assert_eq(system(text), 0, "%s", command);
	free(text);
}

static void teardown(void)
{
	shell("chmod -R u+w . && rm -r $PWD");
}

/* A recording in a file, of one thread; left open so that its write-ahead log stays. */
static sqlite3 *write_recording(const char *journal_mode)
{
	struct scenario s;
	sqlite3 *file;
	sqlite3_backup *backup;
	char sql[64];

	scenario_init(&s);
	scenario_thread(&s, "worker");
	cr_assert_eq(sqlite3_open(path, &file), SQLITE_OK);
	backup = sqlite3_backup_init(file, "main", s.db, "main");
	sqlite3_backup_step(backup, -1);
	cr_assert_eq(sqlite3_backup_finish(backup), SQLITE_OK);
	snprintf(sql, sizeof(sql), "PRAGMA journal_mode = %s", journal_mode);
	cr_assert_eq(sqlite3_exec(file, sql, NULL, NULL, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(file, "UPDATE thread SET name = 'newer'", NULL, NULL, NULL),
		SQLITE_OK);
	scenario_finish(&s);
	return file;
}

static void write_file(const char *bytes)
{
	FILE *file = fopen(path, "w");

	fputs(bytes, file);
	fclose(file);
}

static void expect_error(const char *message, const char *hint)
{
	struct hw_recording recording;

	cr_assert_lt(hw_recording_open(path, HW_RECORDING_WITH_NAMES, &recording, &error), 0);
	cr_assert(strstr(error.message, message), "%s", error.message);
	cr_assert(strstr(error.hint, hint), "%s", error.hint);
	cr_assert_null(strchr(error.message, '\n'));
}

static void expect_newer_name(enum hw_recording_names names)
{
	struct hw_recording recording;
	struct hw_model model;

	cr_assert_eq(hw_recording_open(path, names, &recording, &error), 0, "%s", error.message);
	cr_assert_eq(hw_model_load(recording.db, path, &model, &error), 0, "%s", error.message);
	cr_assert_str_eq(model.threads[0].name, "newer");
	hw_model_finish(&model);
	hw_recording_close(&recording);
}

TestSuite(recording, .init = setup, .fini = teardown);

Test(recording, missing_file)
{
	expect_error("No such file or directory", "holdwait record");
}

Test(recording, directory)
{
	cr_assert_eq(mkdir(path, 0777), 0);
	expect_error("is a directory", "holdwait record");
}

Test(recording, text_file)
{
	write_file("This is no database, but it is long enough that it could be one.\n"
		   "This is no database, but it is long enough that it could be one.\n");
	expect_error("it is not an SQLite database", "holdwait record");
}

Test(recording, empty_file)
{
	write_file("");
	expect_error("not a recording of holdwait", "holdwait record");
}

Test(recording, database_of_another_program)
{
	sqlite3 *db;

	cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, "CREATE TABLE song (title)", NULL, NULL, NULL);
	sqlite3_close(db);
	expect_error("not a recording of holdwait", "holdwait record");
}

Test(recording, of_a_newer_version)
{
	sqlite3 *db = write_recording("DELETE");

	sqlite3_exec(db, "PRAGMA user_version = 99", NULL, NULL, NULL);
	sqlite3_close(db);
	expect_error("has format 99", "newer");
}

/* Version 1 had no packed events. */
Test(recording, of_version_1)
{
	sqlite3 *db = write_recording("DELETE");
	struct hw_event_where where = HW_EVENT_WHERE_ALL;
	struct hw_recording recording;
	struct hw_event_scan *scan;
	struct hw_event event;

	cr_assert_eq(sqlite3_exec(db, "DROP TABLE event_block; PRAGMA user_version = 1;"
		"INSERT INTO event(time_ns, thread, op) VALUES(5, 1, 'start')", NULL, NULL, NULL),
		SQLITE_OK);
	sqlite3_close(db);
	cr_assert_eq(hw_recording_open(path, HW_RECORDING_AS_IT_IS, &recording, &error), 0, "%s",
		error.message);
	cr_assert_eq(hw_event_scan_open(recording.db, path, &where, HW_EVENTS_BY_TIME, &scan,
			     &error), 0, "%s", error.message);
	cr_assert_eq(hw_event_scan_next(scan, &event, &error), 1);
	cr_assert_eq(event.op, HW_OP_START);
	cr_assert_eq(hw_event_scan_next(scan, &event, &error), 0);
	hw_event_scan_close(scan);
	hw_recording_close(&recording);
}

Test(recording, version_is_that_of_the_schema)
{
	struct scenario s;
	sqlite3_stmt *row;

	scenario_init(&s);
	cr_assert_eq(sqlite3_prepare_v2(s.db, "PRAGMA user_version", -1, &row, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW);
	cr_assert_eq(sqlite3_column_int(row, 0), HW_RECORDING_VERSION);
	sqlite3_finalize(row);
	scenario_finish(&s);
}

Test(recording, cut_short)
{
	sqlite3_close(write_recording("DELETE"));
	cr_assert_eq(truncate(path, 5000), 0);
	{
		struct hw_recording recording;
		struct hw_model model;
		int code = hw_recording_open(path, HW_RECORDING_AS_IT_IS, &recording, &error);

		if (!code) {
			code = hw_model_load(recording.db, path, &model, &error);
			hw_recording_close(&recording);
		}
		cr_assert_lt(code, 0);
		cr_assert_neq(error.message[0], '\0');
	}
}

Test(recording, plain)
{
	sqlite3_close(write_recording("DELETE"));
	expect_newer_name(HW_RECORDING_AS_IT_IS);
}

Test(recording, path_that_begins_with_two_slashes)
{
	char plain[sizeof(path)];

	sqlite3_close(write_recording("DELETE"));
	strcpy(plain, path);
	cr_assert_lt(snprintf(path, sizeof(path), "/%s", plain), (int)sizeof(path));
	expect_newer_name(HW_RECORDING_AS_IT_IS);
}

Test(recording, while_it_is_written)
{
	sqlite3 *db = write_recording("WAL");

	expect_newer_name(HW_RECORDING_AS_IT_IS);
	sqlite3_close(db);
}

Test(recording, is_not_changed_by_looking_up_names)
{
	sqlite3_close(write_recording("DELETE"));
	shell("cp a?.db before");
	expect_newer_name(HW_RECORDING_WITH_NAMES);
	shell("cmp a?.db before");
}

/* Run a check as a user who may not write, root or not. */
static void as_nobody(void (*check)(void))
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
			_exit(99);
		check();
		_exit(0);
	}
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status));
	cr_assert_eq(WEXITSTATUS(status), 0);
}

static void make_read_only(void)
{
	cr_assert_eq(chmod(directory, 0555), 0);
	cr_assert_eq(chmod(path, 0444), 0);
}

static void check_newer_name(void)
{
	struct hw_recording recording;
	struct hw_model model;

	/* No assertions in a child. */
	if (access(directory, W_OK) == 0)
		_exit(98);
	if (hw_recording_open(path, HW_RECORDING_WITH_NAMES, &recording, &error) < 0) {
		fprintf(stderr, "%s\n", error.message);
		_exit(1);
	}
	if (hw_model_load(recording.db, path, &model, &error) < 0)
		_exit(2);
	if (strcmp(model.threads[0].name, "newer") != 0)
		_exit(3);
	hw_model_finish(&model);
	hw_recording_close(&recording);
}

Test(recording, in_a_read_only_directory)
{
	sqlite3 *db = write_recording("WAL");

	sqlite3_close(db); /* which leaves a database in write-ahead mode without a log */
	make_read_only();
	as_nobody(check_newer_name);
}

Test(recording, of_a_killed_collector_in_a_read_only_directory)
{
	sqlite3 *db = write_recording("WAL");

	/* As a crash leaves it: the log is there, the index of the log is not. */
	shell("mkdir saved && cp 'a?.db' 'a?.db-wal' saved");
	sqlite3_close(db);
	shell("mv saved/* . && rm -f *-shm && chmod a-w *");
	make_read_only();
	as_nobody(check_newer_name);
}
