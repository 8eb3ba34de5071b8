/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/*
 * The witness of a prediction is a run: done step by step, nobody takes what somebody has,
 * and at its end every thread of the ring waits for what another one has.
 */

enum { IDS_MAX = 64 };

static int64_t field(const json_t *step, const char *name)
{
	return json_integer_value(json_object_get(step, name));
}

static bool op_is(const json_t *step, const char *op)
{
	return !strcmp(json_string_value(json_object_get(step, "op")), op);
}

/* Do one step; who has what is in `owner`, by object. */
static void replay(const json_t *step, int64_t *owner)
{
	int64_t thread = field(step, "thread"), object = field(step, "object");

	cr_assert_lt(object, IDS_MAX);
	if (op_is(step, "lock") || op_is(step, "take")) {
		cr_assert_eq(owner[object], 0, "object %lld is taken twice", (long long)object);
		owner[object] = thread;
	} else if (op_is(step, "unlock") || op_is(step, "post")) {
		cr_assert_eq(owner[object], thread, "object %lld is given back by another",
			(long long)object);
		owner[object] = 0;
	}
}

static void expect_witness(const json_t *finding)
{
	const json_t *witness = json_object_get(finding, "witness");
	size_t ring = json_array_size(json_object_get(finding, "threads"));
	size_t count = json_array_size(witness), index;
	int64_t owner[IDS_MAX] = { 0 };

	cr_assert_gt(count, ring);
	for (index = 0; index < count - ring; index++)
		replay(json_array_get(witness, index), owner);
	for (; index < count; index++) {
		const json_t *step = json_array_get(witness, index);
		int64_t object = field(step, "object");

		cr_assert_neq(owner[object], 0, "nobody has object %lld", (long long)object);
		cr_assert_neq(owner[object], field(step, "thread"));
	}
}

static void expect_prediction(const char *primitive)
{
	struct hw_recorded recorded;
	struct hw_process process;
	json_t *report;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "run",
		HW_ARGUMENTS("--on-deadlock=exit", HW_BUILD_DIR "/demos/philosophers", "--with",
			primitive, "--rounds=5"));
	report = hw_recorded_report(&recorded, false);
	/* As --help of the demo says, it may really hang; then there is nothing to predict. */
	if (process.status != 124) {
		const json_t *finding = hw_recorded_finding(report, "HW001");

		cr_assert_str_eq(json_string_value(json_object_get(finding, "verdict")),
			"predicted");
		expect_witness(finding);
		hw_process_expect_errors(&process, "as far as locks can tell, a schedule of ");
	}
	json_decref(report);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(witness, of_philosophers_with_mutexes)
{
	expect_prediction("mutex");
}

Test(witness, of_philosophers_with_semaphores)
{
	expect_prediction("semaphore");
}
