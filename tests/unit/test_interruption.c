/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <signal.h>

#include "analyzer/finding.h"
#include "analyzer/interruption.h"
#include "analyzer/stack.h"
#include "tests/unit/recording.h"

static struct scenario s;
static struct hw_model model;
static struct hw_interruptions found;
static struct hw_arena arena;
static int64_t worker, lock;

static void setup(void)
{
	scenario_init(&s);
	worker = scenario_thread(&s, "worker");
	lock = scenario_object(&s, "mutex", "ledger");
}

static void teardown(void)
{
	hw_interruptions_finish(&found);
	hw_model_finish(&model);
	hw_arena_finish(&arena);
	scenario_finish(&s);
}

TestSuite(interruption, .init = setup, .fini = teardown);

static void take(int64_t thread, int64_t stack, const char *mode, const char *how)
{
	scenario_sql(&s,
		"INSERT INTO event (time_ns, thread, op, object, mode, how, stack)"
		" SELECT 1, %lld, CASE kind WHEN 'sem' THEN 'take' ELSE 'lock' END, id,"
		" %Q, %Q, %lld"
		" FROM object WHERE id = %lld",
		thread, mode, how, stack, lock);
	scenario_sql(&s,
		"INSERT OR IGNORE INTO contention"
		" (object, stack, acquired, waited, wait_ns, wait_max_ns, hold_ns, hold_max_ns)"
		" VALUES (%lld, %lld, 1, 0, 0, 0, 0, 0)",
		lock, stack);
}

/* In the handler of a signal: the thread takes the lock. */
static void take_in_handler(int64_t thread, int signal, const char *mode, const char *how)
{
	take(thread, scenario_stack(&s, "on_alarm:10 < entry < loop:20 < main"), mode, how);
	scenario_sql(&s, "UPDATE frame SET signal = %d WHERE function = 'entry'", signal);
}

/* Out of handlers: and this handler could interrupt. */
static void take_outside(int64_t thread, int signal, const char *mode, const char *how)
{
	int64_t stack = scenario_stack(&s, "add:30 < loop:21 < main");

	take(thread, stack, mode, how);
	scenario_sql(&s, "UPDATE stack SET signals = %lld WHERE id = %lld",
		signal ? (int64_t)1 << (signal - 1) : 0, stack);
}

static void expect(uint32_t count)
{
	struct hw_error error;

	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0, "%s", error.message);
	cr_assert_eq(hw_interruptions_find(&model, s.db, "test", &found, &error), 0, "%s",
		error.message);
	cr_assert_eq(found.count, count);
}

static const char *function_at(uint32_t stack)
{
	return model.frames[hw_stack_site(&model, stack)].function;
}

Test(interruption, tells_both_places)
{
	take_in_handler(worker, SIGALRM, NULL, NULL);
	take_outside(worker, SIGALRM, NULL, NULL);
	expect(1);
	cr_assert_eq(model.threads[found.all[0].thread].id, worker);
	cr_assert_eq(model.objects[found.all[0].object].id, lock);
	cr_assert_str_eq(function_at(found.all[0].stack), "on_alarm");
	cr_assert_str_eq(function_at(found.all[0].held_stack), "add");
	cr_assert_not(found.all[0].bounded);
}

Test(interruption, says_so_in_a_finding)
{
	struct hw_finding finding;

	take_in_handler(worker, SIGALRM, NULL, "timed");
	take_outside(worker, SIGALRM, NULL, NULL);
	expect(1);
	finding = hw_finding_of_interruption(&model, &found.all[0], &arena);
	cr_assert_str_eq(finding.title,
		"a handler of SIGALRM takes ledger and can interrupt worker while it holds ledger");
	cr_assert_eq(finding.verdict, HW_VERDICT_POSSIBLE);
	cr_assert(finding.bounded);
	cr_assert_str_eq(hw_finding_rule_name(finding.rule), "HW010");
}

Test(interruption, wants_one_thread_for_both)
{
	take_in_handler(scenario_thread(&s, "other"), SIGALRM, NULL, NULL);
	take_outside(worker, SIGALRM, NULL, NULL);
	expect(0);
}

