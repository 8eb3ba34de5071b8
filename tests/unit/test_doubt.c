/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "analyzer/analysis.h"
#include "tests/unit/recording.h"

/*
 * Recordings that contradict themselves. All are made from one run, in which main creates two
 * threads that take two locks in both orders, and joins them; before that, main uses an object
 * of every other kind, alone. A deadlock is predicted of it. What is told of the
 * changed recording must be true of the part that is left.
 */

static struct scenario s;
static struct hw_model model;
static struct hw_analysis analysis;
static int64_t clock_ns; /* events have it as their id, too */

static void happen(int64_t thread, const char *op, int64_t object, const char *place,
	int64_t result)
{
	clock_ns += 100;
	scenario_sql(&s,
		"INSERT INTO event(id, time_ns, thread, op, object, stack, result) "
		"VALUES (%lld, %lld, %lld, %Q, nullif(%lld, 0), %lld, nullif(%lld, 0))",
		clock_ns, clock_ns, thread, op, object, place ? scenario_stack(&s, place) : 0,
		result);
}

static void take_both(int64_t thread, int64_t first, int64_t second)
{
	happen(thread, "lock", first, "take:1 < main:9", 0);
	happen(thread, "lock", second, "take:2 < main:9", 0);
	happen(thread, "unlock", second, NULL, 0);
	happen(thread, "unlock", first, NULL, 0);
	scenario_depend(&s, thread, second, NULL, NULL, "take:2 < main:9",
		(struct scenario_hold[]){ { first, NULL, "take:1 < main:9" }, { 0 } });
}

/* Ids, as the SQL below has them. */
enum { MAIN = 1, ONE, TWO, GHOST };
enum { A = 1, B, SEM, COND, BARRIER, ONCE, END_OF_ONE, END_OF_TWO, END_OF_GHOST };

static void use_all_kinds(void)
{
	happen(MAIN, "take", SEM, NULL, 0);
	happen(MAIN, "post", SEM, NULL, 0);
	happen(MAIN, "lock", A, NULL, 0);
	happen(MAIN, "unlock", A, NULL, 0);
	happen(MAIN, "sleep", COND, NULL, 0);
	happen(MAIN, "wake", COND, NULL, 0);
	happen(MAIN, "arrive", BARRIER, NULL, 0);
	happen(MAIN, "leave", BARRIER, NULL, 0);
	happen(MAIN, "once_begin", ONCE, NULL, 0);
	happen(MAIN, "once_end", ONCE, NULL, 0);
}

static void live(int64_t thread, int64_t end, int64_t first, int64_t second)
{
	happen(thread, "start", end, NULL, 0);
	take_both(thread, first, second);
	happen(thread, "end", end, NULL, 0);
}

static void set_up(void)
{
	static const char *const kinds[] = { "mutex", "mutex", "sem", "cond", "barrier", "once",
		"thread", "thread", "thread" };
	static const char *const names[] = { "main", "one", "two", "ghost" };
	char name[] = "a";

	clock_ns = 1000;
	scenario_init(&s);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		scenario_thread(&s, names[i]);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++, name[0]++)
		scenario_object(&s, kinds[i], name);
	scenario_sql(&s, "UPDATE thread SET creator = %d, object = %d + id WHERE id > %d", MAIN,
		END_OF_ONE - ONE, MAIN);
	scenario_sql(&s, "UPDATE object SET capacity = 1 WHERE id IN (%d, %d)", SEM, BARRIER);
	happen(MAIN, "start", 0, NULL, 0);
	use_all_kinds();
	happen(MAIN, "create", 0, NULL, ONE);
	happen(MAIN, "create", 0, NULL, TWO);
	live(ONE, END_OF_ONE, A, B);
	live(TWO, END_OF_TWO, B, A);
	happen(MAIN, "join", END_OF_ONE, NULL, 0);
	happen(MAIN, "join", END_OF_TWO, NULL, 0);
}

static void tear_down(void)
{
	hw_analysis_finish(&analysis);
	hw_model_finish(&model);
	scenario_finish(&s);
}

TestSuite(doubt, .init = set_up, .fini = tear_down);

static void analyse(void)
{
	struct hw_error error;

	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0, "%s", error.message);
	hw_analysis_run(&model, s.db, NULL, &analysis);
}

static const char *the_note(void)
{
	cr_assert_leq(analysis.note_count, 1, "%u notes", analysis.note_count);
	return analysis.note_count ? analysis.notes[0] : "";
}

/* After the change: the verdict on the one cycle, and what its one note says, "" for none. */
static void expect(const char *change, enum hw_verdict verdict, const char *part)
{
	scenario_sql(&s, "%s", change);
	analyse();
	cr_assert_eq(analysis.finding_count, 1, "%u findings", analysis.finding_count);
	cr_expect_eq(analysis.findings[0].verdict, verdict, "%s: %s",
		change, hw_finding_verdict_name(analysis.findings[0].verdict));
	if (*part)
		cr_expect(strstr(the_note(), part), "%s: '%s' says no '%s'", change, the_note(),
			part);
	else
		cr_expect_str_empty(the_note());
}

