/* SPDX-License-Identifier: MIT */
#include "tests/e2e/blocked.h"
#include "tests/e2e/process.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char philosophers[] = HW_BUILD_DIR "/demos/philosophers";
static const char *const primitives[] = { "mutex", "semaphore" };

enum { PRIMITIVES = sizeof(primitives) / sizeof(primitives[0]) };

/* The table that is printed: one row for each philosopher in order, each with all his meals. */
static void expect_meals(const struct hw_process *process, unsigned count, unsigned rounds)
{
	char *output = hw_process_output(process);
	char *line = strtok(output, "\n");
	unsigned number, meals, philosopher = 0;

	cr_expect_eq(process->status, 0);
	hw_process_expect_errors(process, "");
	cr_assert(line && strncmp(line, "philosopher", strlen("philosopher")) == 0);
	while ((line = strtok(NULL, "\n")) && sscanf(line, "%u %u", &number, &meals) == 2) {
		cr_expect_eq(number, philosopher, "row %u is of %u", philosopher, number);
		cr_expect_eq(meals, rounds, "philosopher %u ate %u times", number, meals);
		philosopher++;
	}
	cr_expect_eq(philosopher, count, "%u rows", philosopher);
	cr_assert(line && sscanf(line, " all %u", &meals) == 1, "no sum at the end");
	cr_expect_eq(meals, count * rounds, "%u meals in all", meals);
	free(output);
}

static void expect_dinner(
	const char *strategy, const char *primitive, unsigned count, unsigned rounds)
{
	struct hw_process process;
	char guests[16], meals[16];

	snprintf(guests, sizeof(guests), "%u", count);
	snprintf(meals, sizeof(meals), "%u", rounds);
	hw_process_run(&process,
		HW_ARGUMENTS(philosophers, "--strategy", strategy, "--with", primitive, "--count",
			guests, "--rounds", meals, "--think-us=0", "--eat-us=0"));
	expect_meals(&process, count, rounds);
	hw_process_finish(&process);
}

