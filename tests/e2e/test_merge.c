/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Several recordings of real programs: report, merge and diff of them. */

static const char two_orders[] = HW_BUILD_DIR "/tests/fixtures/two_orders";
static const char philosophers[] = HW_BUILD_DIR "/demos/philosophers";

static struct hw_scratch scratch;

/* In the scratch folder, so that recordings have short names. */
static void set_up(void)
{
	hw_scratch_init(&scratch);
	cr_assert_eq(chdir(scratch.path), 0);
}

static void tear_down(void)
{
	cr_assert_eq(chdir("/"), 0);
	hw_scratch_finish(&scratch);
}

TestSuite(merge, .init = set_up, .fini = tear_down);

static int status_of(const char *const arguments[])
{
	struct hw_process process;

	hw_process_run(&process, arguments);
	hw_process_finish(&process);
	return process.status;
}

static void record(const char *file, const char *what)
{
	cr_assert_eq(status_of(HW_ARGUMENTS(HW_HOLDWAIT, "record", "-q", "-o", file, two_orders,
			     what)), 0, "%s", what);
}

static json_t *json_of(int status, const char *const arguments[])
{
	char *text = hw_process_text(status, arguments);
	json_error_t error;
	json_t *json = json_loads(text, 0, &error);

	cr_assert_not_null(json, "%s in %s", error.text, text);
	free(text);
	return json;
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	cr_assert_not_null(text, "no text '%s'", key);
	return text;
}

/* The only finding of a report, with this verdict, and the file of each of its two threads. */
static void expect_finding(const json_t *report, const char *verdict, const char *one,
	const char *other)
{
	const json_t *finding = hw_recorded_finding(report, "HW001");
	const json_t *threads = json_object_get(finding, "threads");
	const char *first, *second;

	cr_assert_eq(hw_recorded_count(report, NULL), 1);
	cr_assert_str_eq(string_of(finding, "verdict"), verdict);
	cr_assert_eq(json_array_size(threads), 2);
	first = string_of(json_array_get(threads, 0), "recording");
	second = string_of(json_array_get(threads, 1), "recording");
	cr_assert((!strcmp(first, one) && !strcmp(second, other)) ||
			(!strcmp(first, other) && !strcmp(second, one)),
		"%s and %s", first, second);
}

static size_t findings_of(const char *const arguments[])
{
	json_t *report = json_of(0, arguments);
	size_t count = hw_recorded_count(report, NULL);

	json_decref(report);
	return count;
}

Test(merge, finds_a_cycle_that_no_run_has)
{
	json_t *report;
	char *text;

	record("transfer.db", "transfer");
	record("audit.db", "audit");
	cr_assert_eq(findings_of(HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", "transfer.db")),
		0);
	cr_assert_eq(findings_of(HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", "audit.db")),
		0);
	report = json_of(0, HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", "transfer.db",
				    "audit.db"));
	expect_finding(report, "possible", "transfer.db", "audit.db");
	json_decref(report);
	text = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "report", "transfer.db", "audit.db"));
	cr_assert(strstr(text, "thread 2 (transfer.db) holds accounts and locks journal"), "%s",
		text);
	cr_assert(strstr(text, "exists only across recordings"), "%s", text);
	free(text);
}

