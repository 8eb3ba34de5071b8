/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <signal.h>

/* Signal handlers that interrupt hooks, and waits that never return. */

static const char births[] = HW_FIXTURE("births");
static const char signals[] = HW_FIXTURE("signals");
static const char cancels[] = HW_FIXTURE("cancels");

/* Nothing was lost, and nothing was made up: as many posts and locks as the program counted. */
static void expect_storm(const char *program, const char *part)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL, HW_ARGUMENTS(program, part));
	cr_expect_eq(run.process.status, 0, "%s: exit status %d", part, run.process.status);
	hw_process_expect_errors(&run.process, "");
	cr_expect_eq(hw_preloaded_number(&run, "SELECT count(*) FROM event WHERE op = 'post'"),
		hw_preloaded_printed(&run, "posts"), "%s", part);
	cr_expect_eq(hw_preloaded_number(&run, "SELECT count(*) FROM event WHERE op = 'lock'"),
		hw_preloaded_printed(&run, "locks"), "%s", part);
	cr_expect_eq(hw_preloaded_number(&run, "SELECT count(*) FROM event WHERE op = 'unlock'"),
		hw_preloaded_printed(&run, "locks"), "%s", part);
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'lost'", "0\n");
	/* Times never go back within a thread, whoever wrote in between. */
	hw_preloaded_expect(&run,
		"SELECT count(*) FROM (SELECT time_ns - lag(time_ns) OVER (PARTITION BY thread "
		"ORDER BY id) AS step FROM event) WHERE step < 0",
		"0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_signal, storm)
{
	expect_storm(signals, "storm");
}

Test(interpose_signal, handlers_that_interrupt_each_other)
{
	expect_storm(signals, "nested_storm");
}

/* A handler needs many stacks while the code it interrupted has not yet written where it is. */
Test(interpose_signal, each_record_has_its_own_stack)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL, HW_ARGUMENTS(signals, "many_places"));
	cr_expect_eq(run.process.status, 0);
	hw_process_expect_errors(&run.process, "");
	hw_preloaded_expect(&run,
		"SELECT count(*), max(stacks) FROM (SELECT count(DISTINCT stack) AS stacks "
		"FROM event WHERE op = 'lock' GROUP BY object)",
		"1024|1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_signal, on_a_small_stack)
{
	expect_storm(signals, "small_stack");
}

Test(interpose_signal, ten_thousand_a_second)
{
	expect_storm(signals, "timers");
}

/* A handler that comes first makes no thread of its own. */
Test(interpose_signal, in_threads_that_begin)
{
	struct hw_preloaded run;

	expect_storm(births, "newborn");
	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL, HW_ARGUMENTS(births, "newborn"));
	hw_preloaded_expect(&run,
		"SELECT count(*), count(creator), sum(end_ns IS NULL) FROM thread", "405|404|0\n");
	hw_preloaded_finish(&run);
}

/* Nobody waits for a thread that waits for it. */
Test(interpose_signal, of_libc_in_threads_that_begin)
{
	expect_storm(births, "new_owners");
}

/* Unless a thread is made so that it must: then the handler's is over when its own begins. */
Test(interpose_signal, before_a_thread_begins)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(births, "born_with_signals"));
	hw_preloaded_expect(&run,
		"SELECT creator, end_ns IS NULL, (SELECT group_concat(op) FROM "
		"(SELECT op FROM event WHERE thread = thread.id AND op <> 'start' ORDER BY id)) "
		"FROM thread WHERE number > 1 ORDER BY start_ns",
		"|0|post,end\n"
		"1|0|lock,unlock,end\n"
		"1|0|lock,unlock,end\n");
	hw_preloaded_finish(&run);
}

/* All that the handler did is there, and all that it interrupted but for the last call. */
Test(interpose_signal, abort_in_a_handler)
{
	struct hw_preloaded run;
	int64_t locks, unlocks, counted;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL, HW_ARGUMENTS(signals, "abort_in_handler"));
	cr_expect_eq(run.process.status, 128 + SIGABRT);
	cr_expect_eq(hw_preloaded_number(&run, "SELECT count(*) FROM event WHERE op = 'post'"),
		hw_preloaded_printed(&run, "posts"));
	counted = hw_preloaded_printed(&run, "locks");
	locks = hw_preloaded_number(&run, "SELECT count(*) FROM event WHERE op = 'lock'");
	unlocks = hw_preloaded_number(&run, "SELECT count(*) FROM event WHERE op = 'unlock'");
	cr_expect(locks == counted || locks == counted + 1, "%lld of %lld", (long long)locks,
		(long long)counted);
	cr_expect(unlocks == counted || unlocks == counted + 1, "%lld of %lld", (long long)unlocks,
		(long long)counted);
	/* The handler may have come between a claim and its record. */
	cr_expect_leq(hw_preloaded_number(&run, "SELECT value FROM meta WHERE key = 'lost'"), 1);
	hw_preloaded_finish(&run);
}

