/* SPDX-License-Identifier: MIT */
#include "analyzer/guard.h"
#include "analyzer/predict.h"
#include "tests/unit/recording.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <string.h>

/*
 * Runs written down as the events of a recording, and what else could have
 * happened in them. Every run has two threads that take two locks in both orders; the
 * tests differ in what is between these.
 */

static struct scenario s;
static struct hw_model model;
static struct hw_history history;
static int64_t clock_ns;

static void happen(int64_t thread, const char *op, int64_t object, const char *place,
	int64_t result)
{
	scenario_sql(&s,
		"INSERT INTO event(time_ns, thread, op, object, stack, result) "
		"VALUES (%lld, %lld, %Q, nullif(%lld, 0), %lld, nullif(%lld, 0))",
		clock_ns++, thread, op, object, place ? scenario_stack(&s, place) : 0, result);
}

/* `first` and then `second`, as a dependency and as the events of one time it happened. */
static void take_both(int64_t thread, int64_t first, int64_t second)
{
	happen(thread, "lock", first, "take:1 < main:9", 0);
	happen(thread, "lock", second, "take:2 < main:9", 0);
	happen(thread, "unlock", second, NULL, 0);
	happen(thread, "unlock", first, NULL, 0);
}

static void depend(int64_t thread, int64_t first, int64_t second)
{
	scenario_depend(&s, thread, second, NULL, NULL, "take:2 < main:9",
		(struct scenario_hold[]){ { first, NULL, "take:1 < main:9" }, { 0 } });
}

/* The outlook of the ring of the first two dependencies. */
static enum hw_outlook outlook(struct hw_prediction *ret_prediction)
{
	static const uint32_t ring[] = { 0, 1 };
	bool wanted[8] = { true, true };
	struct hw_instances *instances;
	struct hw_error error;

	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0, "%s", error.message);
	cr_assert_eq(hw_history_load(s.db, &model, "test", &history, &error), 0, "%s",
		error.message);
	instances = hw_instances_find(&model, &history, wanted);
	hw_predict(&model, &history, instances, ring, 2, ret_prediction);
	hw_instances_free(&model, instances);
	return ret_prediction->outlook;
}

static enum hw_outlook only_outlook(void)
{
	struct hw_prediction prediction;
	enum hw_outlook result = outlook(&prediction);

	hw_prediction_finish(&prediction);
	return result;
}

static int64_t main_thread, one, two, a, b;

static void set_up(void)
{
	clock_ns = 1000;
	scenario_init(&s);
	main_thread = scenario_thread(&s, "main");
	one = scenario_thread(&s, "one");
	two = scenario_thread(&s, "two");
	a = scenario_object(&s, "mutex", "a");
	b = scenario_object(&s, "mutex", "b");
	depend(one, a, b);
	depend(two, b, a);
}

static void tear_down(void)
{
	hw_history_finish(&history);
	hw_model_finish(&model);
	scenario_finish(&s);
}

TestSuite(predict, .init = set_up, .fini = tear_down);
TestSuite(guard, .init = set_up, .fini = tear_down);

Test(predict, two_threads_that_live_together)
{
	struct hw_prediction prediction;

	take_both(one, a, b);
	take_both(two, b, a);
	cr_assert_eq(outlook(&prediction), HW_OUTLOOK_PREDICTED);
	/* Each takes its first lock, and then stands before the second. */
	cr_assert_eq(prediction.before[one - 1], 1);
	cr_assert_eq(prediction.before[two - 1], 1);
	cr_assert_eq(prediction.moments[0], 1);
	cr_assert_eq(prediction.moments[1], 1);
	hw_prediction_finish(&prediction);
}

/* The second thread is created after the first was joined. */
Test(predict, created_after_join)
{
	int64_t end = scenario_object(&s, "thread", "end of one");

	scenario_sql(&s, "UPDATE thread SET object = %lld WHERE id = %lld", end, one);
	happen(main_thread, "create", 0, NULL, one);
	happen(one, "start", end, NULL, 0);
	take_both(one, a, b);
	happen(one, "end", end, NULL, 0);
	happen(main_thread, "join", end, "wait_for:1", 0);
	happen(main_thread, "create", 0, NULL, two);
	happen(two, "start", 0, NULL, 0);
	take_both(two, b, a);
	cr_assert_eq(only_outlook(), HW_OUTLOOK_ORDERED);
}

/* Created before the join, so that they may meet although they did not. */
Test(predict, created_before_join)
{
	int64_t end = scenario_object(&s, "thread", "end of one");

	scenario_sql(&s, "UPDATE thread SET object = %lld WHERE id = %lld", end, one);
	happen(main_thread, "create", 0, NULL, one);
	happen(main_thread, "create", 0, NULL, two);
	happen(one, "start", end, NULL, 0);
	take_both(one, a, b);
	happen(one, "end", end, NULL, 0);
	happen(main_thread, "join", end, "wait_for:1", 0);
	happen(two, "start", 0, NULL, 0);
	take_both(two, b, a);
	cr_assert_eq(only_outlook(), HW_OUTLOOK_PREDICTED);
}

