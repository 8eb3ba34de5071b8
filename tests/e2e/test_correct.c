/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

/* Programs as people write them, with nothing wrong in them: they work, and nothing is found. */

static void expect_no_finding(const char *program, const char *output)
{
	struct hw_recorded recorded;
	struct hw_process process;
	char path[512], *printed;
	json_t *report;

	snprintf(path, sizeof(path), "%s/tests/fixtures/correct/%s", HW_BUILD_DIR, program);
	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "run", HW_ARGUMENTS("--error-exitcode=9", path));
	printed = hw_process_output(&process);
	cr_expect_str_eq(printed, output);
	cr_expect_eq(process.status, 0, "%s", hw_process_errors(&process));
	hw_process_expect_errors(&process, "no deadlock found");
	report = hw_recorded_report(&recorded, false);
	cr_expect_eq(hw_recorded_count(report, NULL), 0);
	cr_expect_eq(
		json_integer_value(json_object_get(json_object_get(report, "recording"), "lost")),
		0);
	cr_expect_gt(json_integer_value(
			     json_object_get(json_object_get(report, "recording"), "threads")),
		4);
	json_decref(report);
	free(printed);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(correct, producer_consumer)
{
	expect_no_finding("producer_consumer", "1200 numbers, 196 primes\n");
}

Test(correct, thread_pool)
{
	expect_no_finding("thread_pool", "255 tasks, 0 out of order\n");
}

Test(correct, pipeline)
{
	expect_no_finding("pipeline",
		"3 letters: 300\n4 letters: 240\n5 letters: 420\n7 letters: 180\n9 letters: 60\n");
}

Test(correct, cache)
{
	expect_no_finding("cache", "12000 look-ups, 626431 steps\n");
}

Test(correct, singleton)
{
	expect_no_finding("singleton", "2 tables, 1 log, 1200 lines, 146059800\n");
}
