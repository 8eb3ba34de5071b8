/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>

/* Mutexes under the preloaded library: what the program sees, and what the recording says. */

static const char mutexes[] = HW_FIXTURE("mutexes");

static const char types[] = "SELECT type, generation, initialised, destroy_ns IS NOT NULL "
			    "FROM object WHERE kind = 'mutex' ORDER BY id";
static const char dependencies[] =
	"SELECT thread.number, thing.name, dependency.mode, how, count, "
	"(SELECT group_concat(held.name || ' ' || dependency_hold.mode) FROM dependency_hold "
	"JOIN thing AS held ON held.id = dependency_hold.object WHERE dependency = dependency.id) "
	"FROM dependency JOIN thread ON thread.id = thread JOIN thing ON thing.id = "
	"dependency.object "
	"WHERE thing.name NOT LIKE 'thread%' ORDER BY dependency.id";
static const char contention[] =
	"SELECT thing.name, sum(acquired), sum(waited), sum(wait_ns) > 0, sum(hold_ns) > 0, "
	"max(wait_max_ns) <= sum(wait_ns), max(hold_max_ns) <= sum(hold_ns) "
	"FROM contention JOIN thing ON thing.id = object GROUP BY object ORDER BY object";

Test(interpose_mutex, kinds)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(mutexes, "kinds"));
	hw_preloaded_expect(&run, types,
		"normal|0|0|0\n"
		"recursive|0|0|0\n"
		"errorcheck|0|0|0\n"
		"adaptive|0|0|0\n"
		"normal|0|1|1\n"
		"recursive|1|1|1\n"
		"errorcheck|2|1|1\n"
		"adaptive|3|1|1\n"
		"robust|4|1|1\n"
		"recursive robust|5|1|1\n"
		"prio-inherit|6|1|1\n"
		"recursive robust prio-inherit|7|1|1\n"
		"normal|8|1|1\n");
	/* Two calls each, for nine of them init and destroy, for three of them locked twice. */
	hw_preloaded_expect(&run, "SELECT op, count(*) FROM event GROUP BY op ORDER BY op",
		"destroy|9\n"
		"init|9\n"
		"lock|16\n"
		"start|1\n"
		"unlock|16\n");
	hw_preloaded_finish(&run);
}

/* No initialiser was called for these: the mutex says what it is. */
Test(interpose_mutex, first_sight)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(mutexes, "first_sight"));
	hw_preloaded_expect(&run,
		"SELECT type FROM object WHERE kind = 'mutex' AND NOT initialised ORDER BY id",
		"recursive\n"
		"errorcheck\n"
		"adaptive\n"
		"robust\n"
		"prio-inherit\n"
		"prio-protect\n"
		"errorcheck robust prio-inherit\n"
		"shared\n"
		"recursive robust shared\n");
	hw_preloaded_finish(&run);
}

Test(interpose_mutex, protected)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(mutexes, "protected"));
	if (hw_preloaded_printed(&run, "allowed"))
		hw_preloaded_expect_thread(&run, 2,
			"start thread2\n"
			"init mutex1\n"
			"lock mutex1\n"
			"unlock mutex1\n"
			"destroy mutex1\n"
			"end thread2\n");
	hw_preloaded_finish(&run);
}

