/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>

/* C++ programs and plugins; what runs before main and after it. */

/* Only to what the plugin has in its own memory: its libraries have more. */
static const char done_to[] =
	"SELECT object.kind, op, how, event.mode, count(*) FROM event "
	"JOIN object ON object.id = object JOIN module ON module.id = object.module "
	"WHERE path LIKE '%plugin%' AND op <> 'wait' AND coalesce(how, '') <> 'reacquire' "
	"GROUP BY object, op, how, event.mode ORDER BY object.kind, object.id, op, how, event.mode";

/*
 * The plugin's exceptions go through the compiler's unwinder, whatever that is called, and release
 * what they held.
 */
Test(interpose_cxx, plugin_throws)
{
	static const char host[] = HW_FIXTURE("host"), plugin[] = HW_FIXTURE("plugin.so");
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(host, plugin));
	hw_process_expect_output(&run.process, "caught 20000\n");
	/* Which one, is compared with what the fixture prints without the library. */
	hw_process_expect_output(&run.process, "unwinder lib");
	/* All of them end with the plugin. */
	hw_preloaded_expect(&run, done_to,
		"mutex|destroy|freed||1\n"
		"mutex|lock|||20003\n"
		"mutex|unlock|||20003\n"
		"mutex|destroy|freed||1\n"
		"mutex|lock|timed||1\n"
		"mutex|unlock|||1\n"
		"mutex|destroy|freed||1\n"
		"mutex|lock|||2\n"
		"mutex|lock|try||1\n"
		"mutex|unlock|||3\n"
		"once|destroy|freed||1\n"
		"once|once_begin|||3\n"
		"once|once_end|||3\n"
		"rwlock|destroy|freed||1\n"
		"rwlock|lock|||1\n"
		"rwlock|lock||shared|1\n"
		"rwlock|unlock|||2\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_cxx, before_main_and_after)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(HW_FIXTURE("late")));
	/* Three times in the library's constructor, call and destructor, once by its thread. */
	hw_preloaded_expect(&run,
		"SELECT what, count(*) FROM told WHERE what LIKE '%mutex%' GROUP BY what ORDER BY "
		"what",
		"lock mutex1|4\n"
		"lock mutex2|4\n"
		"unlock mutex1|4\n"
		"unlock mutex2|4\n");
	/* The last one after the end of main, in the library that was loaded first. */
	hw_preloaded_expect(&run, "SELECT what FROM told WHERE thread = 1 ORDER BY id DESC LIMIT 3",
		"unlock mutex1\n"
		"lock mutex1\n"
		"unlock mutex2\n");
	hw_preloaded_finish(&run);
}

/* One part of what the classes of the C++ library are made of. */
static void expect_standard(const char *part, const char *sql, const char *rows)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(HW_FIXTURE("standard"), part));
	hw_preloaded_expect(&run, sql, rows);
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

/* The library itself runs something once. */
static const char locks[] = "SELECT what FROM told WHERE what LIKE '%mutex%' OR what LIKE "
			    "'%rwlock%' OR what LIKE '%cond%'";

Test(interpose_standard, mutexes)
{
	expect_standard("mutexes", locks,
		"lock mutex1\n"
		"unlock mutex1\n"
		"lock mutex1 try\n"
		"unlock mutex1\n"
		"lock mutex2\n"
		"lock mutex2\n"
		"unlock mutex2\n"
		"lock mutex2 try\n"
		"unlock mutex2\n"
		"unlock mutex2\n");
}

/* With a duration, pthread_mutex_clocklock; until a time of the system's clock, timedlock. */
Test(interpose_standard, timed_mutexes)
{
	expect_standard("timed", locks,
		"lock mutex1 timed\n"
		"unlock mutex1\n"
		"lock mutex1 timed\n"
		"unlock mutex1\n"
		"lock mutex2\n"
		"lock mutex2 timed\n"
		"unlock mutex2\n"
		"lock mutex2 timed\n"
		"unlock mutex2\n"
		"unlock mutex2\n");
}

Test(interpose_standard, shared_mutexes)
{
	expect_standard("shared", locks,
		"lock rwlock1\n"
		"unlock rwlock1\n"
		"lock rwlock1 try\n"
		"unlock rwlock1\n"
		"lock rwlock1 shared\n"
		"lock rwlock1 shared try\n"
		"unlock rwlock1\n"
		"unlock rwlock1\n"
		"lock rwlock2 timed\n"
		"unlock rwlock2\n"
		"lock rwlock2 timed\n"
		"unlock rwlock2\n"
		"lock rwlock2 shared\n"
		"lock rwlock2 shared try\n"
		"unlock rwlock2\n"
		"unlock rwlock2\n"
		"lock rwlock2 shared timed\n"
		"lock rwlock2 shared timed\n"
		"unlock rwlock2\n"
		"unlock rwlock2\n");
}

/* Durations become pthread_cond_clockwait, times of the system's clock timedwait. */
Test(interpose_standard, conditions)
{
	expect_standard("conditions", locks,
		"lock mutex1\n"
		"signal cond1\n"
		"broadcast cond1\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1 timed\n"
		"fail cond1 =110\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1 timed\n"
		"fail cond1 =110\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1\n"
		"destroy cond1\n");
}

/* The first mutex is the user's, the second one the condition's own. */
Test(interpose_standard, conditions_with_any_lock)
{
	expect_standard("any_lock", locks,
		"lock mutex1\n"
		"lock mutex2\n"
		"unlock mutex1\n"
		"unlock mutex2 reacquire\n"
		"sleep cond1 timed\n"
		"fail cond1 =110\n"
		"lock mutex2 reacquire\n"
		"unlock mutex2\n"
		"lock mutex1\n"
		"lock mutex2\n"
		"broadcast cond1\n"
		"unlock mutex2\n"
		"unlock mutex1\n"
		"destroy mutex2 freed\n"
		"destroy cond1\n");
}

/* Only the first of them is waited for. */
Test(interpose_standard, several_at_once)
{
	expect_standard("scoped", "SELECT what FROM told WHERE what LIKE 'lock%'",
		"lock mutex1\n"
		"lock mutex2 try\n"
		"lock mutex3 try\n");
}

static const char onces[] = "SELECT thread, op, count(*) FROM event JOIN object ON object.id = "
			    "event.object JOIN module ON module.id = object.module "
			    "WHERE path LIKE '%standard%' GROUP BY 1, 2";

Test(interpose_standard, once)
{
	expect_standard("once", onces, "1|once_begin|1\n1|once_end|1\n");
}

/* Its result is set once; waiting for it is a futex. */
Test(interpose_standard, future)
{
	expect_standard("future",
		"SELECT what LIKE 'once%', count(*) FROM told WHERE thread = 2 GROUP BY 1",
		"0|2\n"
		"1|2\n");
}
