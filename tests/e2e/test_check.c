/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* holdwait check: its exit status, what it leaves behind, and what is known to it already. */

#define PHILOSOPHERS HW_BUILD_DIR "/demos/philosophers"

static struct hw_scratch scratch;

/* Recordings of a check go to the current folder. */
static void setup(void)
{
	hw_scratch_init(&scratch);
	cr_assert_eq(chdir(scratch.path), 0);
}

static void teardown(void)
{
	cr_assert_eq(chdir("/"), 0);
	hw_scratch_finish(&scratch);
}

TestSuite(check, .init = setup, .fini = teardown);

static void expect(const char *const arguments[], int status, const char *output,
	const char *errors)
{
	struct hw_process process;

	hw_process_run(&process, arguments);
	cr_expect_eq(process.status, status, "%s %s: status %d instead of %d: %s%s", arguments[2],
		arguments[3], process.status, status, hw_process_output(&process),
		hw_process_errors(&process));
	if (output)
		hw_process_expect_output(&process, output);
	if (errors)
		hw_process_expect_errors(&process, errors);
	hw_process_finish(&process);
}

#define CHECK(...) HW_ARGUMENTS(HW_HOLDWAIT, "check", __VA_ARGS__)

static void record(const char *file, const char *strategy)
{
	expect(HW_ARGUMENTS(HW_HOLDWAIT, "record", "-o", file, PHILOSOPHERS, "--strategy",
		       strategy), 0, NULL, NULL);
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	cr_assert_not_null(file);
	fputs(text, file);
	cr_assert_eq(fclose(file), 0);
}

Test(check, says_by_its_exit_status_whether_there_are_findings)
{
	record("good.db", "ordered");
	record("bad.db", "naive");
	expect(CHECK("good.db"), 0, "no finding in 1 recording\n", "");
	expect(CHECK("bad.db"), 1, "bad.db: predicted[HW001] hw-", "");
	expect(CHECK("good.db", "bad.db"), 1, "1 finding in 2 recordings\n", "");
	expect(CHECK("-v", "bad.db"), 1, "= id: hw-", "");
	expect(CHECK("-q", "good.db"), 0, "", "");
}

/* What one thread does, or one thread after another; not what a common lock keeps apart. */
Test(check, takes_any_thread_for_another_when_told_to)
{
	static const struct {
		const char *program, *shape, *said;
	} shapes[] = {
		{ "ordered", "one_thread", "possible[HW001] hw-" },
		{ "ordered", "after_join", "possible[HW001] hw-" },
		{ "ordered", "by_semaphore", "possible[HW001] hw-" },
		{ "rings", "abba", "predicted[HW001] hw-" },
		{ "gates", "outer_lock", NULL },
		{ "tries", "back_off", NULL },
	};
	char path[512];

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		const char *said = shapes[i].said;

		snprintf(path, sizeof(path), "%s/tests/fixtures/shapes/%s", HW_BUILD_DIR,
			shapes[i].program);
		expect(HW_ARGUMENTS(HW_HOLDWAIT, "record", "-o", "shape.db", path,
			       shapes[i].shape), 0, NULL, NULL);
		expect(CHECK("shape.db"), said && said[1] == 'r', NULL, "");
		expect(CHECK("--any-thread", "shape.db"), said != NULL, said, "");
	}
	expect(HW_ARGUMENTS(HW_HOLDWAIT, "report", "--any-thread", "shape.db"), 0,
		"no deadlock found", "");
}

Test(check, does_not_say_what_it_cannot_know)
{
	record("good.db", "ordered");
	record("bad.db", "naive");
	write_file("text", "no recording\n");
	expect(CHECK("text"), 2, NULL, "'text'");
	expect(CHECK("missing.db", "good.db"), 2, "of which 1 says little", "missing.db");
	expect(CHECK("missing.db", "bad.db"), 1, "1 finding", "missing.db");
	expect(CHECK("--baseline=missing", "good.db"), 2, "", "'missing'");
	expect(CHECK("-f", "xml", "good.db"), 2, "", "xml");
	expect(CHECK("good.db", "--", "true"), 2, "", "'good.db'");
	expect(CHECK("--"), 2, "", "no program");
	/* Findings are sound in what is left of a recording; that there is none is not. */
	expect(HW_ARGUMENTS("sqlite3", "good.db",
		       "UPDATE meta SET value = 7 WHERE key = 'lost'"), 0, NULL, NULL);
	expect(HW_ARGUMENTS("sqlite3", "bad.db",
		       "UPDATE meta SET value = 7 WHERE key = 'lost'"), 0, NULL, NULL);
	expect(CHECK("good.db"), 2, "good.db: 7 events were lost\n", "");
	expect(CHECK("bad.db"), 1, "7 events were lost", "");
	expect(HW_ARGUMENTS("sqlite3", "good.db", "UPDATE meta SET value = 0 "
			"WHERE key IN ('lost', 'complete')"), 0, NULL, NULL);
	expect(CHECK("good.db"), 2, "did not end regularly", "");
	expect(HW_ARGUMENTS("sqlite3", "good.db", "UPDATE meta SET value = 0 "
			"WHERE key = 'events'"), 0, NULL, NULL);
	expect(CHECK("good.db"), 2, "nothing was recorded", "");
}

