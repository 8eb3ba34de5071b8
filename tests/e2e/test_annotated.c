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
