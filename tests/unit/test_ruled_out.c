/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/cycles.h"

TestSuite(ruled_out, .init = cycles_setup, .fini = cycles_teardown);

Test(ruled_out, one_thread_cannot_deadlock_with_itself)
{
	int64_t t = scenario_thread(&s, "t");
	int64_t a = cycles_mutex("a"), b = cycles_mutex("b");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, t, "g", b, a, NULL_OBJECT);
	cycles_expect_ruled_out(HW_REASON_ONE_THREAD);
	cr_assert_eq(ruled_outs.all[0].because_thread_count, 1);
	cr_assert_eq(ruled_outs.all[0].because_threads[0], hw_model_find_thread(&model, t));
}

Test(ruled_out, one_thread_is_enough_when_any_thread_may_run_anything)
{
	int64_t t = scenario_thread(&s, "t");
	int64_t a = cycles_mutex("a"), b = cycles_mutex("b"), gate = cycles_mutex("gate");
	int64_t c = cycles_mutex("c"), d = cycles_mutex("d");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, t, "g", b, a, NULL_OBJECT);
	scenario_nest(&s, t, "f", gate, c, d, NULL_OBJECT);
	scenario_nest(&s, t, "g", gate, d, c, NULL_OBJECT);
	any_thread = true;
	cycles_search();
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 2);
	cr_assert_eq(ruled_outs.count, 1);
	cr_assert_eq(ruled_outs.all[0].reason, HW_REASON_GATE);
}

Test(ruled_out, two_threads_are_too_few_for_three_steps)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = cycles_mutex("a"), b = cycles_mutex("b"), c = cycles_mutex("c");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, t, "f", b, c, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, c, NULL_OBJECT);
	scenario_nest(&s, u, "g", c, a, NULL_OBJECT);
	cycles_expect_ruled_out(HW_REASON_ONE_THREAD);
	cr_assert_eq(ruled_outs.all[0].because_thread_count, 2);
}

Test(ruled_out, gate_held_by_both_rules_it_out)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t gate = cycles_mutex("gate"), a = cycles_mutex("a"), b = cycles_mutex("b");

	scenario_nest(&s, t, "f", gate, a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", gate, b, a, NULL_OBJECT);
	cycles_expect_ruled_out(HW_REASON_GATE);
	cr_assert_eq(ruled_outs.all[0].because_object, hw_model_find_object(&model, gate));
}

Test(ruled_out, gate_that_one_path_goes_round_does_not_help)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t gate = cycles_mutex("gate"), a = cycles_mutex("a"), b = cycles_mutex("b");

	scenario_nest(&s, t, "f", gate, a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", gate, b, a, NULL_OBJECT);
	scenario_nest(&s, u, "h", b, a, NULL_OBJECT);
	cycles_search();
	cr_assert_eq(cycles.count, 1);
	cycles_check_ring(&cycles.all[0]);
	cr_assert_eq(ruled_outs.count, 0);
}

Test(ruled_out, gate_held_to_read_lets_both_in)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t gate = scenario_object(&s, "rwlock", "gate"), a = cycles_mutex("a"),
		b = cycles_mutex("b");
	struct scenario_hold first[] = { { gate, "shared" }, { a }, { 0 } };
	struct scenario_hold second[] = { { gate, "shared" }, { b }, { 0 } };

	scenario_depend(&s, t, b, NULL, NULL, NULL, first);
	scenario_depend(&s, u, a, NULL, NULL, NULL, second);
	cycles_search();
	cr_assert_eq(cycles.count, 1);
}

Test(ruled_out, gate_held_to_write_by_one_keeps_readers_out)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t gate = scenario_object(&s, "rwlock", "gate"), a = cycles_mutex("a"),
		b = cycles_mutex("b");
	struct scenario_hold first[] = { { gate, "exclusive" }, { a }, { 0 } };
	struct scenario_hold second[] = { { gate, "shared" }, { b }, { 0 } };

	scenario_depend(&s, t, b, NULL, NULL, NULL, first);
	scenario_depend(&s, u, a, NULL, NULL, NULL, second);
	cycles_expect_ruled_out(HW_REASON_GATE);
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

