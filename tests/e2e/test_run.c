/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* holdwait run and record: what they print, how they end, and what is left in the recording. */

static const char philosophers[] = HW_BUILD_DIR "/demos/philosophers";

static void expect_ring_of_forks(const json_t *report)
{
	const json_t *finding = hw_recorded_finding(report, "HW002");
	const json_t *objects = json_object_get(finding, "objects");
	const json_t *threads = json_object_get(finding, "threads");
	unsigned forks = 0, guests = 0, number;
	const json_t *value;
	size_t index;

	cr_assert_str_eq(json_string_value(json_object_get(finding, "verdict")), "deadlock");
	json_array_foreach((json_t *)objects, index, value)
		if (sscanf(json_string_value(json_object_get(value, "name")), "table.forks[%u]",
			    &number) == 1)
			forks |= 1u << number;
	json_array_foreach((json_t *)threads, index, value)
		if (sscanf(json_string_value(json_object_get(value, "name")), "philosopher %u",
			    &number) == 1)
			guests |= 1u << number;
	cr_assert_eq(forks, 31, "forks %x", forks);
	cr_assert_eq(guests, 31, "philosophers %x", guests);
}

/*
 * Main makes 5 forks, 2 barriers, 1 semaphore and 5 threads, and joins the first;
 * each of 6 threads starts; each philosopher passes 2 barriers, takes one fork
 * and waits for another.
 */
static void expect_what_they_did(const struct hw_recorded *recorded)
{
	cr_assert_eq(hw_recorded_number(recorded, "SELECT count(*) FROM event"),
		8 + 5 + 1 + 6 + 5 * 2 * 2 + 5 + 5);
	cr_assert_eq(hw_recorded_number(recorded,
			     "SELECT count(*) FROM event WHERE op = 'lock'"), 5);
	cr_assert_eq(hw_recorded_number(recorded,
			     "SELECT count(*) FROM event e JOIN object o ON o.id = e.object "
			     "WHERE op = 'wait' AND kind = 'mutex'"), 5);
}

/* Told when it was seen, and not once more at the end. */
static void expect_once(const struct hw_process *process, const char *part)
{
	char *errors = hw_process_errors(process);
	const char *first = strstr(errors, part);

	cr_expect(first && !strstr(first + 1, part), "not once '%s' in: %s", part, errors);
	free(errors);
}

