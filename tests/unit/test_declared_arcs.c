/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "tests/unit/disorders.h"

/* In which other processes and recordings a declared order counts. */

TestSuite(declared_arcs, .init = disorders_setup, .fini = disorders_teardown);

static void begin_child(void)
{
	scenario_process(&s, "/usr/bin/bank");
	first_thread = scenario_thread(&s, "child");
}

/* What follows is of the next run. */
static void begin_run(int number, const char *file)
{
	if (number > 1)
		begin_child();
	scenario_sql(&s, "UPDATE process SET parent = NULL, origin = 'start' WHERE id = %lld",
		s.process);
	scenario_sql(&s, "INSERT INTO meta VALUES ('merged.%d', %Q)", number, file);
	scenario_sql(&s, "INSERT INTO meta VALUES ('merged.%d.process', %lld)", number, s.process);
	scenario_sql(&s, "INSERT INTO meta VALUES ('merged.%d.object', %lld)", number,
		s.objects + 1);
}

Test(declared_arcs, counts_in_other_recordings)
{
	const struct hw_finding *finding;

	begin_run(1, "one.db");
	disorders_declare(disorders_mutex("a"), disorders_mutex("b"));
	begin_run(2, "two.db");
	disorders_nest(first_thread, "f", disorders_mutex("b"), disorders_mutex("a"));
	disorders_analyse();
	finding = disorders_only();
	cr_expect_str_eq(model.runs[hw_model_run_of(&model, finding->threads[0].thread)].file,
		"two.db");
	cr_expect_str_eq(model.runs[hw_model_run_of(&model, finding->threads[1].thread)].file,
		"one.db");
	cr_assert_eq(finding->note_count, 1);
	cr_expect_str_eq(finding->notes[0],
		"declared in another recording, of locks of the same class and name");
}

/* In the run that declares it, one of them was never locked, and so has no kind. */
Test(declared_arcs, counts_in_other_recordings_for_what_was_not_used)
{
	int64_t declared = disorders_mutex("a"), a;

	begin_run(1, "one.db");
	disorders_declare(declared, disorders_mutex("b"));
	begin_run(2, "two.db");
	a = disorders_mutex("a");
	disorders_nest(first_thread, "f", disorders_mutex("b"), a);
	scenario_sql(&s, "UPDATE class SET key = kind || ' ' || key");
	scenario_sql(&s, "INSERT INTO class (kind, key, name)"
			 " VALUES ('unknown', 'unknown a', 'a')");
	scenario_sql(&s,
		"UPDATE object SET kind = 'unknown', class ="
		" (SELECT id FROM class WHERE kind = 'unknown') WHERE id = %lld", declared);
	disorders_analyse();
	cr_assert_eq(model.objects[disorders_only()->threads[0].object].id, a);
}

/* Which of them was meant nobody knows. */
Test(declared_arcs, of_several_of_a_name_counts_for_none)
{
	int64_t a = disorders_mutex("a");

	begin_run(1, "one.db");
	disorders_mutex("a");
	disorders_declare(a, disorders_mutex("b"));
	begin_run(2, "two.db");
	disorders_nest(first_thread, "f", disorders_mutex("b"), disorders_mutex("a"));
	disorders_analyse();
	cr_assert_eq(analysis.finding_count, 0);
}

Test(declared_arcs, counts_for_none_of_several_of_a_name)
{
	int64_t a;

	begin_run(1, "one.db");
	disorders_declare(disorders_mutex("a"), disorders_mutex("b"));
	begin_run(2, "two.db");
	a = disorders_mutex("a");
	disorders_mutex("a");
	disorders_nest(first_thread, "f", disorders_mutex("b"), a);
	disorders_analyse();
	cr_assert_eq(analysis.finding_count, 0);
}

/* By what they share, and what each has for itself. */
Test(declared_arcs, counts_in_other_recordings_for_what_processes_share)
{
	int64_t a;

	begin_run(1, "one.db");
	disorders_declare(disorders_mutex("a"), disorders_mutex("b"));
	begin_run(2, "two.db");
	a = disorders_mutex("a");
	disorders_nest(first_thread, "f", disorders_mutex("b"), a);
	scenario_sql(&s, "UPDATE object SET process = NULL WHERE name = 'a'");
	disorders_analyse();
	cr_assert_eq(model.objects[disorders_only()->threads[0].object].id, a);
}

/* The child's objects are at the same addresses as its parent's. */
static int64_t copy(const char *name, int64_t original)
{
	int64_t object = disorders_mutex(name);

	scenario_sql(&s,
		"UPDATE object SET address = (SELECT address FROM object WHERE id = %lld)"
		" WHERE id = %lld", original, object);
	return object;
}

Test(declared_arcs, counts_in_children)
{
	int64_t a = disorders_mutex("x"), b = disorders_mutex("y");
	int64_t between = disorders_mutex("z"), second;

	disorders_declare(a, between);
	disorders_declare(between, b);
	begin_child();
	second = copy("b", b);
	disorders_nest(first_thread, "f", second, copy("a", a));
	disorders_analyse();
	cr_assert_eq(model.objects[disorders_only()->threads[0].holds[0].object].id, second);
	cr_assert_eq(disorders_only()->note_count, 1);
	cr_expect_str_eq(disorders_only()->notes[0],
		"declared before the process was forked, of the locks that it has copies of");
}

static void expect_none_of_child(const char *change)
{
	int64_t a = disorders_mutex("x"), b = disorders_mutex("y"), second;

	disorders_declare(a, b);
	scenario_sql(&s, change, a);
	begin_child();
	scenario_sql(&s, "UPDATE process SET start_ns = 100 WHERE id = %lld", s.process);
	second = copy("b", b);
	disorders_nest(first_thread, "f", second, copy("a", a));
	disorders_analyse();
	cr_assert_eq(analysis.finding_count, 0);
}

/* What is at the address in a child is not what was declared. */
Test(declared_arcs, counts_in_children_for_what_lived_on)
{
	expect_none_of_child("UPDATE object SET destroy_ns = 50 WHERE id = %lld");
}

/* Then its parent may have something else there than it had. */
Test(declared_arcs, counts_in_children_when_declared_before)
{
	expect_none_of_child("UPDATE declared_order SET first_ns = 150 WHERE first = %lld");
}

/* As which another program began, which has a memory of its own. */
Test(declared_arcs, counts_in_no_other_program)
{
	int64_t a = disorders_mutex("x"), b = disorders_mutex("y"), second;

	disorders_declare(a, b);
	begin_child();
	scenario_sql(&s, "UPDATE process SET origin = 'exec' WHERE id = %lld", s.process);
	second = copy("b", b);
	disorders_nest(first_thread, "f", second, copy("a", a));
	disorders_analyse();
	cr_assert_eq(analysis.finding_count, 0);
}