Test(merge, keeps_what_a_run_shows_by_itself)
{
	json_t *report;

	record("both.db", "both");
	record("transfer.db", "transfer");
	report = json_of(0,
		HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", "transfer.db", "both.db"));
	expect_finding(report, "predicted", "both.db", "both.db");
	json_decref(report);
}

/* What is ordered in every run is not possible because there were two of them. */
Test(merge, keeps_what_every_run_rules_out)
{
	json_t *report;

	record("one.db", "later");
	record("two.db", "later");
	report = json_of(0,
		HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", "--all", "one.db", "two.db"));
	cr_assert_eq(hw_recorded_count(report, NULL), 0);
	cr_assert_str_eq(string_of(json_array_get(json_object_get(report, "ruled_out"), 0),
				 "reason"), "ordered");
	json_decref(report);
}

Test(merge, first_threads_never_meet)
{
	record("one.db", "main-transfer");
	record("two.db", "main-audit");
	cr_assert_eq(findings_of(HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", "one.db",
			     "two.db")), 0);
}

Test(merge, nameless_locks_are_the_same_by_class)
{
	json_t *report;

	record("lend.db", "lend");
	record("repay.db", "repay");
	report = json_of(0,
		HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", "lend.db", "repay.db"));
	expect_finding(report, "possible", "lend.db", "repay.db");
	json_decref(report);
}

/* The ring of forks that really hung is the same finding when it is merged with another run. */
Test(merge, a_deadlock_stays_one)
{
	static const char *const outputs[] = { "one.db", "two.db" };
	json_t *report;

	for (int i = 0; i < 2; i++)
		cr_assert_eq(status_of(HW_ARGUMENTS(HW_HOLDWAIT, "run", "-q", "-o", outputs[i],
				     "--on-deadlock=exit", philosophers, "--certain")), 124);
	report = json_of(0, HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", "one.db", "two.db"));
	cr_assert_eq(hw_recorded_count(report, NULL), 1);
	cr_assert_eq(json_integer_value(json_object_get(hw_recorded_finding(report, "HW002"),
			     "instances")), 2);
	json_decref(report);
}

static int64_t number_in(const char *file, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *row;
	int64_t result;

	cr_assert_eq(sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK, "%s",
		sqlite3_errmsg(db));
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW);
	result = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	sqlite3_close(db);
	return result;
}

Test(merge, writes_a_recording_for_every_verb)
{
	json_t *report;
	char *text;

	record("transfer.db", "transfer");
	record("audit.db", "audit");
	cr_assert_eq(status_of(HW_ARGUMENTS(HW_HOLDWAIT, "merge", "-o", "all.db", "transfer.db",
			     "audit.db")), 0);
	cr_assert_eq(number_in("all.db", "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	cr_assert_eq(number_in("all.db", "SELECT count(*) FROM event"),
		number_in("transfer.db", "SELECT count(*) FROM event") +
			number_in("audit.db", "SELECT count(*) FROM event"));
	/* Two recordings, the merged one, and nothing that it was made by. */
	cr_assert_eq(hw_scratch_count(&scratch, ""), 3);
	report = json_of(0, HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", "all.db"));
	expect_finding(report, "possible", "transfer.db", "audit.db");
	json_decref(report);
	text = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "log", "all.db"));
	cr_assert(strstr(text, "thread 2 (audit.db)"), "%s", text);
	free(text);
	text = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "graph", "all.db"));
	cr_assert(strstr(text, "journal"), "%s", text);
	free(text);
	text = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "info", "-v", "all.db"));
	cr_assert(strstr(text, "made of    transfer.db\n             audit.db\n"), "%s", text);
	cr_assert(strstr(text, "processes  2"), "%s", text);
	free(text);
}

static void write_text(const char *file, const char *text)
{
	FILE *out = fopen(file, "w");

	cr_assert_not_null(out);
	fputs(text, out);
	cr_assert_eq(fclose(out), 0);
}

Test(merge, replaces_only_recordings)
{
	size_t size;
	char *text;

	record("transfer.db", "transfer");
	write_text("letter.txt", "dear all");
	cr_assert_eq(status_of(HW_ARGUMENTS(HW_HOLDWAIT, "merge", "-o", "letter.txt",
			     "transfer.db")), 2);
	text = (char *)hw_scratch_read(&scratch, "letter.txt", &size);
	cr_assert_str_eq(text, "dear all");
	free(text);
	/* Of one that cannot be read nothing is left, and what was there stays. */
	cr_assert_eq(status_of(HW_ARGUMENTS(HW_HOLDWAIT, "merge", "-o", "transfer.db",
			     "transfer.db", "letter.txt")), 2);
	cr_assert_eq(number_in("transfer.db", "SELECT count(*) FROM process"), 1);
	cr_assert_eq(hw_scratch_count(&scratch, ""), 2);
	cr_assert_eq(status_of(HW_ARGUMENTS(HW_HOLDWAIT, "merge", "transfer.db")), 2);
	cr_assert_eq(status_of(HW_ARGUMENTS(HW_HOLDWAIT, "merge", "-o", "new.db")), 2);
}

Test(diff, lists_what_is_new_and_what_is_gone, .init = set_up, .fini = tear_down)
{
	json_t *difference, *orders;
	char *text;

	record("old.db", "transfer");
	record("new.db", "both");
	text = hw_process_text(1, HW_ARGUMENTS(HW_HOLDWAIT, "diff", "old.db", "new.db"));
	cr_assert(strstr(text, "new finding: predicted[HW001] hw-"), "%s", text);
	cr_assert(strstr(text, "new order: journal before accounts, in audit (two_orders.c:"),
		"%s", text);
	cr_assert_not(strstr(text, "gone"), "%s", text);
	free(text);
	difference = json_of(1,
		HW_ARGUMENTS(HW_HOLDWAIT, "diff", "-f", "json", "new.db", "old.db"));
	orders = json_object_get(difference, "orders");
	cr_assert_eq(json_array_size(json_object_get(orders, "new")), 0);
	cr_assert_eq(json_array_size(json_object_get(orders, "gone")), 1);
	json_decref(difference);
}

