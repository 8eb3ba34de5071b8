/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>

/* GLib's locks under the preloaded library, and programs that have none, or get them late. */

static const char glib[] = HW_FIXTURE("glib");

static const char objects[] =
	"SELECT kind, type, initialised, destroy_ns IS NOT NULL FROM object "
	"WHERE kind NOT IN ('thread', 'once') ORDER BY id";
static const char done_to_locks[] = "SELECT thread, what FROM told WHERE what LIKE '%mutex%' "
				    "OR what LIKE '%lock%' OR what LIKE '%cond%' ORDER BY id";

Test(interpose_glib, mutexes)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(glib, "mutexes"));
	hw_process_expect_output(&run.process, "errno: 4711\n");
	hw_preloaded_expect(&run, objects,
		"mutex|glib|0|0\n"
		"mutex|glib|1|1\n");
	hw_preloaded_expect(&run, done_to_locks,
		"1|lock mutex1\n"
		"2|fail mutex1 =16\n"
		"1|unlock mutex1\n"
		"1|lock mutex1 try\n"
		"1|unlock mutex1\n"
		"1|init mutex2\n"
		"1|lock mutex2\n"
		"1|unlock mutex2\n"
		"1|destroy mutex2\n");
	hw_preloaded_finish(&run);
}

/* The pthread mutex inside each is not seen a second time. */
Test(interpose_glib, rec_mutexes)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(glib, "rec_mutexes"));
	hw_preloaded_expect(&run, objects,
		"mutex|recursive glib|0|0\n"
		"mutex|recursive glib|1|1\n");
	hw_preloaded_expect(&run, done_to_locks,
		"1|lock mutex1\n"
		"1|lock mutex1\n"
		"1|lock mutex1 try\n"
		"2|fail mutex1 =16\n"
		"3|fail mutex1 =1\n"
		"1|unlock mutex1\n"
		"1|unlock mutex1\n"
		"1|unlock mutex1\n"
		"1|init mutex2\n"
		"1|lock mutex2\n"
		"1|unlock mutex2\n"
		"1|destroy mutex2\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_glib, rw_locks)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(glib, "rw_locks"));
	hw_preloaded_expect(&run, objects,
		"rwlock|glib|0|0\n"
		"rwlock|glib|1|1\n");
	hw_preloaded_expect(&run, done_to_locks,
		"1|lock rwlock1\n"
		"2|fail rwlock1 =16\n"
		"2|fail rwlock1 =16\n"
		"1|unlock rwlock1\n"
		"1|lock rwlock1 shared\n"
		"3|lock rwlock1 shared try\n"
		"3|unlock rwlock1\n"
		"3|fail rwlock1 =16\n"
		"1|unlock rwlock1\n"
		"1|init rwlock2\n"
		"1|lock rwlock2 try\n"
		"1|unlock rwlock2\n"
		"1|destroy rwlock2\n");
	hw_preloaded_finish(&run);
}

/* In the child, all objects are new ones; what is inside of them is as little seen as before. */
Test(interpose_glib, forked)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(glib, "forked"));
	hw_preloaded_expect(&run,
		"SELECT process, kind, type FROM object WHERE kind <> 'thread' ORDER BY id",
		"1|mutex|recursive glib\n"
		"1|rwlock|glib\n"
		"2|mutex|recursive glib\n"
		"2|rwlock|glib\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

/* A futex may return early, so how often the other thread sleeps is not certain. */
Test(interpose_glib, conditions)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(glib, "conditions"));
	/* A time that has come already does not release the mutex. */
	hw_preloaded_expect(&run, "SELECT what FROM told WHERE thread = 1 ORDER BY id LIMIT 4",
		"start thread1\n"
		"init cond1\n"
		"lock mutex1\n"
		"fail cond1 =110\n");
	/* The second one's may have come as well by the time that GLib looks at it. */
	hw_preloaded_expect(&run,
		"SELECT count(*) FROM told WHERE what = 'fail cond1 =110'", "2\n");
	hw_preloaded_expect(&run,
		"SELECT sum(what = 'unlock mutex1 reacquire') = sum(what LIKE 'sleep cond1%'), "
		"sum(what = 'lock mutex1 reacquire') = sum(what LIKE 'sleep cond1%') FROM told",
		"1|1\n");
	hw_preloaded_expect(&run,
		"SELECT DISTINCT what FROM told WHERE thread = 2 AND what LIKE '%cond1%' "
		"ORDER BY what",
		"sleep cond1\n"
		"sleep cond1 timed\n"
		"wake cond1\n");
	hw_preloaded_expect(&run,
		"SELECT what FROM told WHERE what IN ('signal cond1', 'broadcast cond1') "
		"ORDER BY id",
		"signal cond1\n"
		"broadcast cond1\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

/* Our hooks are not to be found: what dlsym answers, and its messages, are as without us. */
Test(interpose_glib, absent)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(HW_FIXTURE("glib_host")));
	hw_process_expect_output(&run.process, "g_mutex_lock: nowhere, ");
	hw_preloaded_finish(&run);
}

/* A program that is not linked with GLib loads what is, for itself alone. */
Test(interpose_glib, late)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run,
		HW_ARGUMENTS(HW_FIXTURE("glib_host"), HW_FIXTURE("glib_plugin.so")));
	hw_process_expect_output(&run.process, "tried: 0\nno error was left\n");
	hw_preloaded_expect(&run,
		"SELECT what FROM told JOIN event USING (id) "
		"JOIN object ON object.id = event.object WHERE object.type LIKE '%glib' "
		"ORDER BY told.id",
		"lock mutex1\n"
		"fail mutex1 =16\n"
		"unlock mutex1\n"
		"lock mutex2\n"
		"unlock mutex2\n");
	hw_preloaded_finish(&run);
}

/* Functions of these names that are not in libglib: every caller gets those it would have. */
Test(interpose_glib, built_in)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run,
		HW_ARGUMENTS(HW_FIXTURE("glib_host"), HW_FIXTURE("glib_other.so")));
	hw_process_expect_output(&run.process, "calls: 3, state: 0\ntried: 0\n");
	hw_preloaded_expect(&run, "SELECT what FROM told WHERE what LIKE '%mutex1%' ORDER BY id",
		"lock mutex1\n"
		"fail mutex1 =16\n"
		"unlock mutex1\n");
	hw_preloaded_finish(&run);
}
