/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "analyzer/analysis.h"
#include "tests/unit/recording.h"

struct bench {
	struct scenario s;
	struct hw_model model;
	const struct hw_analysis_options *options; /* may be NULL */
	struct hw_analysis analysis;
};

static void analyse(struct bench *b)
{
	struct hw_error error;

	cr_assert_eq(hw_model_load(b->s.db, "test", &b->model, &error), 0, "%s", error.message);
	hw_analysis_run(&b->model, NULL, b->options, &b->analysis);
}

static void finish(struct bench *b)
{
	hw_analysis_finish(&b->analysis);
	hw_model_finish(&b->model);
	scenario_finish(&b->s);
}

/* The id of the only finding of two threads that take a and b in both orders. */
static void id_of_inversion(bool renumbered, const char *first, const char *second, char ret_id[12])
{
	struct bench b = { 0 };
	int64_t t, u, a1, b1;

	scenario_init(&b.s);
	if (renumbered) {
		scenario_thread(&b.s, "idle");
		scenario_object(&b.s, "mutex", "unused");
		scenario_nest(&b.s, 1, "elsewhere", scenario_object(&b.s, "mutex", "x"),
			scenario_object(&b.s, "mutex", "y"), NULL_OBJECT);
		b1 = scenario_object(&b.s, "mutex", "b");
		a1 = scenario_object(&b.s, "mutex", "a");
		u = scenario_thread(&b.s, "u");
		t = scenario_thread(&b.s, "t");
		scenario_nest(&b.s, u, second, b1, a1, NULL_OBJECT);
		scenario_nest(&b.s, t, first, a1, b1, NULL_OBJECT);
	} else {
		t = scenario_thread(&b.s, "t");
		u = scenario_thread(&b.s, "u");
		a1 = scenario_object(&b.s, "mutex", "a");
		b1 = scenario_object(&b.s, "mutex", "b");
		scenario_nest(&b.s, t, first, a1, b1, NULL_OBJECT);
		scenario_nest(&b.s, u, second, b1, a1, NULL_OBJECT);
	}
	analyse(&b);
	cr_assert_eq(b.analysis.finding_count, 1);
	memcpy(ret_id, b.analysis.findings[0].id, 12);
	finish(&b);
}

Test(finding, id_does_not_depend_on_numbers_or_order)
{
	char plain[12], renumbered[12];

	id_of_inversion(false, "f", "g", plain);
	id_of_inversion(true, "f", "g", renumbered);
	cr_assert_str_eq(plain, renumbered);
	cr_assert_eq(strlen(plain), 11);
	cr_assert_eq(strncmp(plain, "hw-", 3), 0);
	cr_assert_eq(strspn(plain + 3, "0123456789abcdef"), 8);
}

Test(finding, id_depends_on_the_functions)
{
	char plain[12], other[12];

	id_of_inversion(false, "f", "g", plain);
	id_of_inversion(false, "f", "h", other);
	cr_assert_str_neq(plain, other);
}

/* Which published baselines rely on. */
Test(finding, id_is_what_it_was)
{
	char id[12];

	id_of_inversion(false, "f", "g", id);
	cr_assert_str_eq(id, "hw-90f5dc34");
}

Test(finding, deadlock_speaks_for_the_cycle_that_led_to_it)
{
	struct bench b = { 0 };
	int64_t t, u, a, c;

	scenario_init(&b.s);
	t = scenario_thread(&b.s, "t");
	u = scenario_thread(&b.s, "u");
	a = scenario_object(&b.s, "mutex", "a");
	c = scenario_object(&b.s, "mutex", "c");
	scenario_nest(&b.s, t, "f", a, c, NULL_OBJECT);
	scenario_nest(&b.s, u, "g", c, a, NULL_OBJECT);
	scenario_hold(&b.s, t, a, NULL, "f:10 < main:9");
	scenario_wait(&b.s, t, c, NULL, "f:20 < main:9");
	scenario_hold(&b.s, u, c, NULL, "g:10 < main:9");
	scenario_wait(&b.s, u, a, NULL, "g:20 < main:9");
	analyse(&b);
	cr_assert_eq(b.analysis.finding_count, 1);
	cr_assert_eq(b.analysis.findings[0].rule, HW_RULE_DEADLOCK);
	cr_assert_eq(b.analysis.findings[0].verdict, HW_VERDICT_DEADLOCK);
	finish(&b);
}

Test(finding, worst_comes_first)
{
	struct bench b = { 0 };
	int64_t t, u, v, locks[6];

	scenario_init(&b.s);
	t = scenario_thread(&b.s, "t");
	u = scenario_thread(&b.s, "u");
	v = scenario_thread(&b.s, "v");
	for (int i = 0; i < 6; i++)
		locks[i] = scenario_object(&b.s, "mutex", (char[]){ (char)('a' + i), '\0' });
	scenario_nest(&b.s, t, "f", locks[0], locks[1], NULL_OBJECT);
	scenario_nest(&b.s, u, "g", locks[1], locks[2], NULL_OBJECT);
	scenario_nest(&b.s, v, "h", locks[2], locks[0], NULL_OBJECT);
	scenario_nest(&b.s, t, "i", locks[3], locks[4], NULL_OBJECT);
	scenario_nest(&b.s, u, "j", locks[4], locks[3], NULL_OBJECT);
	scenario_hold(&b.s, v, locks[5], NULL, NULL);
	scenario_wait(&b.s, v, locks[5], NULL, NULL);
	analyse(&b);
	cr_assert_eq(b.analysis.finding_count, 3);
	cr_assert_eq(b.analysis.findings[0].rule, HW_RULE_SELF_DEADLOCK);
	cr_assert_eq(b.analysis.findings[1].ring_length, 2);
	cr_assert_eq(b.analysis.findings[2].ring_length, 3);
	finish(&b);
}

