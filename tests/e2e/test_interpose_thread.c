/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>

/* Threads, onces, and the C11 and hidden names, under the preloaded library. */

static const char threads[] = HW_FIXTURE("threads");
static const char onces[] = HW_FIXTURE("onces");
static const char c11[] = HW_FIXTURE("c11");

static const char of_main[] = "SELECT what FROM told WHERE thread = 1 AND what NOT LIKE '%once%' "
			      "ORDER BY id";
static const char all_threads[] =
	"SELECT number, name, creator, create_stack IS NOT NULL, end_ns IS NOT NULL, lost "
	"FROM thread ORDER BY number";

Test(interpose_thread, joins)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(threads, "joins"));
	hw_preloaded_expect(&run, of_main,
		"start thread1\n"
		"init sem1\n"
		"create =2\n"
		"fail thread2 =16\n"
		"wait thread2 timed\n"
		"fail thread2 =110\n"
		"wait thread2 timed\n"
		"fail thread2 =110\n"
		"post sem1\n"
		"wait thread2\n"
		"join thread2\n"
		"create =3\n"
		"wait thread3 timed\n"
		"join thread3 timed\n"
		"create =4\n"
		"wait thread4 timed\n"
		"join thread4 timed\n"
		"wait thread1\n"
		"fail thread1 =35\n");
	hw_preloaded_expect(&run, all_threads,
		"1|||0|1|0\n"
		"2||1|1|1|0\n"
		"3||1|1|1|0\n"
		"4||1|1|1|0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_thread, tryjoin)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(threads, "tryjoin"));
	hw_preloaded_expect(&run, "SELECT what FROM told WHERE thread = 1 AND what LIKE 'join%'",
		"join thread2 try\n");
	hw_preloaded_finish(&run);
}

Test(interpose_thread, main_is_joined)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(threads, "main"));
	hw_preloaded_expect(&run, of_main,
		"start thread1\n"
		"create =2\n"
		"end thread1\n");
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"wait thread1\n"
		"join thread1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_thread, detached)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(threads, "detached"));
	hw_preloaded_expect(&run, of_main,
		"start thread1\n"
		"init sem1\n"
		"create =2\n"
		"detach thread2\n"
		"wait thread2\n"
		"fail thread2 =22\n"
		"fail thread2 =22\n"
		"post sem1\n"
		"create =3\n"
		"post sem1\n");
	hw_preloaded_expect(&run,
		"SELECT thread, what FROM told WHERE what LIKE 'end%' ORDER BY thread",
		"2|end thread2\n"
		"3|end thread3\n");
	hw_preloaded_finish(&run);
}

Test(interpose_thread, names)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(threads, "names"));
	hw_preloaded_expect(&run, all_threads,
		"1|main thread||0|1|0\n"
		"2|by its creator|1|1|1|0\n"
		"3|by prctl|1|1|1|0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_thread, refused)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(threads, "refused"));
	hw_preloaded_expect(&run, "SELECT op, result FROM event WHERE op <> 'create' ORDER BY id",
		"start|\n"
		"fail|11\n");
	hw_preloaded_finish(&run);
}

Test(interpose_thread, destructors_lock)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(threads, "destructors"));
	/* The thread says that it ends in the last round; others may come behind. */
	hw_preloaded_expect(&run, "SELECT what FROM told WHERE thread = 2 ORDER BY what",
		"end thread2\n"
		"lock mutex1\n"
		"lock mutex1\n"
		"lock mutex1\n"
		"lock mutex1\n"
		"start thread2\n"
		"unlock mutex1\n"
		"unlock mutex1\n"
		"unlock mutex1\n"
		"unlock mutex1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_once, runs_once)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(onces, "twice"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"once_begin once1\n"
		"lock mutex1\n"
		"unlock mutex1\n"
		"once_end once1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_once, nested)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(onces, "nested"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"once_begin once1\n"
		"once_begin once2\n"
		"lock mutex1\n"
		"unlock mutex1\n"
		"once_end once2\n"
		"lock mutex1\n"
		"unlock mutex1\n"
		"once_end once1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_once, awaited)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(onces, "awaited"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"wait once1\n"
		"leave once1\n"
		"end thread2\n");
	hw_preloaded_finish(&run);
}

Test(interpose_once, left_by_the_end_of_its_thread)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(onces, "left"));
	/* The unwinder of the compiler has a once of its own, inside. */
	hw_preloaded_expect(&run,
		"SELECT thread, what FROM told WHERE what LIKE '%once1' ORDER BY id",
		"2|once_begin once1\n"
		"2|once_end once1\n"
		"1|once_begin once1\n"
		"1|once_end once1\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_c11, mutexes)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(c11, "mutexes"));
	hw_preloaded_expect(&run,
		"SELECT thread, what FROM told WHERE what LIKE '%mutex%' ORDER BY id",
		"1|init mutex1\n"
		"1|lock mutex1\n"
		"2|fail mutex1 =16\n"
		"2|wait mutex1 timed\n"
		"2|fail mutex1 =110\n"
		"1|unlock mutex1\n"
		"1|lock mutex1 timed\n"
		"1|unlock mutex1\n"
		"1|lock mutex1 try\n"
		"1|unlock mutex1\n"
		"1|destroy mutex1\n"
		"1|init mutex2\n"
		"1|lock mutex2\n"
		"1|lock mutex2\n"
		"1|unlock mutex2\n"
		"1|unlock mutex2\n"
		"1|destroy mutex2\n");
	hw_preloaded_finish(&run);
}

/* One object each, whatever it is called by. */
Test(interpose_c11, mixed)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(c11, "mixed"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"init mutex1\n"
		"init cond1\n"
		"lock mutex1\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1 timed\n"
		"fail cond1 =110\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1 timed\n"
		"fail cond1 =110\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1\n"
		"destroy cond1\n"
		"destroy mutex1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_c11, conditions)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(c11, "conditions"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"lock mutex1\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1\n"
		"wake cond1\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1 timed\n"
		"wake cond1\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1\n"
		"end thread2\n");
	hw_preloaded_expect(&run,
		"SELECT what FROM told WHERE thread = 1 AND what LIKE '%cond%' ORDER BY id",
		"init cond1\n"
		"sleep cond1 timed\n"
		"fail cond1 =110\n"
		"signal cond1\n"
		"broadcast cond1\n"
		"destroy cond1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_c11, once)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(c11, "once"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"once_begin once1\n"
		"once_end once1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_c11, detached)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(c11, "detached"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"create =2\n"
		"detach thread2\n");
	hw_preloaded_finish(&run);
}

Test(interpose_alias, every_call)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(HW_FIXTURE("aliases")));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"init mutex1\n"
		"lock mutex1\n"
		"fail mutex1 =16\n"
		"unlock mutex1\n"
		"destroy mutex1\n"
		"once_begin once1\n"
		"once_end once1\n"
		"init rwlock1\n"
		"lock rwlock1 shared\n"
		"lock rwlock1 shared try\n"
		"unlock rwlock1\n"
		"unlock rwlock1\n"
		"lock rwlock1\n"
		"fail rwlock1 =16\n"
		"unlock rwlock1\n"
		"destroy rwlock1\n");
	hw_preloaded_finish(&run);
}
