/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "analyzer/display.h"
#include "analyzer/model.h"
#include "analyzer/stack.h"
#include "tests/unit/recording.h"

static struct scenario s;
static struct hw_model model;
static struct hw_error error;

static void setup(void)
{
	scenario_init(&s);
}

static void teardown(void)
{
	hw_model_finish(&model);
	scenario_finish(&s);
}

static void load(void)
{
	cr_assert_eq(hw_model_load(s.db, "test.db", &model, &error), 0, "%s", error.message);
}

static const struct hw_object *object(int64_t id)
{
	return &model.objects[hw_model_find_object(&model, id)];
}

TestSuite(model, .init = setup, .fini = teardown);

Test(model, reads_what_is_there)
{
	int64_t t = scenario_thread(&s, "worker"), a = scenario_object(&s, "mutex", "a");
	int64_t b = scenario_object(&s, "rwlock", "b");
	struct scenario_hold holds[] = { { a, NULL, "outer:3 < main:9" }, { 0 } };
	const struct hw_dependency *d;

	scenario_depend(&s, t, b, "shared", "timed", "inner:4 < outer:3 < main:9", holds);
	load();
	cr_assert_str_eq(model.meta.command, "bank --busy");
	cr_assert(model.meta.complete);
	cr_assert_eq(model.meta.started_at, 1700000000);
	cr_assert_eq(model.meta.blocked_ns, HW_UNKNOWN);
	cr_assert_eq(model.dependency_count, 1);
	d = &model.dependencies[0];
	cr_assert_eq(d->thread, hw_model_find_thread(&model, t));
	cr_assert_eq(d->object, hw_model_find_object(&model, b));
	cr_assert(d->shared);
	cr_assert_eq(d->how, HW_HOW_TIMED);
	cr_assert_eq(d->hold_count, 1);
	cr_assert_eq(model.holds[d->first_hold].object, hw_model_find_object(&model, a));
	cr_assert_eq(object(a)->kind, HW_KIND_MUTEX);
	cr_assert_eq(object(b)->kind, HW_KIND_RWLOCK);
	cr_assert_str_eq(model.classes[object(b)->class_].name, "b");
}

Test(model, walks_stacks_through_inlined_functions)
{
	uint32_t frames[8];
	int64_t stack = scenario_stack(&s, "std::mutex::lock:100 < take:41 < main:9");

	/* take was itself inlined into eat */
	scenario_sql(&s, "INSERT INTO frame VALUES (50, 1, 1, 'eat', 'bank.c', 60, NULL, NULL)");
	scenario_sql(&s, "UPDATE frame SET caller = 50 WHERE function = 'take'");
	load();
	cr_assert_eq(hw_stack_frames(&model, hw_model_find_stack(&model, stack), frames, 8), 4);
	cr_assert_str_eq(model.frames[frames[0]].function, "std::mutex::lock");
	cr_assert_str_eq(model.frames[frames[1]].function, "take");
	cr_assert_str_eq(model.frames[frames[2]].function, "eat");
	cr_assert_str_eq(model.frames[frames[3]].function, "main");
	cr_assert_eq(hw_stack_frames(&model, hw_model_find_stack(&model, stack), frames, 2), 4);
	cr_assert_str_eq(
		model.frames[hw_stack_site(&model, hw_model_find_stack(&model, stack))].function,
		"take");
}

Test(model, names_places_as_well_as_it_can)
{
	struct hw_arena arena = { 0 };

	scenario_sql(&s, "INSERT INTO frame VALUES (1, 1, 4660, NULL, NULL, NULL, NULL, NULL),"
			 " (2, NULL, 4660, NULL, NULL, NULL, NULL, NULL),"
			 " (3, 1, 4660, 'f', NULL, NULL, NULL, NULL),"
			 " (4, 1, 4660, 'f', '/home/me/f.c', 7, NULL, NULL)");
	load();
	cr_assert_str_eq(hw_stack_place(&model, 0, &arena), "bank+0x1234");
	cr_assert_str_eq(hw_stack_place(&model, 1, &arena), "0x1234");
	cr_assert_str_eq(hw_stack_place(&model, 2, &arena), "f (bank)");
	cr_assert_str_eq(hw_stack_place(&model, 3, &arena), "f (f.c:7)");
	hw_arena_finish(&arena);
}

Test(model, labels_are_unambiguous)
{
	int64_t forks = scenario_object(&s, "mutex", "forks[1]");
	int64_t first = scenario_object(&s, "mutex", "pool"), second, lone, none;
	int64_t main_thread = scenario_thread(&s, NULL), unnamed = scenario_thread(&s, NULL);
	int64_t worker = scenario_thread(&s, "worker");

	second = scenario_object(&s, "mutex", "pool");
	lone = scenario_object(&s, "mutex", "lone");
	none = scenario_object(&s, "mutex", "none");
	scenario_sql(&s, "UPDATE object SET name = NULL WHERE id IN (%lld, %lld, %lld, %lld)",
		first, second, lone, none);
	scenario_sql(&s, "UPDATE object SET class = NULL WHERE id = %lld", none);
	load();
	cr_assert_str_eq(object(forks)->label, "forks[1]");
	cr_assert_str_eq(object(first)->label, "pool (#2)");
	cr_assert_str_eq(object(second)->label, "pool (#3)");
	cr_assert_str_eq(object(lone)->label, "lone");
	cr_assert_str_eq(object(none)->label, "mutex at 0x1140");
	cr_assert_str_eq(
		model.threads[hw_model_find_thread(&model, main_thread)].label, "main thread");
	cr_assert_str_eq(model.threads[hw_model_find_thread(&model, unnamed)].label, "thread 2");
	cr_assert_str_eq(
		model.threads[hw_model_find_thread(&model, worker)].label, "worker (thread 3)");
}