Test(finding, tells_threads_and_objects_in_the_order_of_the_ring)
{
	struct bench b = { 0 };
	const struct hw_finding *f;
	int64_t forks[3];

	scenario_init(&b.s);
	for (int i = 0; i < 3; i++) {
		char name[] = { 'f', '[', (char)('0' + i), ']', '\0' };

		forks[i] = scenario_object(&b.s, "mutex", name);
	}
	for (int i = 0; i < 3; i++) {
		int64_t t = scenario_thread(&b.s, "philosopher");

		scenario_hold(&b.s, t, forks[i], NULL, NULL);
		scenario_wait(&b.s, t, forks[(i + 1) % 3], NULL, NULL);
	}
	analyse(&b);
	cr_assert_eq(b.analysis.finding_count, 1);
	f = &b.analysis.findings[0];
	cr_assert_eq(f->object_count, 3);
	for (uint32_t i = 0; i < 3; i++) {
		cr_assert_eq(f->threads[i].holds[0].object, f->objects[i]);
		cr_assert_eq(f->threads[i].object, f->objects[(i + 1) % 3]);
	}
	finish(&b);
}

Test(finding, notes_tell_what_is_missing)
{
	struct bench b = { 0 };

	scenario_init(&b.s);
	scenario_sql(&b.s, "UPDATE meta SET value = 17 WHERE key = 'lost'");
	scenario_sql(&b.s, "UPDATE meta SET value = 0 WHERE key = 'complete'");
	scenario_sql(&b.s, "INSERT INTO meta VALUES ('note.1', 'first'), ('note.2', 'second')");
	analyse(&b);
	cr_assert_eq(b.analysis.note_count, 4);
	cr_assert_str_eq(b.analysis.notes[0], "first");
	cr_assert_str_eq(b.analysis.notes[1], "second");
	cr_assert(strstr(b.analysis.notes[2], "17 events were lost"));
	cr_assert(strstr(b.analysis.notes[3], "did not end regularly"));
	finish(&b);
}

/* Why it was closed early is told by a note of the collector's. */
Test(finding, notes_do_not_call_irregular_what_was_cut_off)
{
	struct bench b = { 0 };

	scenario_init(&b.s);
	scenario_sql(&b.s, "UPDATE meta SET value = 0 WHERE key = 'complete'");
	scenario_sql(&b.s, "INSERT INTO meta VALUES ('cut', 1), ('note.1', 'it was too large')");
	analyse(&b);
	cr_assert_eq(b.analysis.note_count, 1);
	cr_assert_str_eq(b.analysis.notes[0], "it was too large");
	finish(&b);
}

Test(finding, equal_deadlocks_are_one_with_more_instances)
{
	struct bench b = { 0 };
	int64_t t, u, locks[4];

	scenario_init(&b.s);
	for (int i = 0; i < 4; i++)
		locks[i] = scenario_object(
			&b.s, "mutex", (char[]){ 'l', '[', (char)('0' + i), ']', '\0' });
	for (int i = 0; i < 4; i += 2) {
		t = scenario_thread(&b.s, "t");
		u = scenario_thread(&b.s, "u");
		scenario_hold(&b.s, t, locks[i], NULL, NULL);
		scenario_wait(&b.s, t, locks[i + 1], NULL, NULL);
		scenario_hold(&b.s, u, locks[i + 1], NULL, NULL);
		scenario_wait(&b.s, u, locks[i], NULL, NULL);
	}
	analyse(&b);
	cr_assert_eq(b.analysis.finding_count, 1);
	cr_assert_eq(b.analysis.findings[0].instances, 2);
	cr_assert_eq(b.analysis.findings[0].note_count, 1);
	cr_assert(strstr(b.analysis.findings[0].notes[0], "2 sets of locks"));
	finish(&b);
}

/* A search that ends early says what it left. */
Test(finding, search_that_ends_early)
{
	static const struct hw_analysis_options options = { .budget = 1000 };
	struct bench b = { .options = &options };
	int64_t locks[8];

	scenario_init(&b.s);
	for (int i = 0; i < 8; i++)
		locks[i] = scenario_object(&b.s, "mutex", (char[]){ (char)('a' + i), '\0' });
	for (int i = 0; i < 8; i++)
		for (int j = 0; j < 8; j++)
			if (i != j)
				scenario_nest(&b.s, scenario_thread(&b.s, "t"), "f", locks[i],
					locks[j], NULL_OBJECT);
	analyse(&b);
	cr_assert_gt(b.analysis.note_count, 0);
	cr_expect_str_eq(b.analysis.notes[0],
		"there are more lock-order cycles than could be looked at: all of fewer than "
		"3 locks were, but of others those through any of 7 locks may be missing");
	finish(&b);
}