Test(run, exits_with_124_from_a_deadlock)
{
	struct hw_recorded recorded;
	struct hw_process process;
	json_t *report;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "run",
		HW_ARGUMENTS("--on-deadlock=exit", philosophers, "--certain"));
	cr_assert_eq(process.status, 124);
	hw_process_expect_errors(&process, "deadlock[HW002]");
	for (int i = 0; i < 5; i++) {
		char name[32];

		snprintf(name, sizeof(name), "philosopher %d", i);
		hw_process_expect_errors(&process, name);
		snprintf(name, sizeof(name), "holds table.forks[%d]", i);
		hw_process_expect_errors(&process, name);
	}
	hw_process_expect_errors(&process, "philosophers.c:");
	expect_once(&process, "deadlock[HW002]");
	expect_once(&process, "1 deadlock\n");
	report = hw_recorded_report(&recorded, false);
	expect_ring_of_forks(report);
	cr_assert_eq(hw_recorded_count(report, "HW001"), 0, "the same ring was told twice");
	expect_what_they_did(&recorded);
	cr_assert_eq(hw_recorded_number(&recorded, "SELECT count(*) FROM finding"), 1);
	json_decref(report);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(run, tells_while_the_program_hangs)
{
	struct hw_recorded recorded;
	struct hw_process process;

	hw_recorded_init(&recorded);
	hw_recorded_start(&recorded, &process, "run",
		HW_ARGUMENTS(philosophers, "--certain"));
	cr_assert(hw_recorded_wait_for_errors(&process, "deadlock[HW002]"));
	cr_assert(hw_recorded_wait_for_errors(&process, "the program hangs"));
	cr_assert_not(hw_process_wait(&process, 0), "it ended by itself");
	/* What is sent to holdwait reaches the program, and holdwait ends as it does. */
	kill(process.pid, SIGTERM);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_assert_eq(process.status, 128 + SIGTERM);
	expect_what_they_did(&recorded);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(run, ends_by_the_signals_that_on_deadlock_names)
{
	static const struct {
		const char *option;
		int status;
	} cases[] = { { "--on-deadlock=abort", 128 + SIGABRT },
		{ "--on-deadlock=kill", 128 + SIGKILL } };

	for (size_t i = 0; i < 2; i++) {
		struct hw_recorded recorded;
		struct hw_process process;

		hw_recorded_init(&recorded);
		hw_recorded_run(&recorded, &process, "run",
			HW_ARGUMENTS(cases[i].option, philosophers, "--certain"));
		cr_assert_eq(process.status, cases[i].status, "%s: %d", cases[i].option,
			process.status);
		hw_process_finish(&process);
		hw_recorded_finish(&recorded);
	}
}

/* A hang changes nothing any more, so whoever failed to see it once has to look again. */
Test(run, looks_again_at_a_recording_that_it_could_not_read)
{
	static const char relock[] = HW_BUILD_DIR "/tests/fixtures/shapes/waits";
	struct hw_recorded recorded, away;
	struct hw_process process;
	char go[600], script[1200];
	FILE *pipe;

	hw_recorded_init(&recorded);
	snprintf(go, sizeof(go), "%s/go", recorded.scratch.path);
	cr_assert_eq(mkfifo(go, 0600), 0);
	snprintf(script, sizeof(script), "read line < '%s'; exec '%s' relock_hang", go, relock);
	hw_recorded_start(&recorded, &process, "run",
		HW_ARGUMENTS("--on-deadlock=exit", "sh", "-c", script));
	/* Opens when the script reads, and then the recording is there. */
	pipe = fopen(go, "w");
	cr_assert_not_null(pipe);
	away = recorded;
	snprintf(away.scratch.path, sizeof(away.scratch.path), "%.200s-away",
		recorded.scratch.path);
	snprintf(away.file, sizeof(away.file), "%s/test.db", away.scratch.path);
	cr_assert_eq(rename(recorded.scratch.path, away.scratch.path), 0);
	fputs("go\n", pipe);
	fclose(pipe);
	cr_assert(hw_recorded_wait_for_state(&away, 1));
	cr_assert(hw_recorded_wait_for_errors(&process, "cannot open"));
	cr_assert_eq(rename(away.scratch.path, recorded.scratch.path), 0);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_assert_eq(process.status, 124);
	expect_once(&process, "cannot open");
	expect_once(&process, "deadlock[HW003]");
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(run, passes_the_exit_status_and_the_output_on)
{
	struct hw_recorded recorded;
	struct hw_process process;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "run",
		HW_ARGUMENTS("-q", "sh", "-c", "echo out; echo err >&2; exit 7"));
	cr_assert_eq(process.status, 7);
	cr_assert_str_eq(hw_process_output(&process), "out\n");
	cr_assert_str_eq(hw_process_errors(&process), "err\n");
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(run, is_what_a_program_without_a_verb_means)
{
	struct hw_recorded recorded;
	struct hw_process process;

	hw_recorded_init(&recorded);
	hw_process_run(&process, HW_ARGUMENTS(HW_HOLDWAIT, "-o", recorded.file, "true"));
	cr_assert_eq(process.status, 0);
	cr_assert_eq(hw_recorded_number(&recorded, "SELECT count(*) FROM process"), 1);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(run, exits_as_told_when_there_are_findings)
{
	struct hw_recorded recorded;
	struct hw_process process;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "run",
		HW_ARGUMENTS("--error-exitcode=9", "--on-deadlock=kill", philosophers,
			"--certain"));
	cr_assert_eq(process.status, 9);
	hw_process_finish(&process);
	hw_recorded_run(&recorded, &process, "run",
		HW_ARGUMENTS("--error-exitcode=9", philosophers, "--strategy=ordered"));
	cr_assert_eq(process.status, 0);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(record, says_one_line_and_keeps_the_previous_recording)
{
	struct hw_recorded recorded;
	struct hw_process process;
	char *errors;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "record", HW_ARGUMENTS("true"));
	hw_process_finish(&process);
	hw_recorded_run(&recorded, &process, "record",
		HW_ARGUMENTS(philosophers, "--strategy=polite"));
	cr_assert_eq(process.status, 0);
	errors = hw_process_errors(&process);
	cr_assert_eq(strchr(errors, '\n') - errors, (long)strlen(errors) - 1, "%s", errors);
	cr_assert_not_null(strstr(errors, " 0 lost"), "%s", errors);
	free(errors);
	cr_assert_eq(hw_scratch_count(&recorded.scratch, "test.db"), 1);
	cr_assert_eq(hw_scratch_count(&recorded.scratch, "test.db.old"), 1);
	cr_assert_eq(hw_scratch_count(&recorded.scratch, ""), 2, "something else was left");
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

/* The program ends in the very moment its child has begun; the child is waited for. */
Test(record, goes_on_for_a_child_that_outlives_the_program)
{
	struct hw_recorded recorded;
	struct hw_process process;
	char script[1200], go[600];
	FILE *pipe;

	hw_recorded_init(&recorded);
	snprintf(go, sizeof(go), "%s/go", recorded.scratch.path);
	snprintf(script, sizeof(script),
		"cd '%s' && mkfifo up go && { sh -c 'echo > up; read x < go' & read x < up; }",
		recorded.scratch.path);
	hw_recorded_run(&recorded, &process, "record", HW_ARGUMENTS("sh", "-c", script));
	cr_assert_eq(process.status, 0);
	hw_process_expect_errors(&process, "1 of its processes still run");
	cr_assert_eq(hw_recorded_number(&recorded,
			     "SELECT count(*) FROM meta WHERE key = 'complete'"), 0);
	pipe = fopen(go, "w");
	cr_assert_not_null(pipe);
	fputc('\n', pipe);
	fclose(pipe);
	hw_recorded_wait_until_complete(&recorded);
	cr_assert_eq(hw_recorded_number(&recorded,
			     "SELECT count(*) FROM process WHERE end_ns IS NULL"), 0);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

static void expect_verdict(const char *strategy, const char *primitive)
{
	struct hw_recorded recorded;
	struct hw_process process;
	json_t *report;
	size_t findings;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "run",
		HW_ARGUMENTS("--on-deadlock=exit", philosophers, "--strategy", strategy, "--with",
			primitive));
	report = hw_recorded_report(&recorded, false);
	findings = hw_recorded_count(report, NULL);
	if (!strcmp(strategy, "naive"))
		cr_assert_gt(findings, 0, "%s with %s is not found", strategy, primitive);
	else
		cr_assert_eq(findings, 0, "%s with %s is blamed", strategy, primitive);
	json_decref(report);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(strategies, only_naive_can_deadlock)
{
	static const char *const strategies[] = { "naive", "ordered", "polite", "waiter" };

	for (size_t i = 0; i < sizeof(strategies) / sizeof(strategies[0]); i++) {
		expect_verdict(strategies[i], "mutex");
		expect_verdict(strategies[i], "semaphore");
	}
}

Test(preload, alone_leaves_the_same_recording)
{
	struct hw_recorded recorded;
	struct hw_process process;
	char *launched, *preloaded;
	static const char what[] = "SELECT group_concat(op || ' ' || n) FROM "
				   "(SELECT op, count(*) AS n FROM event GROUP BY op)";

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "record",
		HW_ARGUMENTS("--on-deadlock=exit", philosophers, "--certain"));
	launched = hw_recorded_text(&recorded, what);
	hw_process_finish(&process);
	/* What is waited for below is in the next recording. */
	remove(recorded.file);
	setenv("HOLDWAIT_FILE", recorded.file, 1);
	setenv("LD_PRELOAD", HW_LIBRARY, 1);
	hw_process_start(&process, HW_ARGUMENTS(philosophers, "--certain"));
	unsetenv("LD_PRELOAD");
	/* No launcher tells of the deadlock; the recording does. */
	cr_assert(hw_recorded_wait_for_state(&recorded, 6));
	kill(process.pid, SIGKILL);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	hw_recorded_wait_until_complete(&recorded);
	preloaded = hw_recorded_text(&recorded, what);
	cr_assert_str_eq(preloaded, launched);
	expect_ring_of_forks(hw_recorded_report(&recorded, false));
	free(launched);
	free(preloaded);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}