Test(model, labels_say_the_process_when_there_are_several)
{
	int64_t t = scenario_thread(&s, NULL), a = scenario_object(&s, "mutex", "a"), u, b;

	scenario_process(&s, "/usr/bin/bank");
	u = scenario_thread(&s, "worker");
	b = scenario_object(&s, "mutex", "a");
	load();
	cr_assert_str_eq(model.threads[hw_model_find_thread(&model, t)].label,
		"main thread of bank (process 1)");
	cr_assert_str_eq(model.threads[hw_model_find_thread(&model, u)].label,
		"worker (thread 1 of process 2)");
	cr_assert_str_eq(object(a)->label, "a (#1)");
	cr_assert_str_eq(object(b)->label, "a (#2)");
}

Test(model, times_have_units)
{
	char text[32];

	hw_display_time(810, text);
	cr_assert_str_eq(text, "810 ns");
	hw_display_time(35210000, text);
	cr_assert_str_eq(text, "35.210 ms");
	hw_display_time(1204000000, text);
	cr_assert_str_eq(text, "1.204 s");
}

static void expect_damaged(const char *what)
{
	cr_assert_eq(hw_model_load(s.db, "test.db", &model, &error), -EBADMSG);
	cr_assert(strstr(error.message, "'test.db' is damaged"), "%s", error.message);
	cr_assert(strstr(error.message, what), "%s", error.message);
	cr_assert_neq(error.hint[0], '\0');
}

Test(model, refuses_threads_of_no_process)
{
	scenario_thread(&s, "t");
	scenario_sql(&s, "UPDATE thread SET process = 77");
	expect_damaged("'thread'");
}

Test(model, leaves_out_what_refers_to_nothing)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = scenario_object(&s, "mutex", "a"), b = scenario_object(&s, "mutex", "b");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, t, "f", b, a, NULL_OBJECT);
	scenario_nest(&s, u, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "f", b, a, NULL_OBJECT);
	scenario_hold(&s, t, a, NULL, NULL);
	scenario_hold(&s, u, b, NULL, NULL);
	scenario_wait(&s, t, b, NULL, NULL);
	scenario_wait(&s, u, a, NULL, NULL);
	scenario_sql(&s, "UPDATE dependency SET object = 77 WHERE id = 1");
	scenario_sql(&s, "UPDATE dependency SET thread = -1 WHERE id = 2");
	scenario_sql(&s, "UPDATE dependency_hold SET object = 77 WHERE dependency = 3");
	scenario_sql(&s, "INSERT INTO dependency_hold VALUES (99, 0, 1, 'exclusive', NULL, 1)");
	scenario_sql(&s, "UPDATE hold SET object = 77 WHERE thread = 1");
	scenario_sql(&s, "UPDATE wait SET object = 9223372036854775807 WHERE thread = 2");
	load();
	cr_assert_eq(model.left_out, 6);
	cr_assert_eq(model.dependency_count, 1);
	cr_assert_eq(model.dependencies[0].thread, 1);
	cr_assert_eq(model.holds[model.dependencies[0].first_hold].object, 1);
	cr_assert_eq(model.threads[0].hold_count, 0);
	cr_assert_eq(model.threads[1].hold_count, 1);
	cr_assert_eq(model.wait_count, 1);
	cr_assert_eq(model.threads[0].wait, 0);
}

Test(model, refuses_stacks_that_never_end)
{
	scenario_stack(&s, "f < g < main");
	scenario_sql(&s, "UPDATE stack SET parent = 3 WHERE parent IS NULL");
	expect_damaged("'stack'");
}

Test(model, refuses_inlining_that_never_ends)
{
	scenario_stack(&s, "f < g");
	scenario_sql(&s, "UPDATE frame SET caller = 3 - id");
	expect_damaged("'frame'");
}

Test(model, takes_optional_references_that_lead_nowhere_for_unknown)
{
	scenario_object(&s, "mutex", "a");
	scenario_sql(&s, "UPDATE object SET create_stack = 99, class = 99");
	load();
	cr_assert_eq(model.objects[0].create_stack, HW_NONE);
	cr_assert_lt(model.objects[0].class_, model.class_count);
}

Test(model, says_which_table_is_missing)
{
	scenario_sql(&s, "DROP TABLE dependency_hold");
	cr_assert_eq(hw_model_load(s.db, "test.db", &model, &error), -EIO);
	cr_assert(strstr(error.message, "dependency_hold"), "%s", error.message);
}
