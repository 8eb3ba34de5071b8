/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "analyzer/inside.h"
#include "tests/unit/recording.h"

/*
 * Runs written down as their events, in which a thread waits inside of a lock: what there is
 * to them is told apart by what the other threads do.
 */

static struct scenario s;
static struct hw_model model;
static struct hw_history history;
static struct hw_insides insides;
static int64_t main_thread, one, two, lock, inner, end_of_one, cond, barrier, clock_ns;

static void happen(int64_t thread, const char *op, int64_t object, const char *place)
{
	scenario_sql(&s,
		"INSERT INTO event(time_ns, thread, op, object, stack) "
		"VALUES (%lld, %lld, %Q, %lld, nullif(%lld, 0))",
		clock_ns++, thread, op, object, place ? scenario_stack(&s, place) : 0);
}

static void set_up(void)
{
	clock_ns = 1000;
	scenario_init(&s);
	main_thread = scenario_thread(&s, "main");
	one = scenario_thread(&s, "one");
	two = scenario_thread(&s, "two");
	lock = scenario_object(&s, "mutex", "lock");
	inner = scenario_object(&s, "mutex", "inner");
	end_of_one = scenario_object(&s, "thread", "end of one");
	cond = scenario_object(&s, "cond", "cond");
	barrier = scenario_object(&s, "barrier", "barrier");
	scenario_sql(&s, "UPDATE object SET capacity = 3 WHERE id = %lld", barrier);
	scenario_sql(&s, "UPDATE thread SET object = %lld WHERE id = %lld", end_of_one, one);
}

static void tear_down(void)
{
	hw_insides_finish(&insides);
	hw_history_finish(&history);
	hw_model_finish(&model);
	scenario_finish(&s);
}

TestSuite(inside, .init = set_up, .fini = tear_down);

static void find(void)
{
	struct hw_error error;

	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0, "%s", error.message);
	cr_assert_eq(hw_history_load(s.db, &model, "test", &history, &error), 0, "%s",
		error.message);
	hw_insides_find(&model, &history, &insides);
}

/* The dependency and the events of a thread that waits for `object` holding the lock. */
static void wait_inside(int64_t thread, const char *op, int64_t object)
{
	scenario_depend(&s, thread, object, NULL, NULL, "wait:2 < main:9",
		(struct scenario_hold[]){ { lock, NULL, "wait:1 < main:9" }, { 0 } });
	happen(thread, "lock", lock, "wait:1 < main:9");
	happen(thread, op, object, "wait:2 < main:9");
}

static void visit(int64_t thread, int64_t object)
{
	happen(thread, "lock", object, "visit:5 < main:9");
	happen(thread, "unlock", object, NULL);
}

/* One that is what is expected, of these two threads; the schedule lets each come so far. */
static void expect(enum hw_outlook outlook, int64_t waiter, int64_t other)
{
	find();
	cr_assert_eq(insides.count, 1);
	cr_expect_eq(insides.all[0].outlook, outlook);
	cr_expect_eq(model.threads[insides.all[0].sides[0].thread].id, waiter);
	cr_expect_eq(model.threads[insides.all[0].sides[1].thread].id, other);
}

static void expect_none(void)
{
	find();
	cr_expect_eq(insides.count, 0);
}

Test(inside, join_of_one_that_takes_the_lock)
{
	happen(one, "start", end_of_one, NULL);
	visit(one, lock);
	happen(one, "end", end_of_one, NULL);
	wait_inside(main_thread, "join", end_of_one);
	expect(HW_OUTLOOK_PREDICTED, main_thread, one);
	/* Main has the lock, the other one has only begun. */
	cr_expect_eq(insides.all[0].prediction.before[main_thread - 1], 1);
	cr_expect_eq(insides.all[0].prediction.before[one - 1], 1);
}

Test(inside, join_of_one_that_takes_another_lock)
{
	happen(one, "start", end_of_one, NULL);
	visit(one, inner);
	happen(one, "end", end_of_one, NULL);
	wait_inside(main_thread, "join", end_of_one);
	expect_none();
}

/* What it needs it only gets together with the lock: the lock is where it would be stopped. */
Test(inside, join_of_one_that_is_behind_the_lock_already)
{
	happen(one, "start", end_of_one, NULL);
	happen(one, "lock", lock, "visit:4 < main:9");
	visit(one, inner);
	happen(one, "unlock", lock, NULL);
	happen(one, "end", end_of_one, NULL);
	wait_inside(main_thread, "join", end_of_one);
	expect(HW_OUTLOOK_PREDICTED, main_thread, one);
	cr_expect_eq(insides.all[0].sides[1].moment, 1);
}

