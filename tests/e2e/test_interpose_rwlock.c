/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>

/* Rwlocks, spinlocks and barriers under the preloaded library. */

static const char rwlocks[] = HW_FIXTURE("rwlocks");
static const char spins[] = HW_FIXTURE("spins");

static const char objects[] = "SELECT kind, type, generation, initialised, destroy_ns IS NOT NULL, "
			      "capacity FROM object WHERE kind <> 'thread' ORDER BY id";
static const char done_to_locks[] = "SELECT thread, what FROM told WHERE what LIKE '%lock%' "
				    "ORDER BY id";
static const char dependencies[] =
	"SELECT thread.number, thing.name, dependency.mode, how, count, "
	"(SELECT group_concat(held.name || ' ' || dependency_hold.mode) FROM dependency_hold "
	"JOIN thing AS held ON held.id = dependency_hold.object WHERE dependency = dependency.id) "
	"FROM dependency JOIN thread ON thread.id = thread JOIN thing ON thing.id = "
	"dependency.object "
	"WHERE thing.name NOT LIKE 'thread%' ORDER BY dependency.id";

Test(interpose_rwlock, kinds)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(rwlocks, "kinds"));
	hw_preloaded_expect(&run, objects,
		"rwlock|prefer-writer|0|0|0|\n"
		"rwlock||0|1|1|\n"
		"rwlock|prefer-writer-recursive|1|1|1|\n"
		"rwlock|prefer-writer|2|1|1|\n"
		"rwlock||3|1|1|\n");
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"lock rwlock1 shared\n"
		"unlock rwlock1\n"
		"init rwlock2\n"
		"lock rwlock2 shared\n"
		"unlock rwlock2\n"
		"lock rwlock2\n"
		"unlock rwlock2\n"
		"destroy rwlock2\n"
		"init rwlock3\n"
		"lock rwlock3 shared\n"
		"unlock rwlock3\n"
		"lock rwlock3\n"
		"unlock rwlock3\n"
		"destroy rwlock3\n"
		"init rwlock4\n"
		"lock rwlock4 shared\n"
		"unlock rwlock4\n"
		"lock rwlock4\n"
		"unlock rwlock4\n"
		"destroy rwlock4\n"
		"init rwlock5\n"
		"lock rwlock5 shared\n"
		"unlock rwlock5\n"
		"lock rwlock5\n"
		"unlock rwlock5\n"
		"destroy rwlock5\n");
	hw_preloaded_finish(&run);
}

