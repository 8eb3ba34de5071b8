/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>

#include "analyzer/cycle.h"
#include "analyzer/ruled_out.h"
#include "tests/unit/recording.h"

static struct scenario s;
static struct hw_model model;
static struct hw_graph graph;
static struct hw_steps steps;
static struct hw_cycles cycles;
static struct hw_ruled_outs ruled_outs;
static int64_t budget = 10000000;

static void setup(void)
{
	scenario_init(&s);
}

static void teardown(void)
{
	hw_ruled_out_finish(&ruled_outs);
	hw_cycles_finish(&cycles);
	hw_steps_finish(&steps);
	hw_graph_finish(&graph);
	hw_model_finish(&model);
	scenario_finish(&s);
}

static void search(void)
{
	struct hw_error error;

	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0, "%s", error.message);
	hw_graph_build(&model, HW_GRAPH_BY_OBJECT, &graph);
	hw_steps_build(&model, &graph, &steps);
	hw_cycles_find(&model, &graph, &steps, budget, &cycles);
	hw_ruled_out_find(&model, &graph, &steps, budget, &ruled_outs);
}

/* Each place of a ring waits for what the next holds, and all threads are different. */
static void check_ring(const struct hw_cycle *cycle)
{
	for (uint32_t i = 0; i < cycle->length; i++) {
		const struct hw_step_taker *taker = &cycle->ring[i];
		const struct hw_step_taker *next = &cycle->ring[(i + 1) % cycle->length];

		cr_assert_eq(model.dependencies[taker->dependency].thread, taker->thread);
		cr_assert_eq(model.dependencies[taker->dependency].object,
			model.holds[next->hold].object);
		for (uint32_t j = 0; j < i; j++)
			cr_assert_neq(cycle->ring[j].thread, taker->thread);
	}
}

static void expect_none(enum hw_reason reason)
{
	search();
	cr_assert_eq(cycles.count, 0);
	cr_assert_eq(ruled_outs.count, 1);
	cr_assert_str_eq(
		hw_pattern_reason_name(ruled_outs.all[0].reason), hw_pattern_reason_name(reason));
}

static int64_t mutex(const char *name)
{
	return scenario_object(&s, "mutex", name);
}

TestSuite(cycle, .init = setup, .fini = teardown);

Test(cycle, two_threads_two_locks_two_orders)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = mutex("a"), b = mutex("b");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, a, NULL_OBJECT);
	search();
	cr_assert(cycles.complete);
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 2);
	cr_assert_eq(cycles.all[0].instances, 1);
	cr_assert_not(cycles.all[0].bounded);
	check_ring(&cycles.all[0]);
	cr_assert_eq(ruled_outs.count, 0);
}

Test(cycle, no_cycle_without_inversion)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = mutex("a"), b = mutex("b"), c = mutex("c");

	scenario_nest(&s, t, "f", a, b, c, NULL_OBJECT);
	scenario_nest(&s, u, "g", a, c, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, c, NULL_OBJECT);
	search();
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
		locks[i] = mutex(name);
		snprintf(name, sizeof(name), "philosopher %u", i);
		threads[i] = scenario_thread(&s, name);
	}
	for (unsigned i = 0; i < n; i++)
		scenario_nest(
			&s, threads[i], "take_forks", locks[i], locks[(i + 1) % n], NULL_OBJECT);
}

static void expect_one_ring(unsigned n)
{
	search();
	cr_assert(cycles.complete);
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, n);
	cr_assert_eq(cycles.all[0].instances, 1);
	check_ring(&cycles.all[0]);
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

Test(cycle, one_thread_cannot_deadlock_with_itself)
{
	int64_t t = scenario_thread(&s, "t");
	int64_t a = mutex("a"), b = mutex("b");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, t, "g", b, a, NULL_OBJECT);
	expect_none(HW_REASON_ONE_THREAD);
	cr_assert_eq(ruled_outs.all[0].because_thread_count, 1);
	cr_assert_eq(ruled_outs.all[0].because_threads[0], hw_model_find_thread(&model, t));
}

