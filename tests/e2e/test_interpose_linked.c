/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>

/* How a program was linked, and what stands around the library: versions, old names, others. */

static const char olden[] = HW_FIXTURE("olden");

/* libc has two kinds of conditions; each caller gets those that it was linked with. */
Test(interpose_olden, conditions)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(olden, "conditions"));
	hw_process_expect_output(&run.process, "points 1, others 0\n");
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"lock mutex1\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1\n"
		"wake cond1\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1\n"
		"wake cond1\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1\n"
		"end thread2\n");
	hw_preloaded_expect(&run, "SELECT what FROM told WHERE thread = 1 AND what LIKE '%cond%'",
		"signal cond1\n"
		"broadcast cond1\n"
		"sleep cond1 timed\n"
		"fail cond1 =110\n"
		"destroy cond1\n"
		"init cond2\n"
		"destroy cond2\n");
	hw_preloaded_finish(&run);
}

Test(interpose_olden, spawn)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(olden, "spawn"));
	hw_process_expect_output(&run.process, "old posix_spawn: 0, exit status 7\n");
	hw_process_expect_output(&run.process, "posix_spawn: ENOEXEC, exit status 0\n");
	/* Two shells. */
	hw_preloaded_expect(&run, "SELECT count(*) FROM process", "3\n");
	hw_preloaded_finish(&run);
}

Test(interpose_olden, names_are_not_found)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(olden, "names"));
	hw_process_expect_output(&run.process, "__pthread_mutex_lock 0, of 2.2.5 1\n");
	hw_preloaded_finish(&run);
}
