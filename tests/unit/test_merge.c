/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/merge.h"
#include "analyzer/model.h"
#include "analyzer/resolve.h"
#include "tests/unit/recording.h"

static char directory[] = "/tmp/holdwait-test.XXXXXX";
static struct hw_error error;
static sqlite3 *merged;

static void set_up(void)
{
	cr_assert_not_null(mkdtemp(directory));
	cr_assert_eq(chdir(directory), 0);
	cr_assert_eq(sqlite3_open(":memory:", &merged), SQLITE_OK);
}

static void tear_down(void)
{
	char *command;

	sqlite3_close(merged);
	cr_assert_gt(asprintf(&command, "rm -r %s", directory), 0);
	cr_assert_eq(system(command), 0);
	free(command);
}

TestSuite(merge, .init = set_up, .fini = tear_down);

static void write_file(struct scenario *s, const char *file)
{
	scenario_sql(s, "VACUUM INTO %Q", file);
	scenario_finish(s);
}

/* A run of `events` events, in which a thread takes two locks. */
static void write_run(const char *file, const char *function, int events)
{
	struct scenario s;
	int64_t thread, a, b;

	scenario_init(&s);
	thread = scenario_thread(&s, "worker");
	a = scenario_object(&s, "mutex", "a");
	b = scenario_object(&s, "mutex", "b");
	scenario_nest(&s, thread, function, a, b, NULL_OBJECT);
	scenario_declare(&s, thread, a, b, function);
	for (int i = 0; i < events; i++)
		scenario_sql(&s, "INSERT INTO event(time_ns, thread, op, object, stack) "
				 "VALUES (%d, %lld, 'lock', %lld, 1)", 100 + i, thread, a);
	scenario_sql(&s, "INSERT INTO event(time_ns, thread, op, result) "
			 "VALUES (%d, %lld, 'create', %lld)", 100 + events, thread, thread);
	scenario_sql(&s, "INSERT INTO event(time_ns, thread, op, result) "
			 "VALUES (%d, %lld, 'fail', 16)", 100 + events, thread);
	scenario_sql(&s,
		"INSERT OR REPLACE INTO meta VALUES ('ended_ns', %d), ('lost', 2), "
		"('events', %d), ('note.1', 'it rained'), ('complete', 1)",
		1000 + events, events + 2);
	write_file(&s, file);
}

static int64_t number(const char *sql)
{
	sqlite3_stmt *row;
	int64_t result;

	cr_assert_eq(sqlite3_prepare_v2(merged, sql, -1, &row, NULL), SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(merged));
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW, "no row: %s", sql);
	result = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return result;
}

static void merge(const char *one, const char *other)
{
	cr_assert_eq(hw_merge_files(merged, (const char *const[]){ one, other }, 2, &error), 0,
		"%s", error.message);
}

