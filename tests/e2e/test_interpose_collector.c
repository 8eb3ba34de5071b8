/* SPDX-License-Identifier: MIT */
#include "tests/e2e/starved.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The collector that a preloaded program starts by itself is killed, stopped, or cannot be had. */

static const char loops[] = HW_FIXTURE("loops");
static const char crowds[] = HW_FIXTURE("crowds");

/* More records than there is room for while nobody reads. */
#define MANY "2000000"

enum { LOOKS = HW_PROCESS_PATIENCE_S * 200 };

/* Start the loop, and wait until its collector records. */
static pid_t start_loop(struct hw_preloaded *run, const char *environment)
{
	hw_preloaded_start(run, environment, HW_ARGUMENTS(loops, MANY, "wait"));
	hw_starved_wait_for_threads(run->file, 1);
	return hw_starved_collector(run->scratch.path);
}

/* The program goes on as if nothing had happened; what was recorded opens. */
Test(interpose_collector, killed)
{
	struct hw_preloaded run, next;
	char session[PATH_MAX];
	int64_t locks, recorded;

	hw_preloaded_init(&run);
	kill(start_loop(&run, NULL), SIGKILL);
	hw_starved_session(run.process.pid, session, sizeof(session));
	hw_starved_tell(run.scratch.path, "go");
	hw_preloaded_wait(&run);
	cr_expect_eq(run.process.status, 5);
	hw_process_expect_errors(&run.process, "");
	locks = hw_preloaded_printed(&run, "locks");
	hw_preloaded_open(&run);
	recorded = hw_preloaded_number(&run, "SELECT count(*) FROM event WHERE op = 'lock'");
	cr_expect_lt(recorded, locks, "%lld of %lld", (long long)recorded, (long long)locks);
	hw_preloaded_expect(&run, "PRAGMA integrity_check", "ok\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM meta WHERE key = 'complete'", "0\n");
	hw_preloaded_finish(&run);

	/* What it left in memory, the next collector removes; that may be one of another test. */
	hw_preloaded_init(&next);
	hw_preloaded_record(&next, NULL, HW_ARGUMENTS(loops, "1"));
	cr_expect_neq(access(session, F_OK), 0, "'%s' is still there", session);
	hw_preloaded_finish(&next);
}

/* Whether the program's main thread is blocked in futex(2). */
static bool waits(const struct hw_preloaded *run)
{
	char path[64], line[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)run->process.pid);
	file = fopen(path, "re");
	if (file && !fgets(line, sizeof(line), file))
		line[0] = '\0';
	if (file)
		fclose(file);
	return !strncmp(line, "202 ", 4);
}

/* The program waits for it, and then everything is there. */
Test(interpose_collector, stopped_for_a_while)
{
	struct hw_preloaded run;
	pid_t collector;

	hw_preloaded_init(&run);
	collector = start_loop(&run, NULL);
	kill(collector, SIGSTOP);
	hw_starved_tell(run.scratch.path, "go");
	for (int looks = 0; !waits(&run); looks++) {
		cr_assert(looks < LOOKS, "the program does not wait");
		hw_starved_pause();
	}
	kill(collector, SIGCONT);
	hw_preloaded_wait(&run);
	cr_expect_eq(run.process.status, 5);
	hw_preloaded_open_complete(&run);
	cr_expect_eq(hw_preloaded_number(&run, "SELECT count(*) FROM event WHERE op = 'lock'"),
		hw_preloaded_printed(&run, "locks"));
	cr_expect_eq(hw_preloaded_number(&run, "SELECT count(*) FROM event WHERE op = 'unlock'"),
		hw_preloaded_printed(&run, "locks"));
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'lost'", "0\n");
	hw_preloaded_finish(&run);
}

/* Asked to drop rather than wait, the program does not wait, and every drop is counted. */
Test(interpose_collector, lossy)
{
	struct hw_preloaded run;
	int64_t recorded, lost;
	pid_t collector;

	hw_preloaded_init(&run);
	collector = start_loop(&run, "HOLDWAIT_OPTIONS=lossy");
	kill(collector, SIGSTOP);
	hw_starved_tell(run.scratch.path, "go");
	hw_preloaded_wait(&run);
	cr_expect_eq(run.process.status, 5);
	kill(collector, SIGCONT);
	hw_preloaded_open_complete(&run);
	recorded = hw_preloaded_number(&run,
		"SELECT count(*) FROM event WHERE op IN ('lock', 'unlock')");
	lost = hw_preloaded_number(&run, "SELECT value FROM meta WHERE key = 'lost'");
	cr_expect_gt(lost, 0);
	cr_expect_eq(recorded + lost, 2 * hw_preloaded_printed(&run, "locks"), "%lld and %lld",
		(long long)recorded, (long long)lost);
	hw_preloaded_expect(&run, "SELECT sum(lost) = (SELECT value FROM meta WHERE key = 'lost') "
				  "FROM thread", "1\n");
	hw_preloaded_finish(&run);
}

/* Run a command where /dev/shm has only so much room; skipped where that is forbidden. */
static void run_with_room(struct hw_preloaded *run, const char *room, const char *const program[])
{
	char script[PATH_MAX];
	struct hw_process allowed;

	hw_process_run(&allowed, HW_ARGUMENTS("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs",
					 "/dev/shm"));
	if (allowed.status)
		cr_skip("may not mount");
	hw_process_finish(&allowed);
	snprintf(script, sizeof(script),
		"mount -t tmpfs -o size=%s tmpfs /dev/shm && cd '%s' && "
		"LD_PRELOAD=" HW_PRELOADED_LIBRARY " exec %s %s",
		room, run->scratch.path, program[0], program[1]);
	hw_process_start(&run->process,
		HW_ARGUMENTS("env", "-u", "HOLDWAIT_FILE", "-u", "HOLDWAIT_OPTIONS", "unshare",
			"-m", "sh", "-c", script));
	hw_preloaded_wait(run);
}

Test(interpose_collector, no_room_at_all)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL, HW_ARGUMENTS(loops, "1"));
	hw_process_finish(&run.process);
	run_with_room(&run, "1m", HW_ARGUMENTS(loops, "2"));
	cr_expect_eq(run.process.status, 5);
	hw_process_expect_errors(&run.process, "cannot create shared memory");
	/* The older recording stays where it is. */
	hw_preloaded_expect(&run, "SELECT count(*) FROM event WHERE op = 'lock'", "1\n");
	cr_expect_eq(hw_scratch_count(&run.scratch, ".old"), 0);
	hw_preloaded_finish(&run);
}

/* More threads than there is memory for their logs: those are not recorded, and counted. */
Test(interpose_collector, no_room_for_all_threads)
{
	struct hw_preloaded run;
	int64_t recorded, lost;

	hw_preloaded_init(&run);
	run_with_room(&run, "10m", HW_ARGUMENTS(crowds, "together"));
	cr_expect_eq(run.process.status, 0);
	cr_expect_eq(hw_preloaded_printed(&run, "counter"), 500);
	hw_preloaded_open_complete(&run);
	recorded = hw_preloaded_number(&run, "SELECT count(*) FROM thread");
	lost = hw_preloaded_number(&run, "SELECT value FROM meta WHERE key = 'lost'");
	cr_expect_lt(recorded, 501);
	cr_expect_geq(recorded + lost, 501);
	hw_preloaded_finish(&run);
}