Test(interruption, wants_the_signal_to_come)
{
	take_in_handler(worker, SIGALRM, NULL, NULL);
	take_outside(worker, SIGUSR1, NULL, NULL);
	expect(0);
}

Test(interruption, does_not_count_a_try_in_the_handler)
{
	take_in_handler(worker, SIGALRM, NULL, "try");
	take_outside(worker, SIGALRM, NULL, NULL);
	expect(0);
}

Test(interruption, counts_a_try_outside)
{
	take_in_handler(worker, SIGALRM, NULL, NULL);
	take_outside(worker, SIGALRM, NULL, "try");
	expect(1);
}

Test(interruption, expects_faults_where_the_program_makes_them)
{
	take_in_handler(worker, SIGSEGV, NULL, NULL);
	take_outside(worker, SIGSEGV, NULL, NULL);
	expect(0);
}

Test(interruption, takes_the_lowest_of_several_signals)
{
	take_in_handler(worker, -SIGUSR1, NULL, NULL);
	take_outside(worker, SIGUSR1, NULL, NULL);
	expect(1);
}

Test(interruption, says_nothing_of_an_unknown_signal)
{
	take_in_handler(worker, 0, NULL, NULL);
	take_outside(worker, SIGALRM, NULL, NULL);
	expect(0);
}

Test(interruption, knows_signals_up_to_the_last)
{
	take_in_handler(worker, 64, NULL, NULL);
	take_outside(worker, 64, NULL, NULL);
	expect(1);
}

/* Whether it is found when the lock is of this kind and type, taken in these modes. */
static void expect_of_kind(const char *kind, const char *type, const char *held, const char *wanted,
	uint32_t count)
{
	scenario_sql(&s, "UPDATE object SET kind = %Q, type = %Q, role = 'lock', capacity = %d"
			 " WHERE id = %lld", kind, type, type ? 2 : 1, lock);
	take_in_handler(worker, SIGALRM, wanted, NULL);
	take_outside(worker, SIGALRM, held, NULL);
	expect(count);
}

Test(interruption, recursive_mutex)
{
	expect_of_kind("mutex", "recursive", NULL, NULL, 0);
}

Test(interruption, errorcheck_mutex)
{
	expect_of_kind("mutex", "errorcheck robust", NULL, NULL, 0);
}

Test(interruption, spin)
{
	expect_of_kind("spin", NULL, NULL, NULL, 1);
}

Test(interruption, writer_behind_reader)
{
	expect_of_kind("rwlock", NULL, "shared", NULL, 1);
}

Test(interruption, reader_behind_reader)
{
	expect_of_kind("rwlock", NULL, "shared", "shared", 0);
}

/* The second call returns EDEADLK. */
Test(interruption, reader_behind_writer)
{
	expect_of_kind("rwlock", NULL, NULL, "shared", 0);
}

Test(interruption, semaphore_of_one_unit)
{
	expect_of_kind("sem", NULL, NULL, NULL, 1);
}

Test(interruption, semaphore_of_two_units)
{
	expect_of_kind("sem", "shared", NULL, NULL, 0);
}

Test(interruption, names_signals)
{
	cr_assert_str_eq(hw_stack_signal_name(SIGALRM, &arena), "SIGALRM");
	cr_assert_str_eq(hw_stack_signal_name(-SIGHUP, &arena), "SIGHUP or another signal");
	cr_assert_str_eq(hw_stack_signal_name(SIGRTMIN + 2, &arena), "SIGRTMIN+2");
	cr_assert_str_eq(hw_stack_signal_name(0, &arena), "a signal");
	cr_assert_str_eq(hw_stack_signal_name(INT32_MAX, &arena), "a signal");
}

/* Recordings of older versions do not tell. */
Test(interruption, older_recording)
{
	take_in_handler(worker, SIGALRM, NULL, NULL);
	take_outside(worker, SIGALRM, NULL, NULL);
	scenario_sql(&s, "ALTER TABLE frame DROP COLUMN signal");
	scenario_sql(&s, "ALTER TABLE stack DROP COLUMN signals");
	expect(0);
}