static void hand_over(const char *kind, const char *sent, const char *got)
{
	int64_t object = scenario_object(&s, kind, "hand_over");

	if (!strcmp(kind, "sem"))
		scenario_sql(&s, "UPDATE object SET role = 'signal', capacity = 0 WHERE id = %lld",
			object);
	if (!strcmp(kind, "barrier"))
		scenario_sql(&s, "UPDATE object SET capacity = 2 WHERE id = %lld", object);
	if (!strcmp(kind, "cond"))
		happen(two, "sleep", object, NULL, 0);
	take_both(one, a, b);
	happen(one, sent, object, NULL, 0);
	if (!strcmp(kind, "barrier"))
		happen(two, sent, object, NULL, 0);
	happen(two, got, object, NULL, 0);
	take_both(two, b, a);
}

Test(predict, handed_over_by_a_semaphore)
{
	hand_over("sem", "post", "take");
	cr_assert_eq(only_outlook(), HW_OUTLOOK_ORDERED);
}

Test(predict, handed_over_by_a_condition)
{
	hand_over("cond", "signal", "wake");
	cr_assert_eq(only_outlook(), HW_OUTLOOK_ORDERED);
}

/* It would have gone on without. */
Test(predict, woken_from_a_wait_for_a_limited_time)
{
	hand_over("cond", "signal", "wake");
	scenario_sql(&s, "UPDATE event SET how = 'timed' WHERE op = 'sleep'");
	cr_assert_eq(only_outlook(), HW_OUTLOOK_PREDICTED);
}

Test(predict, handed_over_by_a_barrier)
{
	hand_over("barrier", "arrive", "leave");
	cr_assert_eq(only_outlook(), HW_OUTLOOK_ORDERED);
}

/* Made by somebody who was not recorded, so nobody knows for how many it is. */
Test(predict, handed_over_by_a_barrier_of_unknown_size)
{
	hand_over("barrier", "arrive", "leave");
	scenario_sql(&s, "UPDATE object SET capacity = NULL");
	cr_assert_eq(only_outlook(), HW_OUTLOOK_ORDERED);
}

/* Who waits for the end of an initialiser goes on after it. */
Test(predict, handed_over_by_a_once)
{
	int64_t once = scenario_object(&s, "once", "set_up");

	happen(one, "once_begin", once, NULL, 0);
	take_both(one, a, b);
	happen(two, "wait", once, NULL, 0);
	happen(one, "once_end", once, NULL, 0);
	happen(two, "leave", once, NULL, 0);
	take_both(two, b, a);
	scenario_sql(
		&s, "INSERT INTO dependency_hold VALUES (1, 1, %lld, 'exclusive', NULL, 1)", once);
	cr_assert_eq(only_outlook(), HW_OUTLOOK_ORDERED);
}

/* A second round of the first thread, after the hand-over, meets the second thread. */
Test(predict, a_later_instance)
{
	int64_t signal = scenario_object(&s, "sem", "hand_over");
	struct hw_prediction prediction;

	scenario_sql(&s, "UPDATE object SET role = 'signal', capacity = 0 WHERE id = %lld", signal);
	take_both(one, a, b);
	happen(one, "post", signal, NULL, 0);
	happen(two, "take", signal, NULL, 0);
	take_both(two, b, a);
	take_both(one, a, b);
	cr_assert_eq(outlook(&prediction), HW_OUTLOOK_PREDICTED);
	cr_assert_eq(prediction.moments[0], 6, "the first instance is over when the second begins");
	hw_prediction_finish(&prediction);
}

/*
 * What comes before the waits needs a critical section of the other thread as a whole:
 * both pass through c, and the second one's part holds the end of the first's.
 * No order is forced by creation or hand-over, so it stays possible.
 */
Test(predict, only_the_order_of_critical_sections_is_in_the_way)
{
	int64_t c = scenario_object(&s, "mutex", "c");

	happen(one, "lock", c, "take:3", 0);
	take_both(one, a, b);
	happen(one, "unlock", c, NULL, 0);
	happen(two, "lock", c, "take:3", 0);
	happen(two, "unlock", c, NULL, 0);
	take_both(two, b, a);
	scenario_sql(&s, "INSERT INTO dependency_hold VALUES (1, 1, %lld, 'exclusive', %lld, 1)", c,
		scenario_stack(&s, "take:3"));
	cr_assert_eq(only_outlook(), HW_OUTLOOK_POSSIBLE);
}