Test(merge, keeps_all_rows_and_leads_to_the_same_ones)
{
	struct hw_model model;

	write_run("one.db", "transfer", 3);
	write_run("two.db", "audit", 5);
	merge("one.db", "two.db");
	cr_assert_eq(number("SELECT count(*) FROM process"), 2);
	cr_assert_eq(number("SELECT count(*) FROM thread"), 2);
	cr_assert_eq(number("SELECT count(*) FROM object"), 4);
	cr_assert_eq(number("SELECT count(*) FROM class"), 2);
	cr_assert_eq(number("SELECT count(*) FROM dependency"), 2);
	cr_assert_eq(number("SELECT count(*) FROM event"), 3 + 2 + 5 + 2);
	cr_assert_eq(number("SELECT count(*) FROM declared_order d "
			    "JOIN thread t ON t.id = d.thread "
			    "JOIN object a ON a.id = d.first JOIN object b ON b.id = d.second "
			    "WHERE a.process = t.process AND b.process = t.process "
			    "AND a.name = 'a' AND b.name = 'b' AND d.stack IS NOT NULL"), 2);
	cr_assert_eq(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
	cr_assert_eq(number("SELECT count(*) FROM dependency d JOIN thread t ON t.id = d.thread "
			    "JOIN object o ON o.id = d.object WHERE o.process = t.process"), 2);
	cr_assert_eq(number("SELECT count(*) FROM event e JOIN thread t ON t.id = e.thread "
			    "JOIN object o ON o.id = e.object WHERE o.process = t.process"), 8);
	/* Of a create, the result is a thread; of a failure, it is an error. */
	cr_assert_eq(number("SELECT count(*) FROM event WHERE op = 'create' AND result = thread"),
		2);
	cr_assert_eq(number("SELECT count(*) FROM event WHERE op = 'fail' AND result = 16"), 2);
	cr_assert(hw_resolve_done(merged));
	cr_assert_eq(hw_model_load(merged, "merged", &model, &error), 0, "%s", error.message);
	cr_assert_eq(model.run_count, 2);
	cr_assert_str_eq(model.runs[1].file, "two.db");
	cr_assert_eq(model.processes[1].run, 1);
	cr_assert_eq(model.objects[1].run, 0);
	cr_assert_eq(model.objects[2].run, 1);
	cr_assert_str_eq(model.threads[1].label, "worker (thread 1, two.db)");
	hw_model_finish(&model);
}

/* Before somebody was known to have waited longest. */
Test(merge, takes_columns_that_are_missing_as_not_known)
{
	struct scenario s;
	int64_t object;

	write_run("one.db", "transfer", 3);
	scenario_init(&s);
	object = scenario_object(&s, "mutex", "a");
	for (const char *const *column = (const char *const[]){ "wait_max_thread",
		     "wait_max_holder", "wait_max_stack", NULL }; *column; column++)
		scenario_sql(&s, "ALTER TABLE contention DROP COLUMN %s", *column);
	scenario_sql(&s, "INSERT INTO contention VALUES (%lld, 0, 7, 1, 5, 5, 9, 9)", object);
	write_file(&s, "two.db");
	merge("one.db", "two.db");
	cr_assert_eq(number("SELECT count(*) FROM contention WHERE acquired = 7 AND "
			    "wait_max_ns = 5 AND wait_max_thread IS NULL"), 1);
}

Test(merge, puts_one_run_after_the_other)
{
	write_run("one.db", "transfer", 3);
	write_run("two.db", "audit", 5);
	merge("one.db", "two.db");
	/* The first says that it ended at 1003. */
	cr_assert_eq(number("SELECT min(time_ns) FROM event WHERE thread = 2"), 1003 + 100);
	cr_assert_eq(number("SELECT value FROM meta WHERE key = 'ended_ns'"), 1003 + 1005);
}

Test(merge, adds_up_what_the_runs_say_of_themselves)
{
	write_run("one.db", "transfer", 3);
	write_run("two.db", "audit", 5);
	merge("one.db", "two.db");
	cr_assert_eq(number("SELECT value FROM meta WHERE key = 'lost'"), 4);
	cr_assert_eq(number("SELECT value FROM meta WHERE key = 'events'"), 12);
	cr_assert_eq(number("SELECT value FROM meta WHERE key = 'complete'"), 1);
	cr_assert_eq(number("SELECT value = 'one.db: it rained' FROM meta WHERE key = 'note.1'"),
		1);
	cr_assert_eq(number("SELECT value = 'two.db: it rained' FROM meta WHERE key = 'note.2'"),
		1);
}

Test(merge, of_what_was_merged_keeps_the_runs)
{
	sqlite3 *first = merged;
	char *message = NULL;

	write_run("one.db", "transfer", 3);
	write_run("two.db", "audit", 5);
	write_run("three.db", "audit", 1);
	merge("one.db", "two.db");
	cr_assert_eq(sqlite3_exec(merged, "VACUUM INTO 'both.db'", NULL, NULL, &message),
		SQLITE_OK, "%s", message);
	cr_assert_eq(sqlite3_open(":memory:", &merged), SQLITE_OK);
	merge("three.db", "both.db");
	cr_assert_eq(number("SELECT count(*) FROM meta WHERE key GLOB 'merged.?'"), 3);
	cr_assert_eq(number("SELECT value = 'three.db' FROM meta WHERE key = 'merged.1'"), 1);
	cr_assert_eq(number("SELECT value = 'two.db' FROM meta WHERE key = 'merged.3'"), 1);
	cr_assert_eq(number("SELECT value FROM meta WHERE key = 'merged.3.process'"), 3);
	cr_assert_eq(number("SELECT value FROM meta WHERE key = 'merged.3.object'"), 5);
	sqlite3_close(first);
}

Test(merge, one_that_was_not_closed_makes_all_incomplete)
{
	struct scenario s;

	write_run("one.db", "transfer", 3);
	scenario_init(&s);
	scenario_thread(&s, "worker");
	scenario_sql(&s, "DELETE FROM meta WHERE key = 'complete'");
	write_file(&s, "two.db");
	merge("one.db", "two.db");
	cr_assert_eq(number("SELECT value FROM meta WHERE key = 'complete'"), 0);
}

static void write_cut_off(const char *file)
{
	struct scenario s;

	scenario_init(&s);
	scenario_thread(&s, "worker");
	scenario_sql(&s, "UPDATE meta SET value = 0 WHERE key = 'complete'");
	scenario_sql(&s, "INSERT INTO meta VALUES('cut', 1)");
	write_file(&s, file);
}

Test(merge, one_that_was_cut_off)
{
	write_run("one.db", "transfer", 3);
	write_cut_off("two.db");
	merge("one.db", "two.db");
	cr_assert_eq(number("SELECT value FROM meta WHERE key = 'complete'"), 0);
	cr_assert_eq(number("SELECT value FROM meta WHERE key = 'cut'"), 1);
}

/* What the one says about its end does not tell of the other's. */
Test(merge, one_that_was_cut_off_and_one_that_was_not_closed)
{
	struct scenario s;

	scenario_init(&s);
	scenario_thread(&s, "worker");
	scenario_sql(&s, "DELETE FROM meta WHERE key = 'complete'");
	write_file(&s, "one.db");
	write_cut_off("two.db");
	merge("one.db", "two.db");
	cr_assert_eq(number("SELECT value FROM meta WHERE key = 'complete'"), 0);
	cr_assert_eq(number("SELECT count(*) FROM meta WHERE key = 'cut'"), 0);
}

/* Modules and classes are shared, so an id that leads nowhere must not lead to another's. */
Test(merge, what_leads_nowhere_is_not_known)
{
	struct scenario s;

	write_run("one.db", "transfer", 3);
	scenario_init(&s);
	scenario_thread(&s, "worker");
	scenario_object(&s, "mutex", "a");
	scenario_sql(&s, "UPDATE object SET class = 77, module = 1, name = NULL");
	scenario_sql(&s, "DELETE FROM module");
	scenario_sql(&s, "INSERT INTO meta VALUES ('named', (SELECT ifnull(max(id), 0) FROM frame)"
			 " || ' ' || (SELECT ifnull(max(id), 0) FROM object))");
	write_file(&s, "two.db");
	merge("one.db", "two.db");
	cr_assert_eq(number("SELECT class IS NULL AND module IS NULL FROM object WHERE id = 3"), 1);
	cr_assert_eq(number("SELECT class IS NULL FROM object WHERE id = 1"), 0);
}

static void expect_failure(const char *one, const char *other, const char *message)
{
	cr_assert_lt(
		hw_merge_files(merged, (const char *const[]){ one, other }, 2, &error), 0);
	cr_assert(strstr(error.message, message), "%s", error.message);
}

Test(merge, refuses_one_recording_twice)
{
	write_run("one.db", "transfer", 3);
	cr_assert_eq(symlink("one.db", "link.db"), 0);
	expect_failure("one.db", "link.db", "are one recording");
}

Test(merge, says_which_file_cannot_be_read)
{
	write_run("one.db", "transfer", 3);
	expect_failure("one.db", "none.db", "'none.db'");
}

Test(merge, survives_ids_at_the_end_of_numbers)
{
	struct scenario s;

	write_run("one.db", "transfer", 3);
	scenario_init(&s);
	scenario_thread(&s, "worker");
	scenario_sql(&s, "UPDATE thread SET id = 9223372036854775807");
	write_file(&s, "two.db");
	expect_failure("one.db", "two.db", "out of range");
	cr_assert(strstr(error.message, "'two.db'"));
}
