/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "analyzer/analysis.h"
#include "tests/unit/recording.h"

/* Cycles across runs: merged recordings, as merge.h describes them, written by hand. */

static struct scenario s;
static struct hw_model model;
static struct hw_analysis analysis;

static void set_up(void)
{
	scenario_init(&s);
}

static void tear_down(void)
{
	hw_analysis_finish(&analysis);
	hw_model_finish(&model);
	scenario_finish(&s);
}

TestSuite(across, .init = set_up, .fini = tear_down);

/* What follows is of the next run. */
static void begin_run(const char *file, const char *exe)
{
	static int runs;

	if (runs++)
		scenario_process(&s, exe);
	scenario_sql(&s, "UPDATE process SET parent = NULL, origin = 'start' WHERE id = %lld",
		s.process);
	scenario_sql(&s, "INSERT INTO meta VALUES ('merged.%d', %Q)", runs, file);
	scenario_sql(&s, "INSERT INTO meta VALUES ('merged.%d.process', %lld)", runs, s.process);
	scenario_sql(&s, "INSERT INTO meta VALUES ('merged.%d.object', %lld)", runs,
		s.objects + 1);
	scenario_thread(&s, "main");
}

static void analyse(uint32_t findings)
{
	struct hw_error error;

	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0, "%s", error.message);
	hw_analysis_run(&model, NULL, NULL, &analysis);
	cr_assert_eq(analysis.finding_count, findings, "%u findings", analysis.finding_count);
}

/* A thread of this run that takes the locks of these names, one inside the other. */
static void nest(const char *function, const char *outer, const char *inner)
{
	int64_t thread = scenario_thread(&s, function);
	int64_t a = scenario_object(&s, "mutex", outer), b = scenario_object(&s, "mutex", inner);

	scenario_nest(&s, thread, function, a, b, NULL_OBJECT);
}

static const char *file_of(uint32_t thread)
{
	uint32_t run = hw_model_run_of(&model, analysis.findings[0].threads[thread].thread);

	return model.runs[run].file;
}

static bool has_note(const struct hw_finding *finding, const char *part)
{
	for (uint32_t i = 0; i < finding->note_count; i++)
		if (strstr(finding->notes[i], part))
			return true;
	return false;
}

Test(across, each_run_has_one_order)
{
	begin_run("one.db", "/usr/bin/bank");
	nest("transfer", "a", "b");
	begin_run("two.db", "/usr/bin/bank");
	nest("audit", "b", "a");
	analyse(1);
	cr_assert_eq(analysis.findings[0].verdict, HW_VERDICT_POSSIBLE);
	cr_assert_eq(analysis.findings[0].thread_count, 2);
	cr_assert_str_neq(file_of(0), file_of(1));
	cr_assert(has_note(&analysis.findings[0], "only across recordings"));
	/* A lock is not told apart from itself in the other run. */
	cr_assert_str_eq(analysis.findings[0].title, "a and b are taken in both orders");
}

/* So that a picture of the classes shows it in red. */
Test(across, the_orders_of_both_runs_are_found)
{
	begin_run("one.db", "/usr/bin/bank");
	nest("transfer", "a", "b");
	begin_run("two.db", "/usr/bin/bank");
	nest("audit", "b", "a");
	nest("audit", "b", "c");
	analyse(1);
	cr_assert_eq(analysis.graph.edge_count, 3);
	cr_assert_eq(analysis.edge_found[0] + analysis.edge_found[1] + analysis.edge_found[2], 2);
}

Test(across, three_runs_make_a_ring_of_three)
{
	begin_run("one.db", "/usr/bin/bank");
	nest("first", "a", "b");
	begin_run("two.db", "/usr/bin/bank");
	nest("second", "b", "c");
	begin_run("three.db", "/usr/bin/bank");
	nest("third", "c", "a");
	analyse(1);
	cr_assert_eq(analysis.findings[0].thread_count, 3);
}

/* The same order everywhere. */
Test(across, no_cycle)
{
	begin_run("one.db", "/usr/bin/bank");
	nest("transfer", "a", "b");
	begin_run("two.db", "/usr/bin/bank");
	nest("audit", "a", "b");
	analyse(0);
}

/* What one run has by itself is a finding of that run, once. */
Test(across, one_run_has_both_orders)
{
	int64_t a, b;

	begin_run("one.db", "/usr/bin/bank");
	a = scenario_object(&s, "mutex", "a");
	b = scenario_object(&s, "mutex", "b");
	scenario_nest(&s, scenario_thread(&s, "one"), "transfer", a, b, NULL_OBJECT);
	scenario_nest(&s, scenario_thread(&s, "two"), "audit", b, a, NULL_OBJECT);
	begin_run("two.db", "/usr/bin/bank");
	nest("audit", "b", "a");
	analyse(1);
	cr_assert_str_eq(file_of(0), "one.db");
	cr_assert_str_eq(file_of(1), "one.db");
	cr_assert_not(has_note(&analysis.findings[0], "recordings"));
}

