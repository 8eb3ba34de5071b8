/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/unit/disorders.h"

/* What goes against the declared order. Its shapes in programs are in tests/fixtures/shapes. */

TestSuite(disorder, .init = disorders_setup, .fini = disorders_teardown);

/* The longer way is declared, too. */
Test(disorder, tells_the_shortest_way)
{
	int64_t a = disorders_mutex("a"), b = disorders_mutex("b");
	int64_t c = disorders_mutex("c"), d = disorders_mutex("d");
	const struct hw_finding *finding;

	disorders_declare(a, b);
	disorders_declare(b, c);
	disorders_declare(c, d);
	disorders_declare(b, d);
	disorders_nest(first_thread, "f", d, a);
	disorders_analyse();
	finding = disorders_only();
	cr_assert_eq(finding->thread_count, 3);
	cr_expect_eq(finding->threads[0].act, HW_ACT_WAIT);
	cr_expect_eq(model.objects[finding->threads[0].object].id, a);
	cr_expect_eq(model.objects[finding->threads[0].holds[0].object].id, d);
	cr_expect_eq(finding->threads[1].act, HW_ACT_DECLARE);
	cr_expect_eq(model.objects[finding->threads[1].object].id, a);
	cr_expect_eq(model.objects[finding->threads[1].before].id, b);
	cr_expect_eq(model.objects[finding->threads[2].before].id, d);
	cr_expect_eq(finding->note_count, 0);
}

/* All locks of a table, each before the next; an order of any two of them follows. */
Test(disorder, of_a_long_chain)
{
	enum { COUNT = 2000 };
	int64_t locks[COUNT];

	for (int i = 0; i < COUNT; i++) {
		char name[32];

		snprintf(name, sizeof(name), "locks[%d]", i);
		locks[i] = disorders_mutex(name);
		if (i)
			disorders_declare(locks[i - 1], locks[i]);
	}
	disorders_nest(first_thread, "f", locks[0], locks[COUNT - 1]);
	disorders_nest(first_thread, "g", locks[COUNT - 1], locks[0]);
	disorders_analyse();
	cr_assert_eq(analysis.finding_count, 1);
	cr_expect_eq(analysis.findings[0].thread_count, COUNT);
}

/* Of what is held, several may come later; what was taken before is another matter. */
Test(disorder, tells_of_each_that_is_held)
{
	int64_t a = disorders_mutex("a"), b = disorders_mutex("b");
	int64_t c = disorders_mutex("c"), d = disorders_mutex("d");

	disorders_declare(a, b);
	disorders_declare(a, c);
	disorders_declare(d, a);
	scenario_nest(&s, first_thread, "f", d, b, c, a, NULL_OBJECT);
	disorders_analyse();
	cr_assert_eq(analysis.finding_count, 2);
	for (uint32_t i = 0; i < 2; i++)
		cr_expect_eq(model.objects[analysis.findings[i].threads[0].object].id, a);
}

/* It is of no use to say of every lock in the circle that it is wrong. */
Test(disorder, a_contradiction_speaks_for_all_in_it)
{
	int64_t a = disorders_mutex("a"), b = disorders_mutex("b");
	int64_t c = disorders_mutex("c"), before = disorders_mutex("before");

	disorders_declare(a, b);
	disorders_declare(b, c);
	disorders_declare(c, a);
	disorders_declare(before, c);
	disorders_nest(first_thread, "f", b, a);
	disorders_analyse();
	cr_assert_str_eq(disorders_only()->title,
		"the declared order contradicts itself: a before b before c before a");
	cr_expect_eq(disorders_only()->object_count, 3);
}

Test(disorder, what_comes_before_a_contradiction_comes_before_all_in_it)
{
	int64_t a = disorders_mutex("a"), b = disorders_mutex("b");
	int64_t before = disorders_mutex("before");

	disorders_declare(a, b);
	disorders_declare(b, a);
	disorders_declare(before, b);
	disorders_nest(first_thread, "f", a, before);
	disorders_analyse();
	cr_assert_eq(analysis.finding_count, 2);
}