Test(interpose_mutex, failures)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(mutexes, "failures"));
	hw_preloaded_expect(&run, "SELECT thread, what FROM told WHERE what LIKE '%mutex%'",
		"1|lock mutex1\n"
		"2|fail mutex1 =16\n"
		"2|wait mutex1 timed\n"
		"2|fail mutex1 =110\n"
		"2|wait mutex1 timed\n"
		"2|fail mutex1 =110\n"
		"2|fail mutex1 =22\n"
		"2|fail mutex1 =22\n"
		"1|fail mutex1 =16\n"
		"1|destroy mutex1 refused\n"
		"1|unlock mutex1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_mutex, successes)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(mutexes, "successes"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"lock mutex1 try\n"
		"unlock mutex1\n"
		"lock mutex1 timed\n"
		"unlock mutex1\n"
		"lock mutex1 timed\n"
		"unlock mutex1\n"
		"lock mutex1 timed\n"
		"unlock mutex1\n");
	hw_preloaded_expect(&run, contention, "mutex1|4|0|0|1|1|1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_mutex, errorcheck)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(mutexes, "errorcheck"));
	hw_preloaded_expect(&run, "SELECT thread, what FROM told WHERE what LIKE '%mutex%'",
		"1|fail mutex1 =1\n"
		"1|lock mutex1\n"
		"1|fail mutex1 =35\n"
		"1|fail mutex1 =16\n"
		"2|fail mutex1 =1\n"
		"1|unlock mutex1\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_mutex, recursive)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(mutexes, "recursive"));
	hw_preloaded_expect(&run, "SELECT thread, what FROM told WHERE what LIKE '%mutex%'",
		"1|lock mutex1\n"
		"1|lock mutex1\n"
		"1|lock mutex1 try\n"
		"2|fail mutex1 =1\n"
		"1|unlock mutex1\n"
		"1|unlock mutex1\n"
		"1|unlock mutex1\n"
		"1|fail mutex1 =1\n");
	/* Locking again what one holds orders nothing. */
	hw_preloaded_expect(&run, dependencies, "");
	hw_preloaded_expect(&run, contention, "mutex1|3|0|0|1|1|1\n");
	hw_preloaded_finish(&run);
}

/* EOWNERDEAD is an acquisition, and ends what the dead thread held; ENOTRECOVERABLE is none. */
Test(interpose_mutex, robust)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(mutexes, "robust"));
	hw_preloaded_expect(&run, "SELECT thread, what FROM told WHERE what LIKE '%mutex%'",
		"1|init mutex1\n"
		"2|lock mutex1\n"
		"1|lock mutex1\n"
		"1|unlock mutex1\n"
		"3|lock mutex1\n"
		"1|lock mutex1 try\n"
		"1|unlock mutex1\n"
		"1|fail mutex1 =131\n"
		"1|fail mutex1 =131\n"
		"1|destroy mutex1\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_mutex, contended)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(mutexes, "contended"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"wait mutex1\n"
		"lock mutex1\n"
		"unlock mutex1\n"
		"wait mutex1 timed\n"
		"lock mutex1 timed\n"
		"unlock mutex1\n"
		"end thread2\n");
	/* In the order of times no two threads ever hold it. */
	hw_preloaded_expect(&run,
		"SELECT group_concat(op, ' ') FROM (SELECT op FROM event WHERE op IN "
		"('lock', 'unlock') ORDER BY time_ns, id)",
		"lock unlock lock unlock lock unlock lock unlock\n");
	hw_preloaded_expect(&run, contention, "mutex1|4|2|1|1|1|1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_mutex, nested)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(mutexes, "nested"));
	hw_preloaded_expect(&run, dependencies,
		"1|mutex2|exclusive|block|3|mutex1 exclusive\n"
		"2|mutex1|exclusive|block|1|mutex2 exclusive\n");
	/* Every one of them says where: the inner lock, and where the outer one was taken. */
	hw_preloaded_expect(&run,
		"SELECT count(*) FROM dependency JOIN dependency_hold ON dependency = id "
		"WHERE dependency.stack IS NOT NULL AND dependency_hold.stack IS NOT NULL "
		"AND dependency.stack <> dependency_hold.stack",
		"2\n");
	hw_preloaded_finish(&run);
}

Test(interpose_mutex, generations)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(mutexes, "generations"));
	hw_preloaded_expect(&run, types,
		"normal|0|1|1\n"
		"normal|1|1|1\n"
		"normal|2|1|1\n");
	hw_preloaded_expect(&run,
		"SELECT count(DISTINCT address), count(DISTINCT module), count(DISTINCT offset) "
		"FROM object WHERE kind = 'mutex'",
		"1|1|1\n");
	hw_preloaded_finish(&run);
}
