/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>

#include "analyzer/deadlock.h"
#include "tests/unit/recording.h"

static struct scenario s;
static struct hw_model model;
static struct hw_deadlocks deadlocks;

static void setup(void)
{
	scenario_init(&s);
}

static void teardown(void)
{
	hw_deadlocks_finish(&deadlocks);
	hw_model_finish(&model);
	scenario_finish(&s);
}

static void find(void)
{
	struct hw_error error;

	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0, "%s", error.message);
	hw_deadlocks_find(&model, &deadlocks);
}

/* One deadlock; each thread of its ring waits for something the next one keeps. */
static const struct hw_deadlock *expect_one(uint32_t ring, uint32_t threads, uint32_t behind)
{
	const struct hw_deadlock *d;

	find();
	cr_assert_eq(deadlocks.count, 1);
	d = &deadlocks.all[0];
	cr_assert_eq(d->ring_length, ring);
	cr_assert_eq(d->thread_count, threads);
	cr_assert_eq(d->behind_count, behind);
	for (uint32_t i = 0; i < ring; i++) {
		uint32_t next = (i + 1) % ring, keeper = d->threads[next], hold = d->holds[next];
		const struct hw_wait *wait = &model.waits[model.threads[d->threads[i]].wait];

		if (hold == HW_NONE)
			continue;
		cr_assert_eq(model.holds[hold].object, wait->object);
		cr_assert_geq(hold, model.threads[keeper].first_hold);
		cr_assert_lt(
			hold, model.threads[keeper].first_hold + model.threads[keeper].hold_count);
	}
	return d;
}

static void expect_none(void)
{
	find();
	cr_assert_eq(deadlocks.count, 0);
}

static int64_t mutex(const char *name)
{
	return scenario_object(&s, "mutex", name);
}

static int64_t semaphore(const char *name, int capacity)
{
	int64_t sem = scenario_object(&s, "sem", name);

	scenario_sql(&s, "UPDATE object SET role = 'lock', capacity = %d WHERE id = %lld", capacity,
		sem);
	return sem;
}

/* A thread that holds one thing and waits for another; either may be NULL_OBJECT. */
static int64_t thread(const char *name, int64_t held, int64_t awaited)
{
	int64_t t = scenario_thread(&s, name);

	if (held)
		scenario_hold(&s, t, held, NULL, NULL);
	if (awaited)
		scenario_wait(&s, t, awaited, NULL, NULL);
	return t;
}

/* The object that stands for a thread's end. */
static int64_t end_of(int64_t t)
{
	int64_t end = scenario_object(&s, "thread", "end");

	scenario_sql(&s, "UPDATE thread SET object = %lld WHERE id = %lld", end, t);
	return end;
}

TestSuite(deadlock, .init = setup, .fini = teardown);

Test(deadlock, two_threads)
{
	int64_t a = mutex("a"), b = mutex("b");

	thread("t", a, b);
	thread("u", b, a);
	expect_one(2, 2, 0);
}

Test(deadlock, ring_of_five_and_who_waits_behind)
{
	int64_t forks[5], plate = mutex("plate");
	char name[16];

	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "forks[%d]", i);
		forks[i] = mutex(name);
	}
	for (int i = 0; i < 5; i++)
		thread("philosopher", forks[i], forks[(i + 1) % 5]);
	thread("guest", plate, forks[2]);
	thread("waiter", NULL_OBJECT, plate);
	expect_one(5, 5, 2);
}

Test(deadlock, none_when_somebody_still_runs)
{
	int64_t a = mutex("a"), b = mutex("b"), c = mutex("c");

	thread("t", a, b);
	thread("u", b, c);
	thread("v", c, NULL_OBJECT);
	expect_none();
}

Test(deadlock, none_when_nobody_is_known_to_hold_it)
{
	int64_t a = mutex("a");

	thread("t", NULL_OBJECT, a);
	expect_none();
}

Test(deadlock, none_when_a_wait_is_limited_in_time)
{
	int64_t a = mutex("a"), b = mutex("b");

	thread("t", a, b);
	thread("u", b, a);
	scenario_sql(&s, "UPDATE wait SET how = 'timed' WHERE thread = 1");
	expect_none();
}