Test(check, tells_what_is_new_from_what_is_known)
{
	char *first, *second;
	size_t bytes;

	record("good.db", "ordered");
	record("bad.db", "naive");
	expect(CHECK("--write-baseline=known", "bad.db"), 0, NULL, "");
	first = (char *)hw_scratch_read(&scratch, "known", &bytes);
	cr_assert_not_null(strstr(first, "\nhw-"));
	expect(CHECK("--baseline=known", "bad.db"), 0, "no new finding, 1 known", "");
	expect(CHECK("--baseline=known", "good.db"), 0, "gone from the baseline: hw-", "");
	/* Another run tells of other locks of the same ring; the file stays as it was. */
	record("bad.db", "naive");
	expect(CHECK("--write-baseline=known", "bad.db"), 0, NULL, "");
	second = (char *)hw_scratch_read(&scratch, "known", &bytes);
	cr_assert_str_eq(first, second);
	/* That it happened is news, though that it could was known. */
	expect(CHECK("--baseline=known", "--", PHILOSOPHERS, "--certain"), 1, "",
		"deadlock[HW002]");
	free(first);
	free(second);
}

Test(check, leaves_out_what_is_suppressed)
{
	record("bad.db", "naive");
	write_file(".holdwait-suppressions", "rule HW009 # not yet\nclass table.forks\\[]\n");
	expect(CHECK("bad.db"), 0, ".holdwait-suppressions:1: suppresses nothing: rule HW009\n",
		"");
	expect(CHECK("bad.db"), 0, "no finding, 1 suppressed in 1 recording\n", "");
	/* Files that are named count instead of the one that is found. */
	write_file("one", "function take_right_*\n");
	write_file("two", "rule HW002\n");
	expect(CHECK("--suppressions=two", "bad.db"), 1, "two:1: suppresses nothing", "");
	expect(CHECK("--suppressions=one", "--suppressions=two", "bad.db"), 0, "1 suppressed", "");
	write_file("two", "rule HW002\nnonsense\n");
	expect(CHECK("--suppressions=two", "bad.db"), 2, "", "two:2: 'nonsense'");
}

Test(check, writes_json)
{
	struct hw_process process;
	json_t *report, *recording;

	record("good.db", "ordered");
	record("bad.db", "naive");
	hw_process_run(&process, CHECK("-f", "json", "bad.db", "missing.db", "good.db"));
	cr_assert_eq(process.status, 1);
	report = json_loads(hw_process_output(&process), 0, NULL);
	cr_assert_not_null(report);
	cr_assert_eq(json_integer_value(json_object_get(report, "status")), 1);
	cr_assert_eq(json_array_size(json_object_get(report, "recordings")), 3);
	recording = json_array_get(json_object_get(report, "recordings"), 0);
	cr_assert_eq(hw_recorded_count(recording, "HW001"), 1);
	recording = json_array_get(json_object_get(report, "recordings"), 1);
	cr_assert(json_is_string(json_object_get(recording, "cannot_say")));
	recording = json_array_get(json_object_get(report, "recordings"), 2);
	cr_assert_eq(hw_recorded_count(recording, NULL), 0);
	cr_assert(json_is_null(json_object_get(recording, "cannot_say")));
	json_decref(report);
	hw_process_finish(&process);
}

Test(check, records_a_program_and_leaves_nothing_when_it_is_clean)
{
	expect(CHECK("--", "sh", "-c", "echo out; echo err >&2"), 0, "out\n", "err\n");
	expect(CHECK("--", PHILOSOPHERS, "--strategy=ordered"), 0, NULL, "");
	cr_assert_eq(hw_scratch_count(&scratch, ""), 0);
	expect(CHECK("-o", "kept.db", "--", "true"), 0, "", "");
	cr_assert_eq(hw_scratch_count(&scratch, ""), 1);
}