/* Wait until every philosopher and main are blocked for good; false when that does not happen. */
static bool wait_for_deadlock(const struct hw_process *process, unsigned count)
{
	const struct timespec pause = { .tv_nsec = 5000000 };
	static struct hw_blocked blocked;

	for (unsigned left = HW_PROCESS_PATIENCE_S * 200; left > 0; left--) {
		if (!hw_blocked_look(process->pid, &blocked))
			return false;
		/* At a barrier they would all wait for one thing, here each waits for a fork. */
		if (blocked.count == count + 1 &&
			hw_blocked_distinct(&blocked, "philosopher ") == count)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static void expect_deadlock(const char *primitive, unsigned count)
{
	struct hw_process process;
	char guests[16];

	snprintf(guests, sizeof(guests), "%u", count);
	hw_process_start(&process,
		HW_ARGUMENTS(philosophers, "--certain", "--with", primitive, "--count", guests));
	cr_expect(
		wait_for_deadlock(&process, count), "%u with %s do not deadlock", count, primitive);
	hw_process_expect_output(&process, "");
	hw_process_expect_errors(&process, "");

	kill(process.pid, SIGTERM);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_expect_eq(process.status, 128 + SIGTERM);
	hw_process_finish(&process);
}

Test(e2e, philosophers_ordered)
{
	for (unsigned i = 0; i < PRIMITIVES; i++) {
		expect_dinner("ordered", primitives[i], 2, 5000);
		expect_dinner("ordered", primitives[i], 7, 5000);
	}
}

Test(e2e, philosophers_waiter)
{
	for (unsigned i = 0; i < PRIMITIVES; i++) {
		expect_dinner("waiter", primitives[i], 2, 5000);
		expect_dinner("waiter", primitives[i], 7, 5000);
	}
}

Test(e2e, philosophers_polite)
{
	for (unsigned i = 0; i < PRIMITIVES; i++) {
		expect_dinner("polite", primitives[i], 2, 5000);
		expect_dinner("polite", primitives[i], 7, 5000);
	}
}

/* naive may end or hang, by its nature; but when it hangs, it must be the deadlock. */
Test(e2e, philosophers_naive)
{
	for (unsigned i = 0; i < PRIMITIVES; i++) {
		struct hw_process process;

		hw_process_start(&process, HW_ARGUMENTS(philosophers, "--with", primitives[i]));
		if (hw_process_wait(&process, 10))
			expect_meals(&process, 5, 10);
		else
			cr_expect(wait_for_deadlock(&process, 5), "hangs, but not in a deadlock");
		hw_process_finish(&process);
	}
}

Test(e2e, philosophers_certain)
{
	for (unsigned i = 0; i < PRIMITIVES; i++) {
		expect_deadlock(primitives[i], 2);
		expect_deadlock(primitives[i], 5);
		expect_deadlock(primitives[i], 100);
	}
}

Test(e2e, philosophers_name_their_threads)
{
	static struct hw_blocked blocked;
	struct hw_process process;

	hw_process_start(&process, HW_ARGUMENTS(philosophers, "--certain", "--count=3"));
	cr_assert(wait_for_deadlock(&process, 3));
	cr_assert(hw_blocked_look(process.pid, &blocked));
	cr_expect_eq(hw_blocked_named(&blocked, "philosopher 0"), 1);
	cr_expect_eq(hw_blocked_named(&blocked, "philosopher 1"), 1);
	cr_expect_eq(hw_blocked_named(&blocked, "philosopher 2"), 1);
	hw_process_finish(&process);
}

Test(e2e, philosophers_usage_errors)
{
	static const struct {
		const char *first, *second;
		const char *message;
	} cases[] = {
		{ "--count=1", NULL, "--count takes a number from 2 to 1000, not '1'" },
		{ "--count=1001", NULL, "--count takes a number from 2 to 1000, not '1001'" },
		{ "--count=", NULL, "--count takes a number from 2 to 1000, not ''" },
		{ "--count=5x", NULL, "--count takes a number from 2 to 1000, not '5x'" },
		{ "--rounds=-1", NULL, "--rounds takes a number from 1 to 1000000000, not '-1'" },
		{ "--eat-us=99999999999999999999", NULL,
			"--eat-us takes a number from 0 to 10000000, not '99999999999999999999'" },
		{ "--strategy=rude", NULL,
			"--strategy is naive, ordered, waiter or polite, not 'rude'" },
		{ "--with=spoon", NULL, "--with is mutex or semaphore, not 'spoon'" },
		{ "--certain", "--strategy=polite",
			"--certain is for --strategy naive, 'polite' cannot deadlock" },
		{ "dinner", NULL, "too many arguments: 'dinner'" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hw_process process;
		char expected[256], *errors;

		hw_process_run(
			&process, HW_ARGUMENTS(philosophers, cases[i].first, cases[i].second));
		snprintf(expected, sizeof(expected),
			"philosophers: %s\nTry `philosophers --help' or `philosophers --usage' for "
			"more information.\n",
			cases[i].message);
		errors = hw_process_errors(&process);
		cr_expect_eq(process.status, 2);
		cr_expect_str_eq(errors, expected, "got: %s", errors);
		hw_process_expect_output(&process, "");
		free(errors);
		hw_process_finish(&process);
	}
}

/* With too little address space for so many stacks it says so, instead of waiting for ever. */
Test(e2e, philosophers_more_than_fit)
{
	struct hw_process process;

	hw_process_run(
		&process, HW_ARGUMENTS("prlimit", "--as=268435456", philosophers, "--count=1000"));
	cr_expect_eq(process.status, 1);
	hw_process_expect_errors(&process, "philosophers: cannot seat philosopher ");
	hw_process_expect_errors(&process, " of 1000: Resource temporarily unavailable\n");
	hw_process_finish(&process);
}

Test(e2e, philosophers_help)
{
	struct hw_process process;

	hw_process_run(&process, HW_ARGUMENTS(philosophers, "--help"));
	cr_expect_eq(process.status, 0);
	hw_process_expect_output(&process, "--strategy=NAME");
	hw_process_expect_output(&process, "Exit status:");
	hw_process_finish(&process);
}
