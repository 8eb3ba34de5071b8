/* SPDX-License-Identifier: MIT */
#include "tests/e2e/outcome.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/e2e/recorded.h"

enum { ENDED_BY_HOLDWAIT = 124 };

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static int64_t number_of(const json_t *object, const char *key)
{
	const json_t *number = json_object_get(object, key);

	cr_assert(json_is_integer(number), "no number '%s'", key);
	return json_integer_value(number);
}

/* How many different values the elements of an array have. */
static size_t count_distinct(const json_t *array, const char *key)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(array); i++) {
		int64_t number = number_of(json_array_get(array, i), key);
		size_t earlier = 0;

		while (number_of(json_array_get(array, earlier), key) != number)
			earlier++;
		count += earlier == i;
	}
	return count;
}

static void put_count(
	FILE *out, const char *before, size_t count, const char *one, const char *many)
{
	fprintf(out, "%s%zu %s", before, count, count == 1 ? one : many);
}

static void describe(FILE *out, const json_t *finding)
{
	const json_t *threads = json_object_get(finding, "threads");
	const char *reason = text_of(finding, "reason"), *verdict = text_of(finding, "verdict");
	size_t processes = count_distinct(threads, "process");
	int64_t instances = number_of(finding, "instances");

	fprintf(out, "%s%s %s", ftell(out) ? "; " : "", text_of(finding, "rule"),
		verdict ? verdict : "misuse");
	if (reason)
		fprintf(out, " %s", reason);
	if (json_is_true(json_object_get(finding, "bounded")))
		fputs(" bounded", out);
	put_count(out, ", ", count_distinct(threads, "id"), "thread", "threads");
	if (processes > 1)
		put_count(out, " of ", processes, "process", "processes");
	put_count(out, ", ", json_array_size(json_object_get(finding, "objects")), "object",
		"objects");
	if (instances > 1)
		put_count(out, ", ", (size_t)instances, "instance", "instances");
}

/* For free(). */
static char *outcome_of(const json_t *report)
{
	static const char *const parts[] = { "findings", "ruled_out" };
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert(out);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const json_t *all = json_object_get(report, parts[i]);

		cr_assert(json_is_array(all), "no '%s'", parts[i]);
		for (size_t j = 0; j < json_array_size(all); j++)
			describe(out, json_array_get(all, j));
	}
	if (!ftell(out))
		fputs("nothing", out);
	fclose(out);
	return text;
}

static bool holds(const json_t *thread, int64_t object)
{
	const json_t *all = json_object_get(thread, "holds");

	for (size_t i = 0; i < json_array_size(all); i++)
		if (number_of(json_array_get(all, i), "object") == object)
			return true;
	return false;
}

/* Who holds an object, or waits to write: some read-write locks let no reader pass him. */
static bool keeps(const json_t *thread, int64_t object)
{
	const json_t *waits = json_object_get(thread, "waits");

	return holds(thread, object) || (number_of(waits, "object") == object &&
						!strcmp(text_of(waits, "mode"), "exclusive"));
}

/* Whether an object of a finding is one that threads hold, as they do no conditions. */
static bool can_be_held(const json_t *finding, int64_t object)
{
	const json_t *all = json_object_get(finding, "objects");
	const char *kind = "";

	for (size_t i = 0; i < json_array_size(all); i++)
		if (number_of(json_array_get(all, i), "id") == object)
			kind = text_of(json_array_get(all, i), "kind");
	if (!strcmp(kind, "sem"))
		return strcmp(text_of(finding, "rule"), "HW008") != 0;
	return strcmp(kind, "thread") && strcmp(kind, "cond") && strcmp(kind, "barrier");
}

/* Each thread of a ring waits for what another one keeps from it: no edge is left out. */
static void expect_ring(const json_t *finding)
{
	const json_t *threads = json_object_get(finding, "threads");
	size_t count = json_array_size(threads);

	for (size_t i = 0; i < count; i++) {
		const json_t *waits = json_object_get(json_array_get(threads, i), "waits");
		size_t keepers = 0;

		for (size_t j = 0; j < count; j++)
			keepers += j != i &&
				   keeps(json_array_get(threads, j), number_of(waits, "object"));
		cr_expect(keepers || !can_be_held(finding, number_of(waits, "object")),
			"nobody keeps thread %zu from what it waits for", i);
		cr_expect(json_array_size(json_object_get(waits, "stack")),
			"nobody knows where thread %zu waits", i);
	}
}

static bool has_stack(const json_t *place)
{
	return json_array_size(json_object_get(place, "stack")) > 0;
}