/* Two locks are waited inside of, and the other one needs both: only the outer stops it. */
Test(inside, each_lock_that_stops_is_one)
{
	scenario_depend(&s, main_thread, end_of_one, NULL, NULL, "wait:2 < main:9",
		(struct scenario_hold[]){ { lock, NULL, "wait:1 < main:9" },
			{ inner, NULL, "wait:1 < main:9" }, { 0 } });
	happen(one, "start", end_of_one, NULL);
	happen(one, "lock", lock, "visit:4 < main:9");
	visit(one, inner);
	happen(one, "unlock", lock, NULL);
	happen(one, "end", end_of_one, NULL);
	happen(main_thread, "lock", lock, "wait:1 < main:9");
	happen(main_thread, "lock", inner, "wait:1 < main:9");
	happen(main_thread, "join", end_of_one, "wait:2 < main:9");
	expect(HW_OUTLOOK_PREDICTED, main_thread, one);
	cr_expect_eq(model.objects[insides.all[0].sides[1].object].id, lock);
}

Test(inside, every_signal_needs_the_lock)
{
	happen(one, "lock", lock, "wake:1 < main:9");
	happen(one, "signal", cond, "wake:2 < main:9");
	happen(one, "unlock", lock, NULL);
	wait_inside(two, "sleep", cond);
	expect(HW_OUTLOOK_PREDICTED, two, one);
	cr_expect_eq(insides.all[0].wake, 1);
}

Test(inside, one_signal_does_without_the_lock)
{
	visit(one, lock);
	happen(one, "signal", cond, "wake:2 < main:9");
	happen(one, "broadcast", cond, "wake:3 < main:9");
	wait_inside(two, "sleep", cond);
	expect_none();
}

/* Nobody can wake itself: its own signals say nothing. */
Test(inside, own_signals_do_not_count)
{
	happen(one, "lock", lock, "wake:1 < main:9");
	happen(one, "signal", cond, "wake:2 < main:9");
	happen(one, "unlock", lock, NULL);
	happen(two, "signal", cond, "wake:3 < main:9");
	wait_inside(two, "sleep", cond);
	expect(HW_OUTLOOK_PREDICTED, two, one);
}

/* To come to where it would hang it has to be woken before, by one who then has the lock. */
Test(inside, a_waker_that_is_past_the_lock)
{
	visit(one, lock);
	happen(one, "create", 0, NULL);
	scenario_sql(&s, "UPDATE event SET result = %lld WHERE op = 'create'", two);
	happen(two, "start", 0, NULL);
	happen(one, "signal", cond, "wake:2 < main:9");
	wait_inside(two, "sleep", cond);
	expect_none();
}

/* It takes three: the one that comes freely, the one that waits, and one more. */
Test(inside, too_few_come_to_a_barrier_without_the_lock)
{
	happen(main_thread, "arrive", barrier, "come:1 < main:9");
	visit(one, lock);
	happen(one, "arrive", barrier, "come:2 < main:9");
	wait_inside(two, "arrive", barrier);
	expect(HW_OUTLOOK_PREDICTED, two, one);
}

Test(inside, enough_come_to_a_barrier_without_the_lock)
{
	happen(main_thread, "arrive", barrier, "come:1 < main:9");
	happen(one, "arrive", barrier, "come:2 < main:9");
	wait_inside(two, "arrive", barrier);
	expect_none();
}

Test(inside, a_try_is_no_wait_for_a_lock)
{
	happen(one, "start", end_of_one, NULL);
	visit(one, lock);
	scenario_sql(&s, "UPDATE event SET how = 'try' WHERE op = 'lock'");
	happen(one, "end", end_of_one, NULL);
	wait_inside(main_thread, "join", end_of_one);
	expect_none();
}

/* It takes the lock on the way to the signal, but gives it back before: for something else. */
Test(inside, a_signal_without_the_lock_that_was_taken_before)
{
	visit(one, lock);
	happen(one, "signal", cond, "wake:2 < main:9");
	wait_inside(two, "sleep", cond);
	expect_none();
}

/* It signals under the lock that it is done; who joins under the lock knows that. */
Test(inside, join_of_one_that_told_under_the_lock)
{
	happen(one, "start", end_of_one, NULL);
	happen(one, "lock", lock, "visit:4 < main:9");
	happen(one, "signal", cond, "visit:5 < main:9");
	happen(one, "unlock", lock, NULL);
	happen(one, "end", end_of_one, NULL);
	wait_inside(main_thread, "join", end_of_one);
	expect_none();
}

/* It may also be a thread that waits for its lock at the end of a chain of joins. */
Test(inside, join_of_one_that_joins_one_that_takes_the_lock)
{
	int64_t end_of_two = scenario_object(&s, "thread", "end of two");

	scenario_sql(&s, "UPDATE thread SET object = %lld WHERE id = %lld", end_of_two, two);
	happen(one, "start", end_of_one, NULL);
	happen(two, "start", end_of_two, NULL);
	visit(two, lock);
	happen(two, "end", end_of_two, NULL);
	happen(one, "join", end_of_two, "visit:7 < main:9");
	happen(one, "end", end_of_one, NULL);
	wait_inside(main_thread, "join", end_of_one);
	find();
	cr_assert_eq(insides.count, 1);
	cr_expect_eq(insides.all[0].outlook, HW_OUTLOOK_PREDICTED);
	cr_expect_eq(insides.all[0].length, 3);
	cr_expect_eq(model.threads[insides.all[0].sides[2].thread].id, two);
}
