/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>

/* Condition variables under the preloaded library. */

static const char conditions[] = HW_FIXTURE("conditions");

Test(interpose_cond, wait)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(conditions, "plain"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"lock mutex1\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1\n"
		"wake cond1\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1\n"
		"end thread2\n");
	hw_preloaded_expect(&run,
		"SELECT what FROM told WHERE thread = 1 AND (what LIKE '%mutex%' OR "
		"what LIKE '%cond%') ORDER BY id",
		"lock mutex1\n"
		"signal cond1\n"
		"unlock mutex1\n");
	hw_preloaded_expect(&run,
		"SELECT kind, type, initialised FROM object WHERE kind <> 'thread' ORDER BY kind",
		"cond||0\n"
		"mutex|normal|0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_cond, timedwait)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(conditions, "timed"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"lock mutex1\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1 timed\n"
		"wake cond1\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1\n"
		"end thread2\n");
	hw_preloaded_expect(&run,
		"SELECT what FROM told WHERE thread = 1 AND (what LIKE '%mutex%' OR "
		"what LIKE '%cond%') ORDER BY id",
		"lock mutex1\n"
		"signal cond1\n"
		"unlock mutex1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_cond, clockwait)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(conditions, "clock"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"lock mutex1\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1 timed\n"
		"wake cond1\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1\n"
		"end thread2\n");
	hw_preloaded_expect(&run,
		"SELECT what FROM told WHERE thread = 1 AND (what LIKE '%mutex%' OR "
		"what LIKE '%cond%') ORDER BY id",
		"lock mutex1\n"
		"signal cond1\n"
		"unlock mutex1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_cond, broadcast)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(conditions, "broadcast"));
	/* Whether they find the mutex taken is up to them. */
	hw_preloaded_expect(&run,
		"SELECT count(DISTINCT what), group_concat(what) FROM (SELECT thread, "
		"group_concat(op || coalesce(' ' || how, '')) AS what FROM (SELECT thread, op, how "
		"FROM event WHERE op <> 'wait' AND thread IN (SELECT id FROM thread WHERE number > "
		"1) "
		"ORDER BY id) GROUP BY thread) GROUP BY what",
		"1|start,lock,unlock reacquire,sleep,wake,lock reacquire,unlock,end,"
		"start,lock,unlock reacquire,sleep,wake,lock reacquire,unlock,end,"
		"start,lock,unlock reacquire,sleep,wake,lock reacquire,unlock,end\n");
	/* All have gone to sleep when it comes, and it is before any of them wakes. */
	hw_preloaded_expect(&run,
		"SELECT (SELECT max(time_ns) FROM event WHERE op = 'sleep') < time_ns, "
		"(SELECT min(time_ns) FROM event WHERE op = 'wake') > time_ns "
		"FROM event WHERE op = 'broadcast'",
		"1|1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_cond, failures)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(conditions, "failures"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"lock mutex1\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1 timed\n"
		"fail cond1 =110\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1 timed\n"
		"fail cond1 =110\n"
		"lock mutex1 reacquire\n"
		"fail cond1 =22\n"
		"unlock mutex1\n"
		"fail cond1 =1\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_cond, life)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(conditions, "life"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"init cond1\n"
		"signal cond1\n"
		"broadcast cond1\n"
		"destroy cond1\n"
		"init cond2\n"
		"destroy cond2\n");
	hw_preloaded_finish(&run);
}

/* Who was woken with ENOTRECOVERABLE has nothing, and so ends without it. */
Test(interpose_cond, mutex_given_up_meanwhile)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(conditions, "not_recoverable"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"lock mutex1\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1\n"
		"fail cond1 =131\n"
		"end thread2\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_cond, reacquired_while_holding)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(conditions, "nested"));
	hw_preloaded_expect(&run,
		"SELECT thing.name, how, held.name FROM dependency JOIN thing ON thing.id = "
		"dependency.object "
		"JOIN dependency_hold ON dependency = dependency.id "
		"JOIN thing AS held ON held.id = dependency_hold.object ORDER BY dependency.id",
		"mutex2|block|mutex1\n"
		"cond1|block|mutex1\n"
		"mutex2|reacquire|mutex1\n");
	hw_preloaded_finish(&run);
}