Test(deadlock, relocked_by_its_holder)
{
	int64_t a = mutex("a");

	thread("t", a, a);
	thread("u", NULL_OBJECT, a);
	expect_one(1, 1, 1);
}

Test(deadlock, two_separate_ones)
{
	int64_t a = mutex("a"), b = mutex("b"), c = mutex("c"), d = mutex("d");

	thread("t", a, b);
	thread("u", b, a);
	thread("v", c, d);
	thread("w", d, c);
	find();
	cr_assert_eq(deadlocks.count, 2);
}

Test(deadlock, lock_held_across_a_join)
{
	int64_t a = mutex("a"), t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	const struct hw_deadlock *d;

	scenario_hold(&s, t, a, NULL, NULL);
	scenario_wait(&s, t, end_of(u), NULL, NULL);
	scenario_wait(&s, u, a, NULL, NULL);
	d = expect_one(2, 2, 0);
	for (uint32_t i = 0; i < 2; i++)
		cr_assert_eq(
			d->holds[i] == HW_NONE, d->threads[i] == hw_model_find_thread(&model, u));
}

Test(deadlock, join_of_a_thread_that_runs)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");

	scenario_wait(&s, t, end_of(u), NULL, NULL);
	expect_none();
}

Test(deadlock, join_of_itself)
{
	int64_t t = scenario_thread(&s, "t");

	scenario_wait(&s, t, end_of(t), NULL, NULL);
	expect_one(1, 1, 0);
}

Test(deadlock, across_processes)
{
	int64_t a = mutex("a"), b = mutex("b");

	scenario_sql(&s, "UPDATE object SET process = NULL, shared_key = '0:1:' || id");
	thread("t", a, b);
	scenario_process(&s, "/usr/bin/other");
	thread("u", b, a);
	expect_one(2, 2, 0);
}

Test(deadlock, semaphore_of_one_unit_is_a_lock)
{
	int64_t sem = semaphore("sem", 1), a = mutex("a");

	thread("t", sem, a);
	thread("u", a, sem);
	expect_one(2, 2, 0);
}

Test(deadlock, semaphore_whose_units_are_all_stuck)
{
	int64_t sem = semaphore("sem", 2), a = mutex("a");

	thread("t", a, sem);
	thread("u", sem, a);
	thread("v", sem, a);
	/* The second keeper of a unit is no step of the ring, but could end it. */
	expect_one(2, 3, 0);
}

Test(deadlock, semaphore_with_a_unit_that_comes_back)
{
	int64_t sem = semaphore("sem", 2), a = mutex("a");

	thread("t", a, sem);
	thread("u", sem, a);
	thread("v", sem, NULL_OBJECT);
	expect_none();
}

Test(deadlock, semaphore_with_units_nobody_is_known_to_hold)
{
	int64_t sem = semaphore("sem", 3), a = mutex("a");

	thread("t", a, sem);
	thread("u", sem, a);
	thread("v", sem, a);
	expect_none();
}

static void want_units(int64_t t, int units)
{
	scenario_sql(&s, "UPDATE wait SET units = %d WHERE thread = %lld", units, t);
}

Test(deadlock, semaphore_of_which_all_units_are_wanted)
{
	int64_t sem = semaphore("sem", 3), a = mutex("a");

	want_units(thread("t", a, sem), 3);
	thread("u", sem, a);
	thread("v", sem, NULL_OBJECT);
	/* One who keeps a unit is enough, whatever the others do. */
	expect_one(2, 2, 0);
}

Test(deadlock, semaphore_of_which_enough_units_are_left)
{
	int64_t sem = semaphore("sem", 3), a = mutex("a");

	want_units(thread("t", a, sem), 2);
	thread("u", sem, a);
	expect_none();
}

Test(deadlock, semaphore_taken_again_by_its_only_holder)
{
	int64_t sem = semaphore("sem", 1);

	thread("t", sem, sem);
	expect_one(1, 1, 0);
}

/* As the lock that a thread of Python waits for in a condition, before the first notify. */
Test(deadlock, semaphore_taken_again_that_nobody_has_posted)
{
	int64_t sem = semaphore("sem", 1), a = mutex("a");

	scenario_sql(&s, "UPDATE object SET role = NULL WHERE id = %lld", sem);
	thread("t", sem, sem);
	thread("u", a, sem);
	thread("v", NULL_OBJECT, a);
	expect_none();
}