Test(cycle, two_threads_are_too_few_for_three_steps)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = mutex("a"), b = mutex("b"), c = mutex("c");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, t, "f", b, c, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, c, NULL_OBJECT);
	scenario_nest(&s, u, "g", c, a, NULL_OBJECT);
	expect_none(HW_REASON_ONE_THREAD);
	cr_assert_eq(ruled_outs.all[0].because_thread_count, 2);
}

Test(cycle, threads_change_places_to_make_room)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t v = scenario_thread(&s, "v");
	int64_t a = mutex("a"), b = mutex("b"), c = mutex("c");

	/* t can do every step, u only the first two, v only the first: one way fits. */
	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, t, "f", b, c, NULL_OBJECT);
	scenario_nest(&s, t, "f", c, a, NULL_OBJECT);
	scenario_nest(&s, u, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "f", b, c, NULL_OBJECT);
	scenario_nest(&s, v, "f", a, b, NULL_OBJECT);
	search();
	cr_assert_eq(cycles.count, 1);
	check_ring(&cycles.all[0]);
}

Test(cycle, gate_held_by_both_rules_it_out)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t gate = mutex("gate"), a = mutex("a"), b = mutex("b");

	scenario_nest(&s, t, "f", gate, a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", gate, b, a, NULL_OBJECT);
	expect_none(HW_REASON_GATE);
	cr_assert_eq(ruled_outs.all[0].because_object, hw_model_find_object(&model, gate));
}

Test(cycle, gate_that_one_path_goes_round_does_not_help)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t gate = mutex("gate"), a = mutex("a"), b = mutex("b");

	scenario_nest(&s, t, "f", gate, a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", gate, b, a, NULL_OBJECT);
	scenario_nest(&s, u, "h", b, a, NULL_OBJECT);
	search();
	cr_assert_eq(cycles.count, 1);
	check_ring(&cycles.all[0]);
	cr_assert_eq(ruled_outs.count, 0);
}

Test(cycle, gate_held_to_read_lets_both_in)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t gate = scenario_object(&s, "rwlock", "gate"), a = mutex("a"), b = mutex("b");
	struct scenario_hold first[] = { { gate, "shared" }, { a }, { 0 } };
	struct scenario_hold second[] = { { gate, "shared" }, { b }, { 0 } };

	scenario_depend(&s, t, b, NULL, NULL, NULL, first);
	scenario_depend(&s, u, a, NULL, NULL, NULL, second);
	search();
	cr_assert_eq(cycles.count, 1);
}

Test(cycle, gate_held_to_write_by_one_keeps_readers_out)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t gate = scenario_object(&s, "rwlock", "gate"), a = mutex("a"), b = mutex("b");
	struct scenario_hold first[] = { { gate, "exclusive" }, { a }, { 0 } };
	struct scenario_hold second[] = { { gate, "shared" }, { b }, { 0 } };

	scenario_depend(&s, t, b, NULL, NULL, NULL, first);
	scenario_depend(&s, u, a, NULL, NULL, NULL, second);
	expect_none(HW_REASON_GATE);
}

/* Two rwlocks taken in both orders, in these modes. */
static void read_write(
	const char *hold_a, const char *wait_b, const char *hold_b, const char *wait_a)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = scenario_object(&s, "rwlock", "a"), b = scenario_object(&s, "rwlock", "b");
	struct scenario_hold first[] = { { a, hold_a }, { 0 } };
	struct scenario_hold second[] = { { b, hold_b }, { 0 } };

	scenario_depend(&s, t, b, wait_b, NULL, NULL, first);
	scenario_depend(&s, u, a, wait_a, NULL, NULL, second);
}

Test(cycle, readers_do_not_block_readers)
{
	read_write("shared", "shared", "shared", "shared");
	expect_none(HW_REASON_READERS);
}