/* Both sides of a misuse, or the two things that one thread does, have their stacks. */
static void expect_stacks(const json_t *finding)
{
	const json_t *threads = json_object_get(finding, "threads");
	size_t stacks = 0;

	for (size_t i = 0; i < json_array_size(threads); i++) {
		const json_t *thread = json_array_get(threads, i);
		const json_t *held = json_array_get(json_object_get(thread, "holds"), 0);

		stacks += has_stack(held) + has_stack(json_object_get(thread, "waits")) +
			  has_stack(json_object_get(thread, "does"));
	}
	cr_expect_geq(stacks, 2, "only %zu stacks", stacks);
}

static const json_t *find_thread(const json_t *finding, int64_t id)
{
	const json_t *all = json_object_get(finding, "threads");

	for (size_t i = 0; i < json_array_size(all); i++)
		if (number_of(json_array_get(all, i), "id") == id)
			return json_array_get(all, i);
	return NULL;
}

/* A witness ends with the threads of the finding, each at what it waits for. */
static void expect_witness(const json_t *finding)
{
	const json_t *witness = json_object_get(finding, "witness");
	size_t steps = json_array_size(witness);
	size_t threads = json_array_size(json_object_get(finding, "threads"));

	cr_assert(steps > threads, "a witness of %zu steps", steps);
	for (size_t i = steps - threads; i < steps; i++) {
		const json_t *step = json_array_get(witness, i);
		const json_t *thread = find_thread(finding, number_of(step, "thread"));

		cr_assert(thread, "a thread from elsewhere is the last of a witness");
		cr_expect_eq(number_of(step, "object"),
			number_of(json_object_get(thread, "waits"), "object"));
	}
}

static void expect_reason(const json_t *ruled_out, const char *because)
{
	const char *given = text_of(ruled_out, "because");

	cr_expect(given && strstr(given, because), "'%s' does not name '%s'", given ? given : "",
		because);
}

static void expect_consistent(const json_t *report, const char *because)
{
	const json_t *findings = json_object_get(report, "findings");
	const json_t *ruled_out = json_object_get(report, "ruled_out");

	cr_expect_eq(number_of(json_object_get(report, "recording"), "lost"), 0);
	for (size_t i = 0; i < json_array_size(findings); i++) {
		const json_t *finding = json_array_get(findings, i);

		const char *verdict = text_of(finding, "verdict");

		if (!verdict)
			expect_stacks(finding);
		if (!verdict || strcmp(verdict, "predicted"))
			continue;
		expect_ring(finding);
		expect_witness(finding);
	}
	for (size_t i = 0; i < json_array_size(ruled_out); i++)
		expect_reason(json_array_get(ruled_out, i), because);
}

/* What came of a shape, for free(). */
static char *record(const char *program, const char *shape, const char *because)
{
	bool hangs = strstr(shape, "_hang") != NULL;
	struct hw_recorded recorded;
	struct hw_process process;
	char path[512], *seen = NULL;
	json_t *report;

	snprintf(path, sizeof(path), "%s/tests/fixtures/shapes/%s", HW_BUILD_DIR, program);
	if (access(path, X_OK))
		cr_skip_test("'%s' was not built", program);
	hw_recorded_init(&recorded);
	hw_recorded_run(
		&recorded, &process, "run", HW_ARGUMENTS("--on-deadlock=exit", path, shape));
	if (process.status == (hangs ? ENDED_BY_HOLDWAIT : 0)) {
		report = hw_recorded_report(&recorded, true);
		seen = outcome_of(report);
		expect_consistent(report, because ? because : "");
		json_decref(report);
	} else {
		cr_assert(asprintf(&seen, "ends with %d", process.status) > 0);
	}
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
	return seen;
}

void hw_outcome_expect(const char *program, const char *shape, struct hw_outcome expected)
{
	char *seen = record(program, shape, expected.because);

	cr_expect_str_eq(seen, expected.text, "%s %s:\n  expected '%s'\n  got      '%s'", program,
		shape, expected.text, seen);
	free(seen);
}

void hw_outcome_expect_not_yet(
	const char *today, const char *program, const char *shape, struct hw_outcome expected)
{
	char *seen = record(program, shape, NULL);

	cr_expect_str_neq(
		seen, expected.text, "%s %s holds now: no longer PENDING", program, shape);
	cr_expect_str_eq(seen, today, "%s %s:\n  today    '%s'\n  got      '%s'", program, shape,
		today, seen);
	free(seen);
}