Test(check, keeps_the_recording_of_what_it_found)
{
	struct hw_recorded recorded = { .scratch = scratch };

	expect(CHECK("--", PHILOSOPHERS, "--strategy=naive"), 1, NULL, "predicted[HW001] hw-");
	cr_assert_eq(hw_scratch_count(&scratch, ".db"), 1);
	cr_assert_eq(hw_scratch_count(&scratch, ""), 1);
	/* What hangs is ended, which is not the program's own failure. */
	expect(CHECK("-o", "hung.db", "--", PHILOSOPHERS, "--certain"), 1, NULL,
		"deadlock[HW002] hw-");
	snprintf(recorded.file, sizeof(recorded.file), "hung.db");
	cr_assert_eq(hw_recorded_number(&recorded, "SELECT count(*) FROM finding"), 1);
}

Test(check, the_failure_of_the_program_comes_first)
{
	expect(CHECK("--", "sh", "-c", "exit 77"), 77, "", "");
	expect(CHECK("--", "sh", "-c", "kill -9 $$"), 128 + 9, "", "");
	expect(CHECK("--", "sh", "-c", PHILOSOPHERS " --strategy=naive; exit 7"), 7, NULL,
		"predicted[HW001] hw-");
	expect(CHECK("--", "no-such-program"), 127, "", "'no-such-program'");
	expect(CHECK("--", HW_BUILD_DIR "/tests/fixtures/static_program"), 2, "", "static");
	write_file(".holdwait-suppressions", "rule HW002\n");
	expect(CHECK("--", PHILOSOPHERS, "--certain"), 124, NULL, NULL);
}

/* The child has begun before the program ends, and ends when the test lets it. */
Test(check, cannot_say_while_a_child_outlives_the_program)
{
	struct hw_recorded recorded = { .scratch = scratch, .file = "kept.db" };
	FILE *pipe;

	expect(CHECK("-o", "kept.db", "--", "sh", "-c",
		       "mkfifo up go && { sh -c 'echo > up; read x < go' & read x < up; }"),
		2, "", "kept.db: the recording did not end regularly");
	pipe = fopen("go", "w");
	cr_assert_not_null(pipe);
	fputc('\n', pipe);
	fclose(pipe);
	/* What was missing is there in the end. */
	hw_recorded_wait_until_complete(&recorded);
	expect(CHECK("kept.db"), 0, "no finding in 1 recording\n", "");
}

Test(check, runs_side_by_side_do_not_disturb_each_other)
{
	enum { RUNS = 6 };
	struct hw_process processes[RUNS];

	for (int i = 0; i < RUNS; i++)
		hw_process_start(&processes[i], CHECK("--", PHILOSOPHERS, "--strategy",
							i % 2 ? "naive" : "ordered"));
	for (int i = 0; i < RUNS; i++) {
		cr_assert(hw_process_wait(&processes[i], HW_PROCESS_PATIENCE_S));
		cr_expect_eq(processes[i].status, i % 2, "run %d: status %d: %s", i,
			processes[i].status, hw_process_errors(&processes[i]));
		hw_process_finish(&processes[i]);
	}
	cr_assert_eq(hw_scratch_count(&scratch, ".db"), RUNS / 2);
	cr_assert_eq(hw_scratch_count(&scratch, ""), RUNS / 2);
}

Test(check, is_a_wrapper_for_meson_test)
{
	struct hw_process process;

	write_file("meson.build",
		"project('dinner')\n"
		"philosophers = find_program('" PHILOSOPHERS "')\n"
		"foreach strategy : ['ordered', 'polite', 'waiter', 'naive']\n"
		"  test(strategy, philosophers, args: ['--strategy', strategy])\n"
		"endforeach\n"
		"test('skipped', find_program('sh'), args: ['-c', 'exit 77'])\n");
	expect(HW_ARGUMENTS("meson", "setup", "build"), 0, NULL, NULL);
	hw_process_run(&process, HW_ARGUMENTS("meson", "test", "-C", "build", "--no-rebuild",
					 "--wrapper", HW_HOLDWAIT " check --"));
	cr_assert_eq(process.status, 1, "status %d", process.status);
	hw_process_expect_output(&process, "naive");
	{
		char *output = hw_process_output(&process);
		const char *ok = strstr(output, "Ok:"), *failed = strstr(output, "\nFail:"),
			   *skipped = strstr(output, "Skipped:");

		cr_assert(ok && failed && skipped, "%s", output);
		cr_assert_eq(atoi(ok + 3), 3, "%s", output);
		cr_assert_eq(atoi(failed + 6), 1, "%s", output);
		cr_assert_eq(atoi(skipped + 8), 1, "%s", output);
		free(output);
	}
	hw_process_finish(&process);
}