Test(cycle, readers_on_one_side_are_enough_to_rule_it_out)
{
	read_write("exclusive", "shared", "shared", "exclusive");
	expect_none(HW_REASON_READERS);
}

Test(cycle, writers_block_readers)
{
	read_write("exclusive", "shared", "exclusive", "shared");
	search();
	cr_assert_eq(cycles.count, 1);
}

Test(cycle, readers_block_writers)
{
	read_write("shared", "exclusive", "shared", "exclusive");
	search();
	cr_assert_eq(cycles.count, 1);
}

Test(cycle, try_waits_for_nothing)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = mutex("a"), b = mutex("b");
	struct scenario_hold holds[] = { { b }, { 0 } };

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_depend(&s, u, a, NULL, "try", NULL, holds);
	search();
	cr_assert_eq(cycles.count, 0);
	cr_assert_eq(ruled_outs.count, 0);
}

Test(cycle, timed_wait_is_bounded_unless_there_is_another_way)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = mutex("a"), b = mutex("b");
	struct scenario_hold holds[] = { { b }, { 0 } };

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_depend(&s, u, a, NULL, "timed", "g:1", holds);
	search();
	cr_assert_eq(cycles.count, 1);
	cr_assert(cycles.all[0].bounded);
	teardown();
	setup();
	a = mutex("a");
	b = mutex("b");
	t = scenario_thread(&s, "t");
	u = scenario_thread(&s, "u");
	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_depend(&s, u, a, NULL, "timed", "g:1", holds);
	scenario_depend(&s, u, a, NULL, "block", "g:1", holds);
	search();
	cr_assert_eq(cycles.count, 1);
	cr_assert_not(cycles.all[0].bounded);
}

Test(cycle, a_thousand_equal_threads_are_one_cycle)
{
	int64_t a = mutex("a"), b = mutex("b"), c = mutex("c");

	scenario_sql(&s, "BEGIN");
	for (int i = 0; i < 1000; i++) {
		int64_t t = scenario_thread(&s, "worker");

		scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
		scenario_nest(&s, t, "f", b, c, NULL_OBJECT);
		scenario_nest(&s, t, "f", c, a, NULL_OBJECT);
	}
	scenario_sql(&s, "COMMIT");
	budget = 10000;
	search();
	cr_assert(cycles.complete && ruled_outs.complete);
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 3);
	check_ring(&cycles.all[0]);
}

Test(cycle, same_code_on_other_objects_is_another_instance)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u"), account[6];
	char name[32];

	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "accounts[%d]", i);
		account[i] = mutex(name);
	}
	for (int i = 0; i < 6; i++)
		for (int j = 0; j < 6; j++)
			if (i != j)
				scenario_nest(&s, i < j ? t : u, "transfer", account[i], account[j],
					NULL_OBJECT);
	search();
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 2);
	cr_assert_eq(cycles.all[0].instances, 15);
}

Test(cycle, other_code_on_the_same_objects_is_another_cycle)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = mutex("a"), b = mutex("b");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, t, "other", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, a, NULL_OBJECT);
	search();
	cr_assert_eq(cycles.count, 2);
}

Test(cycle, shorter_ones_come_first_and_do_not_hide_longer_ones_of_other_code)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t v = scenario_thread(&s, "v");
	int64_t a = mutex("a"), b = mutex("b"), c = mutex("c");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, c, NULL_OBJECT);
	scenario_nest(&s, v, "h", c, a, NULL_OBJECT);
	scenario_nest(&s, v, "h", b, a, NULL_OBJECT);
	search();
	cr_assert_eq(cycles.count, 2);
	cr_assert_eq(cycles.all[0].length, 2);
	cr_assert_eq(cycles.all[1].length, 3);
}