/* Each run does both in one thread: no run can hang, and two of them know no better. */
Test(across, what_every_run_rules_out_stays_so)
{
	for (int run = 0; run < 2; run++) {
		int64_t thread, a, b;

		begin_run(run ? "two.db" : "one.db", "/usr/bin/bank");
		thread = scenario_thread(&s, "worker");
		a = scenario_object(&s, "mutex", "a");
		b = scenario_object(&s, "mutex", "b");
		scenario_nest(&s, thread, "transfer", a, b, NULL_OBJECT);
		scenario_nest(&s, thread, "audit", b, a, NULL_OBJECT);
	}
	analyse(0);
	cr_assert_eq(analysis.ruled_out_count, 1);
	cr_assert_eq(analysis.ruled_out[0].reason, HW_REASON_ONE_THREAD);
}

/* Both by the first thread of the same program: there is only one of it at a time. */
static void nest_in_main(const char *file, const char *exe, const char *outer, const char *inner)
{
	int64_t a, b;

	begin_run(file, exe);
	a = scenario_object(&s, "mutex", outer);
	b = scenario_object(&s, "mutex", inner);
	scenario_nest(&s, s.threads, strcmp(outer, "a") ? "audit" : "transfer", a, b,
		NULL_OBJECT);
}

Test(across, first_threads_of_one_program_never_meet)
{
	nest_in_main("one.db", "/usr/bin/bank", "a", "b");
	nest_in_main("two.db", "/opt/bin/bank", "b", "a");
	analyse(0);
}

Test(across, a_gate_of_both_runs)
{
	begin_run("one.db", "/usr/bin/bank");
	scenario_nest(&s, scenario_thread(&s, "one"), "transfer",
		scenario_object(&s, "mutex", "gate"), scenario_object(&s, "mutex", "a"),
		scenario_object(&s, "mutex", "b"), NULL_OBJECT);
	begin_run("two.db", "/usr/bin/bank");
	scenario_nest(&s, scenario_thread(&s, "two"), "audit",
		scenario_object(&s, "mutex", "gate"), scenario_object(&s, "mutex", "b"),
		scenario_object(&s, "mutex", "a"), NULL_OBJECT);
	analyse(0);
}

/* forks[1] of one run is not forks[2] of another. */
Test(across, elements_of_an_array_are_told_apart_by_index)
{
	begin_run("one.db", "/usr/bin/bank");
	nest("left", "forks[1]", "room");
	begin_run("two.db", "/usr/bin/bank");
	nest("right", "room", "forks[2]");
	analyse(0);
}

Test(across, the_same_element_of_an_array)
{
	begin_run("one.db", "/usr/bin/bank");
	nest("left", "forks[1]", "room");
	begin_run("two.db", "/usr/bin/bank");
	nest("right", "room", "forks[1]");
	analyse(1);
}

/* Without names, as locks of malloc are, any of one class can be meant. */
static void forget_names(void)
{
	scenario_sql(&s, "UPDATE object SET name = NULL");
}

Test(across, nameless_locks_are_the_same_by_class)
{
	begin_run("one.db", "/usr/bin/bank");
	nest("lend", "account", "loan");
	nest("lend", "account", "loan");
	begin_run("two.db", "/usr/bin/bank");
	nest("repay", "loan", "account");
	forget_names();
	analyse(1);
	cr_assert(has_note(&analysis.findings[0], "several"));
}

/*
 * One run takes account before loan and another loan before teller: that would lead through two
 * loans, which in that run were different ones.
 */
Test(across, different_locks_of_one_run_do_not_become_one)
{
	begin_run("one.db", "/usr/bin/bank");
	nest("lend", "account", "loan");
	nest("count", "loan", "teller");
	begin_run("two.db", "/usr/bin/bank");
	nest("repay", "teller", "account");
	forget_names();
	analyse(0);
}

/* The order among locks of one class is what it is: no mistake can be seen in it. */
Test(across, nameless_locks_of_one_class)
{
	begin_run("one.db", "/usr/bin/bank");
	nest("transfer", "account", "account");
	begin_run("two.db", "/usr/bin/bank");
	nest("audit", "account", "account");
	forget_names();
	analyse(0);
}