/* A record may be left unfinished by each jump, and is counted; what comes behind is there. */
Test(interpose_signal, jumps_out_of_hooks)
{
	struct hw_preloaded run;
	int64_t posts, lost;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL, HW_ARGUMENTS(signals, "jump_out"));
	cr_expect_eq(run.process.status, 0);
	posts = hw_preloaded_number(&run, "SELECT count(*) FROM event WHERE op = 'post'");
	lost = hw_preloaded_number(&run, "SELECT value FROM meta WHERE key = 'lost'");
	cr_expect_gt(posts, 0);
	cr_expect_leq(lost, hw_preloaded_printed(&run, "jumps"));
	hw_preloaded_expect(&run,
		"SELECT what FROM (SELECT id, what FROM told WHERE thread = 1 ORDER BY id DESC "
		"LIMIT 2) "
		"ORDER BY id",
		"lock mutex1\n"
		"unlock mutex1\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM thread", "2\n");
	hw_preloaded_finish(&run);
}

Test(interpose_signal, jump_out_of_a_wait)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(signals, "jump_out_of_wait"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"init sem1\n"
		"wait sem1\n"
		"cancel sem1\n"
		"lock mutex1\n"
		"unlock mutex1\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM wait", "0\n");
	hw_preloaded_finish(&run);
}

/* Of each lock: which handlers could interrupt it, and which ones it is in. */
Test(interpose_signal, tells_where_handlers_are)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(signals, "places"));
	hw_preloaded_expect(&run,
		"WITH RECURSIVE up(event, id, frame, parent) AS ("
		" SELECT event.id, stack.id, frame, parent FROM event"
		" JOIN stack ON stack.id = stack WHERE op = 'lock'"
		" UNION ALL SELECT event, stack.id, stack.frame, stack.parent FROM up"
		" JOIN stack ON stack.id = up.parent) "
		"SELECT signals, (SELECT group_concat(signal || ' ' || function) FROM up"
		"  JOIN frame ON frame.id = frame WHERE event = event.id AND signal NOTNULL) "
		"FROM event JOIN stack ON stack.id = stack WHERE op = 'lock' ORDER BY event.id",
		"512|\n"
		"0|\n"
		"0|10 <signal handler called>\n"
		"2560|14 <signal handler called>\n"
		"8704|\n");
	/* The unwinder goes on with what was interrupted. */
	hw_preloaded_expect(&run,
		"SELECT count(*) FROM stack JOIN frame ON frame.id = frame"
		" WHERE signal NOTNULL AND parent IS NULL",
		"0\n");
	hw_preloaded_finish(&run);
}

#define WHICH_SIGNAL(condition) \
	"WITH RECURSIVE up(event, frame, parent) AS (" \
	" SELECT event.id, frame, parent FROM event" \
	" JOIN stack ON stack.id = stack WHERE op = 'lock'" \
	" UNION ALL SELECT event, stack.frame, stack.parent FROM up" \
	" JOIN stack ON stack.id = up.parent), " \
	"handled AS (SELECT row_number() OVER (ORDER BY event) - 1 AS at, signal" \
	" FROM up JOIN frame ON frame.id = frame WHERE signal NOTNULL) " \
	"SELECT at / 300, CASE WHEN at < 600 THEN at % 3 ELSE 0 END, signal, count(*)" \
	" FROM handled WHERE " condition " GROUP BY 1, 2, 3"

static void record_same_place(struct hw_preloaded *run, const char *environment)
{
	hw_preloaded_init(run);
	hw_preloaded_record(run, environment, HW_ARGUMENTS(signals, "same_place"));
	cr_expect_eq(run->process.status, 0);
}

static void expect_signals(struct hw_preloaded *run)
{
	hw_preloaded_expect(run, WHICH_SIGNAL("1"),
		"0|0|10|100\n"
		"0|1|1|100\n"
		"0|2|12|100\n"
		"1|0|10|100\n"
		"1|1|1|100\n"
		"1|2|12|100\n"
		"2|0|-1|300\n"
		"3|0|10|300\n");
}

/*
 * Stacks of handlers are remembered, but which signal it was is not known by the stack alone. While
 * signals come in turn the same stack is remembered of one only, unless the kernel wrote which.
 */