/* n threads that all enter a room of some seats, and then take forks in a ring. */
static void make_room(unsigned n, int seats)
{
	int64_t room = scenario_object(&s, "sem", "room"), forks[16], threads[16];
	char name[32];

	scenario_sql(
		&s, "UPDATE object SET role = 'lock', capacity = %d WHERE id = %lld", seats, room);
	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "forks[%u]", i);
		forks[i] = mutex(name);
		threads[i] = scenario_thread(&s, "philosopher");
	}
	for (unsigned i = 0; i < n; i++)
		scenario_nest(
			&s, threads[i], "eat", room, forks[i], forks[(i + 1) % n], NULL_OBJECT);
}

Test(cycle, room_with_a_seat_too_few_rules_it_out)
{
	make_room(5, 4);
	expect_none(HW_REASON_CAPACITY);
	cr_assert_str_eq(model.objects[ruled_outs.all[0].because_object].label, "room");
}

Test(cycle, room_with_seats_for_all_does_not_help)
{
	make_room(5, 5);
	search();
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 5);
}

Test(cycle, semaphore_of_one_unit_is_a_gate)
{
	make_room(3, 1);
	expect_none(HW_REASON_GATE);
}

Test(cycle, semaphores_take_part_as_locks)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = scenario_object(&s, "sem", "a"), b = mutex("b");

	scenario_sql(&s, "UPDATE object SET role = 'lock', capacity = 1 WHERE id = %lld", a);
	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, a, NULL_OBJECT);
	search();
	cr_assert_eq(cycles.count, 1);
}

Test(cycle, signals_do_not_take_part)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = scenario_object(&s, "sem", "a"), b = mutex("b");

	scenario_sql(&s, "UPDATE object SET role = 'signal', capacity = 1 WHERE id = %lld", a);
	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, a, NULL_OBJECT);
	search();
	cr_assert_eq(cycles.count, 0);
	cr_assert_eq(ruled_outs.count, 0);
}

/* `users` threads hold a unit of a semaphore and lock m; one locks m and waits for a unit. */
static void make_pool(int users, int units)
{
	int64_t pool = scenario_object(&s, "sem", "pool"), m = mutex("m");

	scenario_sql(
		&s, "UPDATE object SET role = 'lock', capacity = %d WHERE id = %lld", units, pool);
	for (int i = 0; i < users; i++)
		scenario_nest(&s, scenario_thread(&s, "user"), "use", pool, m, NULL_OBJECT);
	scenario_nest(&s, scenario_thread(&s, "other"), "refill", m, pool, NULL_OBJECT);
}

Test(cycle, semaphore_that_cannot_run_out_keeps_nobody_waiting)
{
	make_pool(2, 3);
	expect_none(HW_REASON_CAPACITY);
}

Test(cycle, semaphore_that_can_run_out_does)
{
	make_pool(3, 3);
	search();
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 2);
}

Test(cycle, budget_ends_the_search_and_is_reported)
{
	int64_t locks[24];
	char name[32];

	for (int i = 0; i < 24; i++) {
		snprintf(name, sizeof(name), "lock%d", i);
		locks[i] = mutex(name);
	}
	scenario_sql(&s, "BEGIN");
	for (int i = 0; i < 24; i++)
		for (int j = 0; j < 24; j++)
			if (i != j)
				scenario_nest(&s, scenario_thread(&s, "t"), "f", locks[i], locks[j],
					NULL_OBJECT);
	scenario_sql(&s, "COMMIT");
	budget = 100000;
	search();
	cr_assert_not(cycles.complete);
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
		locks[i] = mutex(name);
	}
	scenario_sql(&s, "BEGIN");
	for (int i = 0; i < 30; i++)
		for (int j = 0; j < 30; j++)
			if (i != j)
				scenario_nest(&s, t, "f", locks[i], locks[j], NULL_OBJECT);
	scenario_sql(&s, "COMMIT");
	scenario_nest(&s, u, "g", locks[3], locks[7], NULL_OBJECT);
	budget = 1000000;
	search();
	cr_assert(cycles.complete);
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 2);
}
