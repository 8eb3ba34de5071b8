/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/cycles.h"

TestSuite(cycle, .init = cycles_setup, .fini = cycles_teardown);

Test(cycle, two_threads_two_locks_two_orders)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = cycles_mutex("a"), b = cycles_mutex("b");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, a, NULL_OBJECT);
	cycles_search();
	cr_assert_eq(cycles.rest.node_count, 0);
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 2);
	cr_assert_eq(cycles.all[0].instances, 1);
	cr_assert_not(cycles.all[0].bounded);
	cycles_check_ring(&cycles.all[0]);
	cr_assert_eq(ruled_outs.count, 0);
}

Test(cycle, no_cycle_without_inversion)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = cycles_mutex("a"), b = cycles_mutex("b"), c = cycles_mutex("c");

	scenario_nest(&s, t, "f", a, b, c, NULL_OBJECT);
	scenario_nest(&s, u, "g", a, c, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, c, NULL_OBJECT);
	cycles_search();
	cr_assert_eq(cycles.count, 0);
	cr_assert_eq(ruled_outs.count, 0);
}

/* A ring of n threads, each of which takes its lock and then the next one's. */
static void make_ring(unsigned n, const char *pattern)
{
	int64_t locks[200], threads[200];
	char name[64];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), pattern, i);
		locks[i] = cycles_mutex(name);
		snprintf(name, sizeof(name), "philosopher %u", i);
		threads[i] = scenario_thread(&s, name);
	}
	for (unsigned i = 0; i < n; i++)
		scenario_nest(
			&s, threads[i], "take_forks", locks[i], locks[(i + 1) % n], NULL_OBJECT);
}

static void expect_one_ring(unsigned n)
{
	cycles_search();
	cr_assert_eq(cycles.rest.node_count, 0);
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, n);
	cr_assert_eq(cycles.all[0].instances, 1);
	cycles_check_ring(&cycles.all[0]);
}

Test(cycle, ring_of_3)
{
	make_ring(3, "lock%u");
	expect_one_ring(3);
}

Test(cycle, ring_of_4)
{
	make_ring(4, "lock%u");
	expect_one_ring(4);
}

Test(cycle, ring_of_10_of_one_class)
{
	make_ring(10, "forks[%u]");
	expect_one_ring(10);
}

Test(cycle, ring_of_100)
{
	make_ring(100, "lock%u");
	expect_one_ring(100);
}

Test(cycle, threads_change_places_to_make_room)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t v = scenario_thread(&s, "v");
	int64_t a = cycles_mutex("a"), b = cycles_mutex("b"), c = cycles_mutex("c");

	/* t can do every step, u only the first two, v only the first: one way fits. */
	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, t, "f", b, c, NULL_OBJECT);
	scenario_nest(&s, t, "f", c, a, NULL_OBJECT);
	scenario_nest(&s, u, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "f", b, c, NULL_OBJECT);
	scenario_nest(&s, v, "f", a, b, NULL_OBJECT);
	cycles_search();
	cr_assert_eq(cycles.count, 1);
	cycles_check_ring(&cycles.all[0]);
}

Test(cycle, try_waits_for_nothing)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = cycles_mutex("a"), b = cycles_mutex("b");
	struct scenario_hold holds[] = { { b }, { 0 } };

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_depend(&s, u, a, NULL, "try", NULL, holds);
	cycles_search();
	cr_assert_eq(cycles.count, 0);
	cr_assert_eq(ruled_outs.count, 1);
	cr_assert_eq(ruled_outs.all[0].reason, HW_REASON_TRY);
}

Test(cycle, timed_wait_is_bounded_unless_there_is_another_way)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = cycles_mutex("a"), b = cycles_mutex("b");
	struct scenario_hold holds[] = { { b }, { 0 } };

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_depend(&s, u, a, NULL, "timed", "g:1", holds);
	cycles_search();
	cr_assert_eq(cycles.count, 1);
	cr_assert(cycles.all[0].bounded);
	cycles_teardown();
	cycles_setup();
	a = cycles_mutex("a");
	b = cycles_mutex("b");
	t = scenario_thread(&s, "t");
	u = scenario_thread(&s, "u");
	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_depend(&s, u, a, NULL, "timed", "g:1", holds);
	scenario_depend(&s, u, a, NULL, "block", "g:1", holds);
	cycles_search();
	cr_assert_eq(cycles.count, 1);
	cr_assert_not(cycles.all[0].bounded);
}