Test(disorder, before_itself)
{
	int64_t a = disorders_mutex("a");

	disorders_declare(a, a);
	disorders_analyse();
	cr_assert_str_eq(disorders_only()->title, "a is declared to be locked before itself");
	cr_expect_eq(disorders_only()->object_count, 1);
}

/* The declared circle of many is told in short. */
Test(disorder, contradiction_of_many)
{
	int64_t locks[6];

	for (int i = 0; i < 6; i++)
		locks[i] = disorders_mutex((char[]){ (char)('a' + i), 0 });
	for (int i = 0; i < 6; i++)
		disorders_declare(locks[i], locks[(i + 1) % 6]);
	disorders_analyse();
	cr_assert_str_eq(disorders_only()->title, "the declared order contradicts itself: a before "
						"b before c before d before 2 more before a");
}

Test(disorder, nothing_is_certain_where_events_are_lost)
{
	int64_t a = disorders_mutex("a"), b = disorders_mutex("b"), c = disorders_mutex("c");

	disorders_declare(a, b);
	disorders_declare(c, c);
	disorders_nest(first_thread, "f", b, a);
	scenario_sql(&s, "UPDATE meta SET value = 1 WHERE key = 'lost'");
	disorders_analyse();
	cr_assert_str_eq(disorders_only()->title, "c is declared to be locked before itself");
}

Test(disorder, older_recordings_declare_nothing)
{
	disorders_nest(first_thread, "f", disorders_mutex("b"), disorders_mutex("a"));
	scenario_sql(&s, "DROP TABLE declared_order");
	disorders_analyse();
	cr_assert_eq(analysis.finding_count, 0);
}

Test(disorder, declarations_of_what_is_missing_are_left_out)
{
	int64_t a = disorders_mutex("a"), b = disorders_mutex("b");

	disorders_declare(a, 77);
	disorders_declare(77, b);
	disorders_nest(first_thread, "f", b, a);
	disorders_analyse();
	cr_assert_eq(analysis.finding_count, 0);
	cr_expect_eq(model.left_out, 2);
	cr_expect_eq(model.declared_count, 0);
}

/* Of a cycle, one side is as declared. */
Test(disorder, of_a_cycle_says_who_it_is)
{
	int64_t a = disorders_mutex("a"), b = disorders_mutex("b");

	disorders_declare(a, b);
	disorders_nest(first_thread, "f", a, b);
	disorders_nest(scenario_thread(&s, "t"), "g", b, a);
	disorders_analyse();
	cr_assert_eq(analysis.finding_count, 2);
	cr_expect_eq(analysis.findings[0].rule, HW_RULE_DECLARED);
	cr_assert_eq(analysis.findings[1].rule, HW_RULE_LOCK_ORDER);
	cr_assert_eq(analysis.findings[1].note_count, 1);
	cr_expect_str_eq(analysis.findings[1].notes[0],
		"it is t that goes against the declared order (HW013)");
}

/* Wherever the objects are, and whoever declares: it is the code that counts. */
static uint64_t fingerprint_of(bool renumbered, const char *function)
{
	int64_t a, b;
	uint64_t result;

	if (renumbered) {
		first_thread = scenario_thread(&s, "another");
		disorders_mutex("unused");
	}
	b = disorders_mutex("b");
	a = disorders_mutex("a");
	disorders_declare(a, b);
	disorders_nest(first_thread, function, b, a);
	disorders_analyse();
	result = disorders_only()->fingerprint;
	disorders_teardown();
	disorders_setup();
	return result;
}

Test(disorder, has_the_same_id_in_every_run)
{
	uint64_t fingerprint = fingerprint_of(false, "f");

	cr_expect_eq(fingerprint_of(true, "f"), fingerprint);
	cr_expect_neq(fingerprint_of(false, "g"), fingerprint);
	disorders_analyse();
}
