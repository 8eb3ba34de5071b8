/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * --stall, with so short a time that whatever is blocked at all is blocked for too long; what
 * is blocked, tests/fixtures/stalls.c makes sure of.
 */

#define ANY "0.000000001"

static const char stalls[] = HW_BUILD_DIR "/tests/fixtures/stalls";

static json_t *report_of(const struct hw_recorded *recorded, const char *stall)
{
	char *text = hw_process_text(0,
		HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", stall, recorded->file));
	json_error_t error;
	json_t *report = json_loads(text, 0, &error);

	cr_assert_not_null(report, "%s in %s", error.text, text);
	free(text);
	return report;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static const char *innermost(const json_t *place)
{
	return text_of(json_array_get(json_object_get(place, "stack"), 0), "function");
}

/* Who was blocked where, and who had the lock, taken where. */
static void expect_stall(const json_t *report, const char *waits_in, const char *taken_in)
{
	const json_t *finding = hw_recorded_finding(report, "HW004");
	const json_t *threads = json_object_get(finding, "threads");
	const json_t *does = json_object_get(json_array_get(threads, 0), "does");
	const json_t *holds = json_object_get(json_array_get(threads, 1), "holds");

	cr_assert_eq(json_array_size(threads), 2);
	cr_expect(json_is_null(json_object_get(finding, "verdict")));
	cr_expect_gt(json_integer_value(json_object_get(finding, "blocked_ns")), 0);
	cr_expect_str_eq(text_of(json_array_get(threads, 0), "name"), "waiter");
	cr_expect_str_eq(text_of(does, "act"), "waited");
	cr_expect_str_eq(innermost(does), waits_in);
	cr_expect_str_eq(text_of(json_array_get(threads, 1), "name"), "main thread");
	cr_expect_str_eq(innermost(json_array_get(holds, 0)), taken_in);
}

static void record(struct hw_recorded *recorded, const char *kind)
{
	struct hw_process process;

	hw_recorded_init(recorded);
	hw_recorded_run(recorded, &process, "record", HW_ARGUMENTS("-q", stalls, kind));
	cr_assert_eq(process.status, 0, "%s", kind);
	hw_process_finish(&process);
}

static void expect_stall_of(const char *kind, const char *waits_in, const char *taken_in)
{
	struct hw_recorded recorded;
	json_t *report;

	record(&recorded, kind);
	report = report_of(&recorded, "--stall=" ANY);
	expect_stall(report, waits_in, taken_in);
	json_decref(report);
	hw_recorded_finish(&recorded);
}

Test(stall, of_each_kind_of_lock)
{
	expect_stall_of("mutex", "wait_for_mutex", "keep_mutex");
	expect_stall_of("writer", "wait_for_writer", "keep_list");
	expect_stall_of("semaphore", "wait_for_semaphore", "keep_ticket");
}

Test(stall, of_what_nobody_holds_is_none)
{
	static const char *const kinds[] = { "condition", "join", "barrier" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct hw_recorded recorded;
		json_t *report;

		record(&recorded, kinds[i]);
		report = report_of(&recorded, "--stall=" ANY);
		cr_expect_eq(hw_recorded_count(report, NULL), 0, "%s", kinds[i]);
		json_decref(report);
		hw_recorded_finish(&recorded);
	}
}

Test(stall, is_told_of_when_asked_for_only)
{
	struct hw_recorded recorded;
	struct hw_process process;
	json_t *report;

	record(&recorded, "mutex");
	report = hw_recorded_report(&recorded, true);
	cr_expect_eq(hw_recorded_count(report, NULL), 0);
	json_decref(report);
	report = report_of(&recorded, "--stall=100000");
	cr_expect_eq(hw_recorded_count(report, NULL), 0);
	json_decref(report);
	free(hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "check", recorded.file)));
	free(hw_process_text(1, HW_ARGUMENTS(HW_HOLDWAIT, "check", "--stall=" ANY, recorded.file)));
	hw_process_run(&process, HW_ARGUMENTS(HW_HOLDWAIT, "report", "--stall=0", recorded.file));
	cr_expect_neq(process.status, 0);
	hw_process_expect_errors(&process, "'0'");
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

/* The program goes on only when the test lets it, after the stall was told. */
Test(stall, is_told_of_while_it_lasts)
{
	struct hw_recorded recorded;
	struct hw_process process;
	char fifo[600], *errors, *first;
	int end;

	hw_recorded_init(&recorded);
	snprintf(fifo, sizeof(fifo), "%s.fifo", recorded.file);
	cr_assert_eq(mkfifo(fifo, 0600), 0);
	hw_recorded_start(&recorded, &process, "run",
		HW_ARGUMENTS("--stall=" ANY, "--on-deadlock=exit", stalls, "mutex", fifo));
	cr_assert(hw_recorded_wait_for_errors(&process, "stall[HW004]: waiter has been blocked"));
	end = open(fifo, O_WRONLY | O_CLOEXEC);
	cr_assert_geq(end, 0);
	close(end);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_expect_eq(process.status, 0);
	errors = hw_process_errors(&process);
	first = strstr(errors, "stall[HW004]");
	cr_expect(first && !strstr(first + 1, "stall[HW004]"), "not once: %s", errors);
	cr_expect(strstr(errors, "1 stall"), "no summary: %s", errors);
	free(errors);
	cr_expect_eq(hw_recorded_number(&recorded,
			     "SELECT count(*) FROM finding "
			     "WHERE rule = 'HW004' AND verdict IS NULL"), 1);
	hw_process_finish(&process);
	unlink(fifo);
	hw_recorded_finish(&recorded);
}