/* Readers do not exclude each other, so nothing has to end. */
Test(predict, readers_before)
{
	int64_t c = scenario_object(&s, "rwlock", "c");

	happen(one, "lock", c, "take:3", 0);
	scenario_sql(&s, "UPDATE event SET mode = 'shared' WHERE object = %lld", c);
	take_both(one, a, b);
	happen(one, "unlock", c, NULL, 0);
	happen(two, "lock", c, "take:3", 0);
	scenario_sql(&s, "UPDATE event SET mode = 'shared' WHERE object = %lld AND op = 'lock'", c);
	happen(two, "unlock", c, NULL, 0);
	take_both(two, b, a);
	scenario_sql(&s, "INSERT INTO dependency_hold VALUES (1, 1, %lld, 'shared', %lld, 1)", c,
		scenario_stack(&s, "take:3"));
	cr_assert_eq(only_outlook(), HW_OUTLOOK_PREDICTED);
}

/* Events of two threads that were stored the wrong way round are put in order by their time. */
Test(predict, events_stored_late)
{
	int64_t signal = scenario_object(&s, "sem", "hand_over");

	scenario_sql(&s, "UPDATE object SET role = 'signal', capacity = 0 WHERE id = %lld", signal);
	take_both(one, a, b);
	clock_ns += 10;
	happen(two, "take", signal, NULL, 0);
	clock_ns -= 5;
	happen(one, "post", signal, NULL, 0);
	clock_ns += 10;
	take_both(two, b, a);
	cr_assert_eq(only_outlook(), HW_OUTLOOK_ORDERED);
}

/* Main locks `room`, creates one, and joins it: what one does, it does inside that section. */
static uint32_t guard_of_a_parent(int64_t locked_by_two)
{
	int64_t room = scenario_object(&s, "mutex", "room");
	int64_t end = scenario_object(&s, "thread", "end of one");
	struct hw_prediction prediction;
	struct hw_guards guards;
	uint32_t gate;

	scenario_sql(&s, "UPDATE thread SET object = %lld WHERE id = %lld", end, one);
	happen(main_thread, "lock", room, "take:3", 0);
	happen(main_thread, "create", 0, NULL, one);
	happen(one, "start", end, NULL, 0);
	take_both(one, a, b);
	happen(one, "end", end, NULL, 0);
	happen(main_thread, "join", end, "wait_for:1", 0);
	happen(main_thread, "unlock", room, NULL, 0);
	if (locked_by_two) {
		happen(two, "lock", room, "take:3", 0);
		scenario_sql(&s,
			"INSERT INTO dependency_hold VALUES (2, 1, %lld, 'exclusive', %lld, 1)",
			room,
			scenario_stack(&s, "take:3"));
	}
	take_both(two, b, a);
	outlook(&prediction);
	hw_prediction_finish(&prediction);
	hw_guards_init(&guards, &history);
	gate = hw_guards_between(&guards, &model, &history, 0, 1);
	hw_guards_finish(&guards, &history);
	cr_assert(gate == HW_NONE || model.objects[gate].id == room);
	return gate;
}

Test(guard, of_a_parent_against_who_takes_it)
{
	cr_assert_neq(guard_of_a_parent(true), HW_NONE);
}

Test(guard, of_a_parent_against_who_does_not)
{
	cr_assert_eq(guard_of_a_parent(false), HW_NONE);
}

/* Both live inside one and the same section of main: nothing keeps them apart. */
Test(guard, of_two_children_of_one_section)
{
	int64_t room = scenario_object(&s, "mutex", "room");
	int64_t ends[] = { scenario_object(&s, "thread", "end of one"),
		scenario_object(&s, "thread", "end of two") };
	struct hw_prediction prediction;
	struct hw_guards guards;

	scenario_sql(&s, "UPDATE thread SET object = %lld WHERE id = %lld", ends[0], one);
	scenario_sql(&s, "UPDATE thread SET object = %lld WHERE id = %lld", ends[1], two);
	happen(main_thread, "lock", room, "take:3", 0);
	happen(main_thread, "create", 0, NULL, one);
	happen(main_thread, "create", 0, NULL, two);
	happen(one, "start", ends[0], NULL, 0);
	take_both(one, a, b);
	happen(one, "end", ends[0], NULL, 0);
	happen(two, "start", ends[1], NULL, 0);
	take_both(two, b, a);
	happen(two, "end", ends[1], NULL, 0);
	happen(main_thread, "join", ends[0], "wait_for:1", 0);
	happen(main_thread, "join", ends[1], "wait_for:1", 0);
	happen(main_thread, "unlock", room, NULL, 0);
	cr_assert_eq(outlook(&prediction), HW_OUTLOOK_PREDICTED);
	hw_prediction_finish(&prediction);
	hw_guards_init(&guards, &history);
	cr_assert_eq(hw_guards_between(&guards, &model, &history, 0, 1), HW_NONE);
	hw_guards_finish(&guards, &history);
}

Test(predict, dependencies_without_events)
{
	take_both(one, a, b);
	cr_assert_eq(only_outlook(), HW_OUTLOOK_POSSIBLE);
}