static void record_declared(const char *file, const char *shape)
{
	cr_assert_eq(status_of(HW_ARGUMENTS(HW_HOLDWAIT, "record", "-q", "-o", file,
			     HW_BUILD_DIR "/tests/fixtures/shapes/declared", shape)), 0);
}

/* Misuse has no verdict. */
Test(diff, lists_declared_orders_and_misuse, .init = set_up, .fini = tear_down)
{
	json_t *difference, *declared;
	char *text;

	record_declared("old.db", "of_others");
	record_declared("new.db", "against");
	text = hw_process_text(1, HW_ARGUMENTS(HW_HOLDWAIT, "diff", "old.db", "new.db"));
	cr_assert(strstr(text, "new finding: misuse[HW013] hw-"), "%s", text);
	cr_assert(strstr(text, "new declared order: bank before account, in declare (declared.c:"),
		"%s", text);
	cr_assert(strstr(text, "gone declared order: account before branch, in of_others "), "%s",
		text);
	free(text);
	difference = json_of(1,
		HW_ARGUMENTS(HW_HOLDWAIT, "diff", "-f", "json", "old.db", "new.db"));
	declared = json_object_get(difference, "declared");
	cr_assert_eq(json_array_size(json_object_get(declared, "new")), 1);
	cr_assert_eq(json_array_size(json_object_get(declared, "gone")), 2);
	json_decref(difference);
}

Test(diff, of_two_runs_that_do_the_same_is_none, .init = set_up, .fini = tear_down)
{
	record("one.db", "both");
	record("two.db", "both");
	cr_assert_eq(status_of(HW_ARGUMENTS(HW_HOLDWAIT, "diff", "one.db", "two.db")), 0);
	cr_assert_eq(status_of(HW_ARGUMENTS(HW_HOLDWAIT, "diff", "one.db", "none.db")), 2);
	cr_assert_eq(status_of(HW_ARGUMENTS(HW_HOLDWAIT, "diff", "one.db")), 2);
	cr_assert_eq(status_of(HW_ARGUMENTS(HW_HOLDWAIT, "diff", "a", "b", "c")), 2);
}

/* Build the fixture from a copy of its source in another folder. */
static void build(const char *folder, const char *option)
{
	char *command;

	cr_assert_gt(asprintf(&command,
			     "mkdir -p %s && cp '%s/tests/fixtures/two_orders.c' %s && cd %s && "
			     "%s -g %s -pthread -o two_orders \"$PWD/two_orders.c\"",
			     folder, HW_SOURCE_DIR, folder, folder, HW_COMPILER, option), 0);
	cr_assert_eq(system(command), 0, "%s", command);
	free(command);
}

static char *id_of(const char *folder, const char *what, bool fixed_addresses)
{
	char *program;
	json_t *report;
	char *id;

	cr_assert_gt(asprintf(&program, "%s/two_orders", folder), 0);
	cr_assert_eq(status_of(fixed_addresses ?
			HW_ARGUMENTS("setarch", "-R", HW_HOLDWAIT, "record", "-q", "-o", "id.db",
				program, what) :
			HW_ARGUMENTS(HW_HOLDWAIT, "record", "-q", "-o", "id.db", program, what)),
		0);
	report = json_of(0, HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", "id.db"));
	id = strdup(string_of(hw_recorded_finding(report, "HW001"), "id"));
	json_decref(report);
	free(program);
	return id;
}

/* Static locks, and locks made by functions; the ids have nothing of folder or address. */
static void expect_same_id(const char *what)
{
	char *first = id_of("here", what, false);

	for (int i = 0; i < 4; i++) {
		char *id = id_of(i & 1 ? "a/quite/different/folder" : "here", what, i & 2);

		cr_expect_str_eq(id, first, "%s", what);
		free(id);
	}
	free(first);
}

Test(ids, are_the_same_in_another_run_folder_and_address, .init = set_up, .fini = tear_down)
{
	build("here", "-O0");
	build("a/quite/different/folder", "-O0");
	expect_same_id("both");
	expect_same_id("both-made");
}

Test(ids, are_the_same_with_and_without_position_independence, .init = set_up, .fini = tear_down)
{
	char *first, *second;

	build("here", "-fPIE -pie");
	build("there", "-fno-pie -no-pie");
	first = id_of("here", "both", false);
	second = id_of("there", "both", false);
	cr_assert_str_eq(first, second);
	free(first);
	free(second);
}