Test(cycle, a_thousand_equal_threads_are_one_cycle)
{
	int64_t a = cycles_mutex("a"), b = cycles_mutex("b"), c = cycles_mutex("c");

	scenario_sql(&s, "BEGIN");
	for (int i = 0; i < 1000; i++) {
		int64_t t = scenario_thread(&s, "worker");

		scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
		scenario_nest(&s, t, "f", b, c, NULL_OBJECT);
		scenario_nest(&s, t, "f", c, a, NULL_OBJECT);
	}
	scenario_sql(&s, "COMMIT");
	budget = 10000;
	cycles_search();
	cr_assert(!cycles.rest.node_count && ruled_outs.complete);
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 3);
	cycles_check_ring(&cycles.all[0]);
}

Test(cycle, same_code_on_other_objects_is_another_instance)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u"), account[6];
	char name[32];

	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "accounts[%d]", i);
		account[i] = cycles_mutex(name);
	}
	for (int i = 0; i < 6; i++)
		for (int j = 0; j < 6; j++)
			if (i != j)
				scenario_nest(&s, i < j ? t : u, "transfer", account[i], account[j],
					NULL_OBJECT);
	cycles_search();
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 2);
	cr_assert_eq(cycles.all[0].instances, 15);
}

/* One of the ways may be ordered while the other is not. */
Test(cycle, other_ways_of_an_instance_are_examples)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t v = scenario_thread(&s, "v");
	int64_t a = cycles_mutex("a"), b = cycles_mutex("b"), c = cycles_mutex("c");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, v, "f", c, a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, a, NULL_OBJECT);
	cycles_search();
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].instances, 1);
	cr_assert_eq(cycles.all[0].example_count, 2);
	cr_assert_not(cycles.all[0].has_more_examples);
}

Test(cycle, other_code_on_the_same_objects_is_another_cycle)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = cycles_mutex("a"), b = cycles_mutex("b");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, t, "other", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, a, NULL_OBJECT);
	cycles_search();
	cr_assert_eq(cycles.count, 2);
}

Test(cycle, shorter_ones_come_first_and_do_not_hide_longer_ones_of_other_code)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t v = scenario_thread(&s, "v");
	int64_t a = cycles_mutex("a"), b = cycles_mutex("b"), c = cycles_mutex("c");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, c, NULL_OBJECT);
	scenario_nest(&s, v, "h", c, a, NULL_OBJECT);
	scenario_nest(&s, v, "h", b, a, NULL_OBJECT);
	cycles_search();
	cr_assert_eq(cycles.count, 2);
	cr_assert_eq(cycles.all[0].length, 2);
	cr_assert_eq(cycles.all[1].length, 3);
}

Test(cycle, budget_ends_the_search_and_is_reported)
{
	int64_t locks[24];
	char name[32];

	for (int i = 0; i < 24; i++) {
		snprintf(name, sizeof(name), "lock%d", i);
		locks[i] = cycles_mutex(name);
	}
	scenario_sql(&s, "BEGIN");
	for (int i = 0; i < 24; i++)
		for (int j = 0; j < 24; j++)
			if (i != j)
				scenario_nest(&s, scenario_thread(&s, "t"), "f", locks[i], locks[j],
					NULL_OBJECT);
	scenario_sql(&s, "COMMIT");
	budget = 100000;
	cycles_search();
	cr_assert_eq(cycles.rest.node_count, 23, "all but where the last lock is the smallest");
	cr_assert_eq(cycles.rest.length, 3, "but %u", cycles.rest.length);
	cr_assert_geq(cycles.count, 276, "all pairs are there before anything longer");
	for (uint32_t i = 0; i < 276; i++)
		cr_assert_eq(cycles.all[i].length, 2);
}

Test(cycle, one_thread_with_all_orders_costs_little)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u"), locks[30];
	char name[32];

	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "lock%d", i);
		locks[i] = cycles_mutex(name);
	}
	scenario_sql(&s, "BEGIN");
	for (int i = 0; i < 30; i++)
		for (int j = 0; j < 30; j++)
			if (i != j)
				scenario_nest(&s, t, "f", locks[i], locks[j], NULL_OBJECT);
	scenario_sql(&s, "COMMIT");
	scenario_nest(&s, u, "g", locks[3], locks[7], NULL_OBJECT);
	budget = 1000000;
	cycles_search();
	cr_assert_eq(cycles.rest.node_count, 0);
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 2);
}