Test(interpose_rwlock, successes)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(rwlocks, "successes"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"lock rwlock1 shared try\n"
		"lock rwlock1 shared\n"
		"lock rwlock1 shared timed\n"
		"lock rwlock1 shared timed\n"
		"unlock rwlock1\n"
		"unlock rwlock1\n"
		"unlock rwlock1\n"
		"unlock rwlock1\n"
		"lock rwlock1 try\n"
		"unlock rwlock1\n"
		"lock rwlock1 timed\n"
		"unlock rwlock1\n"
		"lock rwlock1 timed\n"
		"unlock rwlock1\n");
	hw_preloaded_expect(&run, "SELECT sum(acquired), sum(waited) FROM contention", "7|0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_rwlock, failures)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(rwlocks, "failures"));
	hw_preloaded_expect(&run, done_to_locks,
		"1|lock rwlock1\n"
		"2|fail rwlock1 =16\n"
		"2|wait rwlock1 shared timed\n"
		"2|fail rwlock1 =110\n"
		"2|wait rwlock1 shared timed\n"
		"2|fail rwlock1 =110\n"
		"2|fail rwlock1 =16\n"
		"2|wait rwlock1 timed\n"
		"2|fail rwlock1 =110\n"
		"2|wait rwlock1 timed\n"
		"2|fail rwlock1 =110\n"
		"2|fail rwlock1 =22\n"
		"2|fail rwlock1 =22\n"
		"1|fail rwlock1 =35\n"
		"1|fail rwlock1 =35\n"
		"1|fail rwlock1 =16\n"
		"1|unlock rwlock1\n"
		"1|lock rwlock1 shared\n"
		"3|fail rwlock1 =16\n"
		"3|wait rwlock1 timed\n"
		"3|fail rwlock1 =110\n"
		"3|wait rwlock1 timed\n"
		"3|fail rwlock1 =110\n"
		"3|fail rwlock1 =22\n"
		"3|fail rwlock1 =22\n"
		"1|unlock rwlock1\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_rwlock, contended)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(rwlocks, "contended"));
	hw_preloaded_expect(&run, done_to_locks,
		"1|lock rwlock1 shared\n"
		"2|wait rwlock1\n"
		"1|unlock rwlock1\n"
		"2|lock rwlock1\n"
		"2|unlock rwlock1\n"
		"1|lock rwlock1\n"
		"3|wait rwlock1 shared\n"
		"1|unlock rwlock1\n"
		"3|lock rwlock1 shared\n"
		"3|unlock rwlock1\n");
	hw_preloaded_expect(&run,
		"SELECT sum(acquired), sum(waited), min(wait_ns) >= 0 FROM contention", "4|2|1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_rwlock, writer_is_preferred)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(rwlocks, "preferred"));
	hw_preloaded_expect(&run, done_to_locks,
		"1|init rwlock1\n"
		"1|lock rwlock1 shared\n"
		"2|wait rwlock1\n"
		"3|wait rwlock1 shared\n"
		"1|unlock rwlock1\n"
		"2|lock rwlock1\n"
		"2|unlock rwlock1\n"
		"3|lock rwlock1 shared\n"
		"3|unlock rwlock1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_rwlock, nested)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(rwlocks, "nested"));
	hw_preloaded_expect(&run, dependencies,
		"1|rwlock2|shared|block|1|rwlock1 shared\n"
		"1|rwlock2|exclusive|block|1|rwlock1 shared\n");
	hw_preloaded_finish(&run);
}

/* Every one of more than a million is there. */
Test(interpose_rwlock, volume)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(rwlocks, "volume"));
	hw_preloaded_expect(&run,
		"SELECT thread, op, mode, count(*) FROM event JOIN object ON object.id = object "
		"WHERE kind = 'rwlock' GROUP BY thread, op, mode ORDER BY thread, op",
		"2|lock|shared|300000\n"
		"2|unlock||300000\n"
		"3|lock|shared|300000\n"
		"3|unlock||300000\n"
		"4|lock|shared|300000\n"
		"4|unlock||300000\n"
		"5|lock|shared|300000\n"
		"5|unlock||300000\n");
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'lost'", "0\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_spin, every_call)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(spins, "spins"));
	hw_preloaded_expect(&run,
		"SELECT thread, what FROM told WHERE what LIKE '%spin%' ORDER BY id",
		"1|init spin1\n"
		"1|lock spin1\n"
		"2|fail spin1 =16\n"
		"1|unlock spin1\n"
		"1|lock spin1 try\n"
		"1|unlock spin1\n"
		"1|destroy spin1\n");
	hw_preloaded_expect(&run, objects, "spin||0|1|1|\n");
	hw_preloaded_finish(&run);
}

Test(interpose_spin, unannounced)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(spins, "unannounced"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"lock spin1\n"
		"unlock spin1\n");
	hw_preloaded_expect(&run, objects, "spin||0|0|0|\n");
	hw_preloaded_finish(&run);
}

Test(interpose_spin, contended)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(spins, "contended"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"wait spin1\n"
		"lock spin1\n"
		"unlock spin1\n"
		"end thread2\n");
	hw_preloaded_finish(&run);
}

Test(interpose_barrier, every_call)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(spins, "barriers"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"arrive barrier1\n"
		"leave barrier1\n"
		"end thread2\n");
	hw_preloaded_expect(&run,
		"SELECT what FROM told WHERE thread = 1 AND what NOT LIKE '%thread%' "
		"AND what NOT LIKE 'create%' ORDER BY id",
		"init barrier1\n"
		"lock mutex1\n"
		"arrive barrier1\n"
		"leave barrier1\n"
		"unlock mutex1\n"
		"destroy barrier1\n");
	/* Waiting there while holding a mutex is a dependency, however short the wait. */
	hw_preloaded_expect(&run, dependencies, "1|barrier1|exclusive|block|1|mutex1 exclusive\n");
	hw_preloaded_expect(&run, objects,
		"barrier||0|1|1|2\n"
		"mutex|normal|0|0|0|\n");
	/* Nobody leaves before the last one has arrived. */
	hw_preloaded_expect(&run,
		"SELECT (SELECT max(time_ns) FROM event WHERE op = 'arrive') <= "
		"(SELECT min(time_ns) FROM event WHERE op = 'leave')",
		"1\n");
	hw_preloaded_finish(&run);
}