#define DOUBT(name, verdict, part, change)                    \
	Test(doubt, name)                                     \
	{                                                     \
		expect(change, HW_VERDICT_##verdict, part);   \
	}

/* One more event: when, and thread, op, object and result. The run ends at 3700. */
#define HAPPEN(time, what)                                                       \
	"INSERT INTO event(id, time_ns, thread, op, object, result) VALUES (" time \
	", " time ", " what ")"

DOUBT(nothing_of_a_run_that_is_whole, PREDICTED, "", "")
DOUBT(nothing_of_threads_that_never_end, PREDICTED, "",
	"DELETE FROM event WHERE op IN ('end', 'join')")

/* Threads. */
DOUBT(a_start_without_creation, POSSIBLE, "1 event contradicts the rest of the recording (the "
	"first is that two (thread 3) starts, but nobody has created it)",
	"DELETE FROM event WHERE op = 'create' AND result = 3")
DOUBT(a_life_without_start, POSSIBLE, "one (thread 2) does something before it starts",
	"DELETE FROM event WHERE op = 'start' AND thread = 2")
DOUBT(a_second_start, POSSIBLE, "two (thread 3) starts twice",
	"UPDATE event SET op = 'start' WHERE op = 'lock' AND thread = 3 AND object = 2")
DOUBT(a_second_end, PREDICTED, "one (thread 2) ends twice", HAPPEN("3550", "2, 'end', 7, NULL"))
DOUBT(what_comes_after_a_join, PREDICTED, "one (thread 2) goes on after it was joined",
	HAPPEN("3800", "2, 'lock', 1, NULL"))
DOUBT(a_join_of_a_thread_that_never_started, PREDICTED, "joins a thread that never started",
	HAPPEN("3800", "1, 'join', 9, NULL"))
DOUBT(a_join_of_a_thread_that_runs, PREDICTED, "joins a thread that has not ended",
	"DELETE FROM event WHERE op = 'end' AND thread = 2")
DOUBT(a_second_join, PREDICTED, "joins a thread that was joined before",
	HAPPEN("3800", "1, 'join', 7, NULL"))
DOUBT(a_second_creation, PREDICTED, "creates a thread that is there already",
	HAPPEN("3800", "1, 'create', NULL, 2"))
DOUBT(a_thread_that_creates_itself, PREDICTED, "creates a thread that is there already",
	HAPPEN("2950", "2, 'create', NULL, 2"))
DOUBT(threads_that_create_each_other, POSSIBLE, "does something before it starts",
	"UPDATE event SET thread = 5 - result WHERE op = 'create'")

/* Locks. */
DOUBT(an_unlock_without_lock, POSSIBLE, "two (thread 3) gives a lock back that nobody has",
	"DELETE FROM event WHERE op = 'lock' AND thread = 3 AND object = 2")
DOUBT(a_lock_that_another_thread_has, POSSIBLE, "takes a lock that another thread has",
	"DELETE FROM event WHERE op = 'unlock' AND thread = 2 AND object = 1")
DOUBT(a_lock_that_it_has_itself, POSSIBLE, "two (thread 3) takes a lock that it has already",
	"UPDATE event SET object = 2 WHERE op = 'lock' AND thread = 3")
DOUBT(nothing_of_an_unlock_by_another_thread, PREDICTED, "",
	"UPDATE event SET thread = 1 WHERE op = 'unlock' AND thread = 3 AND object = 2")

/* Other objects; main creates the threads later, so nothing can be predicted. */
DOUBT(a_unit_that_there_is_not, POSSIBLE, "takes a unit that a semaphore does not have",
	"UPDATE event SET op = 'take' WHERE op = 'post'")
DOUBT(a_wake_up_without_sleep, POSSIBLE, "wakes up without having slept",
	"DELETE FROM event WHERE op = 'sleep'")
DOUBT(a_barrier_that_is_not_full, POSSIBLE, "leaves a barrier before all have arrived",
	"DELETE FROM event WHERE op = 'arrive'")
DOUBT(an_operation_of_another_kind, POSSIBLE, "does to an object what it is not for",
	"UPDATE event SET object = 1 WHERE op = 'wake'")
DOUBT(an_operation_on_nothing, POSSIBLE, "two (thread 3) does something to no object",
	"UPDATE event SET object = NULL WHERE op = 'lock' AND thread = 3 AND object = 2")
DOUBT(an_object_that_is_not_known, POSSIBLE, "two (thread 3) does something that is not known",
	"UPDATE event SET object = 9223372036854775807 WHERE op = 'lock' AND thread = 3 "
	"AND object = 2")
DOUBT(an_operation_that_is_not_known, POSSIBLE, "two (thread 3) does something that is not known",
	"UPDATE event SET op = 'ponder' WHERE op = 'lock' AND thread = 3 AND object = 2")
DOUBT(threads_that_are_not_known, PREDICTED, "2 events contradict the rest of the recording "
	"(they are of threads that it does not know)",
	HAPPEN("1", "77, 'lock', 1, NULL), (9999, 9999, -1, 'unlock', 1, NULL"))

DOUBT(events_that_are_not_there, POSSIBLE, "3 of 30 events are not there, which contradicts",
	"UPDATE meta SET value = 30 WHERE key = 'events'")

/* Clocks. */
DOUBT(a_negative_time, POSSIBLE, "two (thread 3) does something before what it has done already",
	"UPDATE event SET time_ns = -5 WHERE op = 'lock' AND thread = 3 AND object = 2")
DOUBT(a_clock_that_runs_backwards, POSSIBLE, "contradict the rest of the recording",
	"UPDATE event SET time_ns = 100000 - time_ns")
DOUBT(a_clock_that_jumps, POSSIBLE, "contradict the rest of the recording",
	"UPDATE event SET time_ns = 1 WHERE thread = 3 AND op != 'start'")

/* The program did it: that is a finding of its own, and no reason to doubt. */
Test(doubt, no_unlock_that_is_told_as_misuse)
{
	scenario_sql(&s, "DELETE FROM event WHERE op = 'lock' AND thread = 1");
	scenario_sql(&s, "INSERT INTO misuse(what, thread, object, count, first_ns) "
			 "VALUES ('unlock', 1, 1, 1, 1600)");
	analyse();
	cr_assert_eq(analysis.finding_count, 2);
	cr_expect_eq(analysis.findings[0].rule, HW_RULE_LOCK_ORDER);
	cr_expect_eq(analysis.findings[0].verdict, HW_VERDICT_PREDICTED);
	cr_expect_str_empty(the_note());
}

/* A dependency for which there are no events at all: the cycle that it makes is no finding. */
Test(doubt, a_dependency_that_the_events_know_nothing_of)
{
	scenario_sql(&s, "DELETE FROM dependency_hold WHERE dependency = 2");
	scenario_sql(&s, "DELETE FROM dependency WHERE id = 2");
	scenario_depend(&s, GHOST, A, NULL, NULL, "take:2 < main:9",
		(struct scenario_hold[]){ { B, NULL, "take:1 < main:9" }, { 0 } });
	analyse();
	cr_expect_eq(analysis.finding_count, 0);
	cr_expect_eq(analysis.ruled_out_count, 0);
	cr_expect_str_eq(the_note(), "1 lock-order cycle was left out, as the events know nothing "
				     "of such waits");
}

/* Where events were lost, dependencies without them are what is expected. */
Test(doubt, a_dependency_whose_events_were_lost)
{
	scenario_sql(&s, "DELETE FROM event WHERE thread = 3");
	scenario_sql(&s, "UPDATE meta SET value = 5 WHERE key = 'lost'");
	analyse();
	cr_assert_eq(analysis.finding_count, 1);
	cr_expect_eq(analysis.findings[0].verdict, HW_VERDICT_POSSIBLE);
}

/* Blocks of events that come later and later: to move each to its place takes minutes. */
Test(doubt, many_events_under_clocks_that_differ, .timeout = 60)
{
	scenario_sql(&s, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE "
			 "i < 400000) INSERT INTO event(time_ns, thread, op, object) "
			 "SELECT 400000000 - 1000000 * (i / 2000) + i, 2 + i %% 2, "
			 "CASE i / 2 %% 2 WHEN 0 THEN 'lock' ELSE 'unlock' END, 1 FROM n");
	analyse();
	cr_assert_eq(analysis.finding_count, 1);
	cr_expect(strstr(the_note(), "contradict the rest of the recording"));
}

/* Whatever is not believed, there is one note. */
Test(doubt, tells_of_everything_in_one_note)
{
	scenario_depend(&s, GHOST, B, NULL, NULL, "take:2 < main:9",
		(struct scenario_hold[]){ { A, NULL, "take:1 < main:9" }, { 0 } });
	scenario_depend(&s, GHOST, A, NULL, NULL, "take:2 < main:9",
		(struct scenario_hold[]){ { B, NULL, "take:1 < main:9" }, { 0 } });
	scenario_sql(&s, "UPDATE dependency SET object = 77 WHERE id < 3");
	scenario_sql(&s, "UPDATE dependency SET thread = %d WHERE id = 3", MAIN);
	scenario_sql(&s, "DELETE FROM event WHERE op = 'sleep' OR object IN (%d, %d)", A, B);
	analyse();
	cr_expect_eq(analysis.finding_count, 0);
	cr_expect_str_eq(the_note(),
		"1 event contradicts the rest of the recording (the first is that main (thread 1) "
		"wakes up without having slept), and what its thread did after that is not "
		"used for predictions; 1 lock-order cycle was left out, as the events know "
		"nothing of such waits; 2 rows were left out, as they refer to what the recording "
		"does not have");
}