Test(interpose_signal, remembers_which_signal_it_was)
{
	struct hw_preloaded run;

	record_same_place(&run, NULL);
	expect_signals(&run);
	cr_expect_lt(hw_preloaded_number(&run,
			     "SELECT value FROM meta WHERE key = 'stack_misses'"), 330);
	cr_expect_gt(hw_preloaded_number(&run,
			     "SELECT value FROM meta WHERE key = 'stack_hits'"), 870);
	hw_preloaded_finish(&run);
}

/* Of the stack no more is kept than the handler and which signal it was. */
Test(interpose_signal, knows_the_signal_where_stacks_end)
{
	struct hw_preloaded run;

	record_same_place(&run, "HOLDWAIT_OPTIONS=depth=2");
	hw_preloaded_expect(&run, WHICH_SIGNAL("at < 300"), "0|0|10|100\n0|1|1|100\n0|2|12|100\n");
	hw_preloaded_finish(&run);
	record_same_place(&run, "HOLDWAIT_OPTIONS=depth=3");
	expect_signals(&run);
	hw_preloaded_finish(&run);
}

Test(interpose_cancel, conditions)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(cancels, "conditions"));
	hw_preloaded_expect(&run,
		"SELECT what FROM told WHERE thread = 2 AND what NOT LIKE '%once%' ORDER BY id",
		"start thread2\n"
		"lock mutex1\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1\n"
		"cancel cond1\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1\n"
		"end thread2\n");
	hw_preloaded_expect(&run,
		"SELECT what FROM told WHERE thread = 3 AND what NOT LIKE '%once%' ORDER BY id",
		"start thread3\n"
		"lock mutex1\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1 timed\n"
		"cancel cond1\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1\n"
		"end thread3\n");
	hw_preloaded_expect(
		&run, "SELECT (SELECT count(*) FROM hold), (SELECT count(*) FROM wait)", "0|0\n");
	hw_preloaded_finish(&run);
}

/*
 * A thread cancelled at once in a wait for a mutex says nothing until it has cleaned up. Who joins
 * it with the mutex held is blocked by it; but it does not wait for the mutex any more.
 */
Test(interpose_cancel, asynchronous)
{
	struct hw_recorded recorded;
	struct hw_process process;

	hw_recorded_init(&recorded);
	hw_recorded_start(&recorded, &process, "run", HW_ARGUMENTS(cancels, "asynchronous"));
	cr_expect(hw_recorded_wait_for(&recorded,
		"SELECT count(*) FROM wait JOIN object ON object.id = object"
		" WHERE kind = 'thread' AND (SELECT count(*) FROM wait) = 1", 1));
	kill(process.pid, SIGUSR1);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_expect_eq(process.status, 0);
	cr_expect_eq(hw_recorded_number(&recorded,
		"SELECT (SELECT count(*) FROM finding) + (SELECT count(*) FROM wait)"), 0);
	cr_expect_eq(hw_recorded_number(&recorded,
		"SELECT count(*) FROM event JOIN object ON object.id = object"
		" WHERE op = 'cancel' AND kind = 'mutex'"), 1);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

/* With conditions left out, the mutex is released and taken again all the same. */
Test(interpose_cancel, conditions_not_recorded)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record(
		&run, "HOLDWAIT_OPTIONS=events=mutex", HW_ARGUMENTS(cancels, "conditions"));
	cr_expect_eq(run.process.status, 0);
	hw_preloaded_expect_thread(&run, 2,
		"lock mutex1\n"
		"unlock mutex1 reacquire\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_cancel, semaphores)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(cancels, "semaphores"));
	hw_preloaded_expect(&run,
		"SELECT what FROM told WHERE thread = 2 AND what NOT LIKE '%once%' ORDER BY id",
		"start thread2\n"
		"wait sem1\n"
		"cancel sem1\n"
		"end thread2\n");
	hw_preloaded_expect(&run,
		"SELECT what FROM told WHERE thread = 3 AND what NOT LIKE '%once%' ORDER BY id",
		"start thread3\n"
		"wait sem1 timed\n"
		"cancel sem1\n"
		"end thread3\n");
	hw_preloaded_finish(&run);
}

Test(interpose_cancel, joins)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(cancels, "joins"));
	hw_preloaded_expect(&run,
		"SELECT what FROM told WHERE thread = 3 AND what NOT LIKE '%once%' ORDER BY id",
		"start thread3\n"
		"wait thread2\n"
		"cancel thread2\n"
		"end thread3\n");
	hw_preloaded_expect(&run,
		"SELECT what FROM told WHERE thread = 4 AND what NOT LIKE '%once%' ORDER BY id",
		"start thread4\n"
		"wait thread2 timed\n"
		"cancel thread2\n"
		"end thread4\n");
	hw_preloaded_finish(&run);
}
