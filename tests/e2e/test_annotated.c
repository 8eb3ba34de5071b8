/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>

/* The demo with a lock of its own: what it says without holdwait, and what holdwait says. */

static const char demo[] = HW_BUILD_DIR "/demos/annotated";

static const char *text_of(const json_t *finding, const char *key)
{
	const char *text = json_string_value(json_object_get(finding, key));

	return text ? text : "";
}

Test(annotated, runs_alone)
{
	struct hw_process process;

	hw_process_run(&process, HW_ARGUMENTS(demo));
	cr_expect_eq(process.status, 0);
	hw_process_expect_output(&process, "checking 75, savings 25\n");
	hw_process_expect_errors(&process, "");
	hw_process_finish(&process);
}

Test(annotated, both_orders_are_found)
{
	struct hw_recorded recorded;
	struct hw_process process;
	const json_t *finding;
	json_t *report;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "record", HW_ARGUMENTS(demo));
	cr_expect_eq(process.status, 0);
	report = hw_recorded_report(&recorded, false);
	finding = hw_recorded_finding(report, "HW001");
	cr_expect_str_eq(text_of(finding, "verdict"), "predicted");
	cr_expect_str_eq(text_of(finding, "title"),
		"checking and savings are taken in both orders");
	finding = hw_recorded_finding(report, "HW013");
	cr_expect_str_eq(text_of(finding, "title"),
		"thread 3 locks checking while it holds savings, against the declared order");
	json_decref(report);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

static const char *function_of(const json_t *place)
{
	const json_t *frame = json_array_get(json_object_get(place, "stack"), 0);

	return text_of(frame, "function");
}

/* No thread keeps to it, and still the one that does not is told of, with who declared it. */
Test(annotated, one_thread_goes_against_the_declared_order)
{
	struct hw_recorded recorded;
	struct hw_process process;
	const json_t *finding, *threads;
	json_t *report;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "record", HW_ARGUMENTS(demo, "--alone"));
	cr_expect_eq(process.status, 0);
	hw_process_expect_output(&process, "checking 115, savings -15\n");
	report = hw_recorded_report(&recorded, false);
	cr_expect_eq(json_array_size(json_object_get(report, "findings")), 1);
	finding = hw_recorded_finding(report, "HW013");
	cr_expect_str_eq(text_of(finding, "title"),
		"thread 2 locks checking while it holds savings, against the declared order");
	threads = json_object_get(finding, "threads");
	cr_assert_eq(json_array_size(threads), 2);
	cr_expect_str_eq(function_of(json_object_get(json_array_get(threads, 0), "waits")),
		"lock_acquire");
	cr_expect_str_eq(function_of(json_object_get(json_array_get(threads, 1), "does")), "main");
	json_decref(report);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(annotated, the_deadlock_is_found_while_it_hangs)
{
	struct hw_recorded recorded;
	struct hw_process process;
	const json_t *finding;
	json_t *report;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "run",
		HW_ARGUMENTS("--on-deadlock=exit", demo, "--certain"));
	cr_expect_eq(process.status, 124);
	report = hw_recorded_report(&recorded, false);
	finding = hw_recorded_finding(report, "HW002");
	cr_expect_str_eq(text_of(finding, "verdict"), "deadlock");
	json_decref(report);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}