/* Others cannot post what they wait for, whether or not it has been posted before. */
Test(deadlock, semaphores_in_a_ring_that_nobody_has_posted)
{
	int64_t sems[] = { semaphore("left", 1), semaphore("right", 1) };

	scenario_sql(&s, "UPDATE object SET role = NULL WHERE kind = 'sem'");
	thread("t", sems[0], sems[1]);
	thread("u", sems[1], sems[0]);
	expect_one(2, 2, 0);
}

Test(deadlock, semaphore_that_others_post)
{
	int64_t sem = scenario_object(&s, "sem", "sem"), a = mutex("a");

	scenario_sql(&s, "UPDATE object SET role = 'signal', capacity = 1 WHERE id = %lld", sem);
	thread("t", a, sem);
	thread("u", sem, a);
	expect_none();
}

Test(deadlock, one_stuck_reader_keeps_the_writer_out)
{
	int64_t rw = scenario_object(&s, "rwlock", "rw"), a = mutex("a");
	int64_t t = thread("t", a, NULL_OBJECT), u = scenario_thread(&s, "u");
	int64_t v = scenario_thread(&s, "v");

	scenario_wait(&s, t, rw, "exclusive", NULL);
	scenario_hold(&s, u, rw, "shared", NULL);
	scenario_wait(&s, u, a, NULL, NULL);
	scenario_hold(&s, v, rw, "shared", NULL); /* and runs */
	expect_one(2, 2, 0);
}

Test(deadlock, a_running_writer_lets_readers_in_later)
{
	int64_t rw = scenario_object(&s, "rwlock", "rw"), a = mutex("a");
	int64_t t = thread("t", a, NULL_OBJECT), u = scenario_thread(&s, "u");

	scenario_wait(&s, t, rw, "shared", NULL);
	scenario_hold(&s, u, rw, "exclusive", NULL);
	expect_none();
}

Test(deadlock, reader_behind_a_waiting_writer)
{
	int64_t rw = scenario_object(&s, "rwlock", "rw"), a = mutex("a");
	int64_t t = thread("t", a, NULL_OBJECT), u = scenario_thread(&s, "u");
	int64_t v = scenario_thread(&s, "v");

	/* u reads and waits for a; v waits to write; t holds a and waits to read, behind v. */
	scenario_hold(&s, u, rw, "shared", NULL);
	scenario_wait(&s, u, a, NULL, NULL);
	scenario_wait(&s, v, rw, "exclusive", NULL);
	scenario_wait(&s, t, rw, "shared", NULL);
	expect_one(3, 3, 0);
}

Test(deadlock, reader_that_wants_to_write)
{
	int64_t rw = scenario_object(&s, "rwlock", "rw"), t = scenario_thread(&s, "t");

	scenario_hold(&s, t, rw, "shared", NULL);
	scenario_wait(&s, t, rw, "exclusive", NULL);
	expect_one(1, 1, 0);
}

Test(deadlock, holder_that_ended_never_lets_go)
{
	int64_t sem = semaphore("sem", 2), a = mutex("a"), v;

	thread("t", a, sem);
	thread("u", sem, a);
	v = thread("v", sem, NULL_OBJECT);
	scenario_sql(&s, "UPDATE thread SET end_ns = 1500 WHERE id = %lld", v);
	expect_one(2, 2, 0);
}

Test(deadlock, ten_thousand_threads_behind_one_another)
{
	int64_t first = mutex("first"), previous = first;

	scenario_sql(&s, "BEGIN");
	for (int i = 0; i < 10000; i++) {
		int64_t own = mutex("m");

		scenario_sql(&s,
			"INSERT INTO thread (id, process, tid, number, start_ns)"
			" VALUES (%d, 1, %d, %d, 0)", i + 1, i + 1, i + 1);
		scenario_sql(&s, "INSERT INTO hold VALUES (%d, 0, %lld, 'exclusive', 1, NULL, 0)",
			i + 1, own);
		scenario_sql(&s,
			"INSERT INTO wait VALUES (%d, %lld, 'exclusive', 'block', NULL, 0, NULL)",
			i + 1, previous);
		previous = own;
	}
	scenario_sql(&s, "COMMIT");
	expect_none(); /* nobody holds the first */
	teardown();
	setup();
}
