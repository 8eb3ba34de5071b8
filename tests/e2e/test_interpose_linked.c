/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>

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
		"sleep cond2\n"
		"wake cond2\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1 reacquire\n"
		"sleep cond1\n"
		"wake cond1\n"
		"lock mutex1 reacquire\n"
		"unlock mutex1\n"
		"end thread2\n");
	hw_preloaded_expect(&run, "SELECT what FROM told WHERE thread = 1 AND what LIKE '%cond%'",
		"signal cond1\n"
		"signal cond2\n"
		"broadcast cond1\n"
		"sleep cond1 timed\n"
		"fail cond1 =110\n"
		"destroy cond1\n"
		"init cond3\n"
		"destroy cond3\n");
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

/*
 * Another library counts the calls on their way to libc: none is added, least of all a try, and
 * what it would see of conditions it sees.
 */
Test(interpose_linked, calls_are_as_many)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(HW_FIXTURE("counted")));
	hw_process_expect_output(&run.process, "inheriting: 2 locks, 0 tries, 1 timed, 3 unlocks");
	hw_process_expect_output(&run.process, "conditions: 1 waits, 1 signals");
	/* Each of three mutexes was seen to be waited for; that of the condition may be, too. */
	hw_preloaded_expect(&run,
		"SELECT count(*) FROM told WHERE what GLOB 'wait mutex[1-3]*'", "3\n");
	hw_preloaded_finish(&run);
}

/* A malloc that locks, and is called by the dynamic linker while the library asks it. */
Test(interpose_linked, malloc_of_the_program)
{
	struct hw_preloaded run;
	int64_t locks;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(HW_FIXTURE("own_malloc")));
	locks = hw_preloaded_number(&run,
		"SELECT count(*) FROM told WHERE what = 'lock mutex1'");
	cr_expect_geq(locks, 4 * 200, "%lld", (long long)locks);
	hw_preloaded_finish(&run);
}

/* What does not get to see a condition give back its mutex sees it locked twice, and data races. */
Test(interpose_linked, thread_sanitizer_sees_conditions)
{
	static const char program[] = HW_FIXTURE("conditions_thread");
	struct hw_process alone;
	struct hw_preloaded run;

	if (access(program, X_OK))
		cr_skip("'%s' was not built", program);
	hw_process_run(&alone, HW_ARGUMENTS(program, "broadcast"));
	if (alone.status)
		cr_skip("ThreadSanitizer does not work here");
	hw_process_finish(&alone);
	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(program, "broadcast"));
	hw_preloaded_expect(&run, "SELECT count(*) FROM event WHERE op = 'wake'", "3\n");
	hw_preloaded_finish(&run);
}

/* Code that runs before libc knows the environment is not recorded, all that follows is. */
Test(interpose_linked, before_libc)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(HW_FIXTURE("preinit")));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"lock mutex1\n"
		"unlock mutex1\n");
	hw_preloaded_finish(&run);
}

/* One that the dynamic linker loads into a name space of its own: it changes nothing. */
Test(interpose_linked, auditor_of_the_linker)
{
	struct hw_preloaded run;
	char *errors;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, "LD_AUDIT=" HW_FIXTURE("audit.so"),
		HW_ARGUMENTS(HW_FIXTURE("mutexes"), "nested"));
	cr_expect_eq(run.process.status, 0);
	/* The program is audited, the collector is not. */
	errors = hw_process_errors(&run.process);
	cr_expect_str_eq(errors, "audited\n", "%s", errors);
	free(errors);
	hw_preloaded_expect(&run,
		"SELECT op, count(*) FROM event JOIN thing ON thing.id = object "
		"WHERE name LIKE 'mutex%' GROUP BY op",
		"lock|8\n"
		"unlock|8\n");
	hw_preloaded_finish(&run);
}

static const char stacks[] = HW_FIXTURE("stacks");

/*
 * Neither the hook nor the unwinder, which the library opens for itself. Threads begin in the
 * library; reports do not show it.
 */
static const char own_frames[] =
	"SELECT count(*) FROM stack JOIN frame ON frame.id = stack.frame JOIN module ON "
	"module.id = frame.module WHERE path LIKE '%libunwind%' "
	"OR (path LIKE '%libholdwait%' AND stack.id IN (SELECT stack FROM event))";
static const char own_objects[] = "SELECT count(*) FROM object JOIN module ON module.id = "
				  "object.module WHERE path LIKE '%libholdwait%' "
				  "OR path LIKE '%libunwind%'";

/* Another thread has the dynamic linker's lock, and waits for the one whose stacks are walked. */
Test(interpose_stacks, while_the_linker_is_busy)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(stacks, "linker"));
	hw_preloaded_expect(&run,
		"SELECT count(*), count(DISTINCT stack) FROM event WHERE op = 'lock'", "21|21\n");
	hw_preloaded_expect(&run, own_frames, "0\n");
	hw_preloaded_expect(&run, own_objects, "0\n");
	/* Each begins with who called the hook, and goes on to where the thread began. */
	hw_preloaded_expect(&run,
		"SELECT DISTINCT path LIKE '%fixture_stacks', parent IS NOT NULL FROM event "
		"JOIN stack ON stack.id = event.stack JOIN frame ON frame.id = stack.frame "
		"JOIN module ON module.id = frame.module WHERE op = 'lock'",
		"1|1\n");
	hw_preloaded_finish(&run);
}

/* To the recording a fiber is the thread it runs on. */
Test(interpose_stacks, fibers)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(stacks, "fibers"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"lock mutex1\n"
		"lock mutex2\n"
		"unlock mutex2\n"
		"unlock mutex1\n"
		"lock mutex1\n"
		"unlock mutex1\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

/* Jumping out of a function gives nothing back. */
Test(interpose_stacks, jumps)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(stacks, "jumps"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"lock mutex1\n"
		"lock mutex2\n"
		"unlock mutex1\n"
		"fail mutex2 =16\n"
		"unlock mutex2\n");
	hw_preloaded_finish(&run);
}
