/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "analyzer/stall.h"
#include "tests/unit/recording.h"

static struct scenario s;
static struct hw_model model;
static struct hw_stalls stalls;
static int64_t keeper, waiter, a, b;

enum { SECOND_NS = 1000000000 };

static void setup(void)
{
	scenario_init(&s);
	keeper = scenario_thread(&s, "keeper");
	waiter = scenario_thread(&s, "waiter");
	a = scenario_object(&s, "mutex", "a");
	b = scenario_object(&s, "mutex", "b");
}

static void teardown(void)
{
	hw_stalls_finish(&stalls);
	hw_model_finish(&model);
	scenario_finish(&s);
}

TestSuite(stall, .init = setup, .fini = teardown);

/* Stalls of a second, as of 10 s after the beginning. */
static void find(void)
{
	struct hw_error error;

	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0, "%s", error.message);
	cr_assert_eq(hw_stalls_find(&model, s.db, SECOND_NS, 10ll * SECOND_NS, &stalls, &error), 0,
		"%s", error.message);
}

static void contend(int64_t object, const char *place, int64_t longest_ns)
{
	scenario_sql(&s,
		"INSERT INTO contention VALUES(%lld, %lld, 1, 1, %lld, %lld, 0, 0, %lld, %lld, "
		"%lld)",
		object, scenario_stack(&s, place), longest_ns, longest_ns, waiter, keeper,
		scenario_stack(&s, "keep:3 < main:1"));
}

static void block(int64_t object, int64_t since_ns)
{
	scenario_wait(&s, waiter, object, NULL, "want:9 < main:1");
	scenario_sql(&s, "UPDATE wait SET since_ns = %lld WHERE thread = %lld", since_ns, waiter);
}

Test(stall, longest_first_and_none_that_was_shorter)
{
	contend(a, "one:1 < main:1", SECOND_NS);
	contend(a, "two:2 < main:1", SECOND_NS - 1);
	contend(b, "three:3 < main:1", 2ll * SECOND_NS);
	find();
	cr_assert_eq(stalls.count, 2);
	cr_expect_eq(stalls.all[0].blocked_ns, 2ll * SECOND_NS);
	cr_expect_eq(stalls.all[1].blocked_ns, SECOND_NS);
	cr_expect(stalls.all[0].over);
	cr_expect_eq(model.threads[stalls.all[0].thread].id, waiter);
	cr_expect_eq(model.threads[stalls.all[0].holder].id, keeper);
	cr_expect_neq(stalls.all[0].holder_stack, HW_NONE);
	cr_expect_eq(stalls.next_ns, INT64_MAX);
}

Test(stall, a_semaphore_that_signals_is_no_lock)
{
	int64_t semaphore = scenario_object(&s, "sem", "s");

	scenario_sql(&s, "UPDATE object SET role = 'signal' WHERE id = %lld", semaphore);
	contend(semaphore, "one:1 < main:1", 2ll * SECOND_NS);
	find();
	cr_assert_eq(stalls.count, 0);
}

Test(stall, that_goes_on)
{
	scenario_hold(&s, keeper, a, NULL, "keep:3 < main:1");
	block(a, 8ll * SECOND_NS);
	find();
	cr_assert_eq(stalls.count, 1);
	cr_expect(!stalls.all[0].over);
	cr_expect_eq(stalls.all[0].blocked_ns, 2ll * SECOND_NS);
	cr_expect_eq(model.threads[stalls.all[0].holder].id, keeper);
}

Test(stall, that_may_become_one)
{
	scenario_hold(&s, keeper, a, NULL, "keep:3 < main:1");
	block(a, 9ll * SECOND_NS + 1);
	find();
	cr_assert_eq(stalls.count, 0);
	cr_expect_eq(stalls.next_ns, 10ll * SECOND_NS + 1);
}

Test(stall, ends_with_its_process)
{
	scenario_hold(&s, keeper, a, NULL, "keep:3 < main:1");
	block(a, 8ll * SECOND_NS);
	scenario_sql(&s, "UPDATE process SET end_ns = %lld", 9ll * SECOND_NS + 5);
	find();
	cr_assert_eq(stalls.count, 1);
	cr_expect_eq(stalls.all[0].blocked_ns, SECOND_NS + 5);
}

Test(stall, of_a_deadlock_is_told_with_that)
{
	scenario_hold(&s, keeper, a, NULL, "keep:3 < main:1");
	scenario_hold(&s, waiter, b, NULL, "keep:4 < main:1");
	block(a, 1);
	scenario_wait(&s, keeper, b, NULL, "want:8 < main:1");
	find();
	cr_assert_eq(stalls.count, 0);
	cr_expect_eq(stalls.next_ns, INT64_MAX);
}

Test(stall, an_older_recording_does_not_say)
{
	struct hw_error error;

	contend(a, "one:1 < main:1", 2ll * SECOND_NS);
	scenario_sql(&s, "ALTER TABLE contention DROP COLUMN wait_max_thread");
	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0, "%s", error.message);
	cr_assert_lt(hw_stalls_find(&model, s.db, SECOND_NS, HW_UNKNOWN, &stalls, &error), 0);
	cr_expect_eq(stalls.count, 0);
	cr_expect_not_null(strstr(error.message, "older"));
}