Test(ruled_out, readers_do_not_block_readers)
{
	read_write("shared", "shared", "shared", "shared");
	cycles_expect_ruled_out(HW_REASON_READERS);
}

Test(ruled_out, readers_on_one_side_are_enough_to_rule_it_out)
{
	read_write("exclusive", "shared", "shared", "exclusive");
	cycles_expect_ruled_out(HW_REASON_READERS);
}

Test(ruled_out, writers_block_readers)
{
	read_write("exclusive", "shared", "exclusive", "shared");
	cycles_search();
	cr_assert_eq(cycles.count, 1);
}

Test(ruled_out, readers_block_writers)
{
	read_write("shared", "exclusive", "shared", "exclusive");
	cycles_search();
	cr_assert_eq(cycles.count, 1);
}

/* n threads that all enter a room of some seats, and then take forks in a ring. */
static void make_room(unsigned n, int seats)
{
	int64_t room = cycles_semaphore("room", seats), forks[16], threads[16];
	char name[32];

	for (unsigned i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "forks[%u]", i);
		forks[i] = cycles_mutex(name);
		threads[i] = scenario_thread(&s, "philosopher");
	}
	for (unsigned i = 0; i < n; i++)
		scenario_nest(
			&s, threads[i], "eat", room, forks[i], forks[(i + 1) % n], NULL_OBJECT);
}

Test(ruled_out, room_with_a_seat_too_few_rules_it_out)
{
	make_room(5, 4);
	cycles_expect_ruled_out(HW_REASON_CAPACITY);
	cr_assert_str_eq(model.objects[ruled_outs.all[0].because_object].label, "room");
}

Test(ruled_out, room_with_seats_for_all_does_not_help)
{
	make_room(5, 5);
	cycles_search();
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 5);
}

Test(ruled_out, semaphore_of_one_unit_is_a_gate)
{
	make_room(3, 1);
	cycles_expect_ruled_out(HW_REASON_GATE);
}

Test(ruled_out, semaphores_take_part_as_locks)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = cycles_semaphore("a", 1), b = cycles_mutex("b");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, a, NULL_OBJECT);
	cycles_search();
	cr_assert_eq(cycles.count, 1);
}

Test(ruled_out, signals_do_not_take_part)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = scenario_object(&s, "sem", "a"), b = cycles_mutex("b");

	scenario_sql(&s, "UPDATE object SET role = 'signal', capacity = 1 WHERE id = %lld", a);
	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "g", b, a, NULL_OBJECT);
	cycles_search();
	cr_assert_eq(cycles.count, 0);
	cr_assert_eq(ruled_outs.count, 0);
}

/* `users` threads hold a unit of a semaphore and lock m; one locks m and waits for a unit. */
static void make_pool(int users, int units)
{
	int64_t pool = cycles_semaphore("pool", units), m = cycles_mutex("m");

	for (int i = 0; i < users; i++)
		scenario_nest(&s, scenario_thread(&s, "user"), "use", pool, m, NULL_OBJECT);
	scenario_nest(&s, scenario_thread(&s, "other"), "refill", m, pool, NULL_OBJECT);
}

Test(ruled_out, semaphore_that_cannot_run_out_keeps_nobody_waiting)
{
	make_pool(2, 3);
	cycles_expect_ruled_out(HW_REASON_CAPACITY);
}

/* Who refills wants so many at once. */
static void want_units(int units)
{
	scenario_sql(&s, "UPDATE dependency SET units = %d WHERE object ="
			 " (SELECT id FROM object WHERE name = 'pool')", units);
}

Test(ruled_out, semaphore_that_has_all_the_units_wanted_at_once)
{
	make_pool(1, 3);
	want_units(2);
	cycles_expect_ruled_out(HW_REASON_CAPACITY);
}

Test(ruled_out, semaphore_that_lacks_one_of_the_units_wanted_at_once)
{
	make_pool(1, 3);
	want_units(3);
	cycles_search();
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 2);
}

Test(ruled_out, semaphore_that_can_run_out_does)
{
	make_pool(3, 3);
	cycles_search();
	cr_assert_eq(cycles.count, 1);
	cr_assert_eq(cycles.all[0].length, 2);
}
