/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* holdwait log reads the events of large recordings as it writes them. */

static const char loops[] = HW_BUILD_DIR "/tests/fixtures/interpose/fixture_loops";

static struct hw_scratch scratch;

/* As many events that they would take three times as much if they were all kept. */
#define MANY_LOCKS "600000"
enum { MANY = 1200000, MORE_KB = 16 << 10 };

static void set_up(void)
{
	hw_scratch_init(&scratch);
	cr_assert_eq(chdir(scratch.path), 0);
}

static void tear_down(void)
{
	cr_assert_eq(chdir("/"), 0);
	hw_scratch_finish(&scratch);
}

TestSuite(log, .init = set_up, .fini = tear_down);

static void record(const char *form, const char *file, const char *locks)
{
	free(hw_process_text(5, HW_ARGUMENTS(HW_HOLDWAIT, "record", "-q", form, "-o", file, loops,
		locks)));
}

/* The most memory that listing the events of a file takes. */
static long listing_kb(const char *file)
{
	char *arguments[] = { (char *)HW_HOLDWAIT, (char *)"log", (char *)file, NULL };
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	cr_assert_eq(posix_spawn(&pid, HW_HOLDWAIT, &actions, NULL, arguments, environ), 0);
	posix_spawn_file_actions_destroy(&actions);
	cr_assert_eq(wait4(pid, &status, 0, &usage), pid);
	cr_assert_eq(status, 0);
	return usage.ru_maxrss;
}

static void expect_little_memory(const char *form)
{
	long few_kb, many_kb;

	record(form, "few.db", "100");
	record(form, "many.db", MANY_LOCKS);
	few_kb = listing_kb("few.db");
	many_kb = listing_kb("many.db");
	cr_expect_lt(many_kb, few_kb + MORE_KB, "%ld KiB, and %ld", many_kb, few_kb);
}

Test(log, memory_for_packed_events)
{
	expect_little_memory("--store=packed");
}

Test(log, memory_for_rows)
{
	expect_little_memory("--store=rows");
}

/* As `holdwait log | head` does; 141 is the end by SIGPIPE. */
Test(log, is_read_no_further)
{
	static const char *const forms[] = { "--store=packed", "--store=rows" };
	struct hw_process process;

	for (int i = 0; i < 2; i++) {
		record(forms[i], "run.db", MANY_LOCKS);
		hw_process_run(&process, HW_ARGUMENTS("bash", "-c",
			HW_HOLDWAIT " log run.db | head -2; echo ${PIPESTATUS[0]}"));
		cr_expect_eq(process.status, 0);
		hw_process_expect_output(&process, "  start\n");
		hw_process_expect_output(&process, "main (loops.c:21)\n141\n");
		hw_process_expect_errors(&process, "");
		hw_process_finish(&process);
	}
}

/* What comes first is written before the end is read. */
Test(log, begins_at_once)
{
	struct hw_process process;
	char *output;
	size_t lines = 0;

	record("--store=packed", "run.db", "100000");
	free(hw_process_text(0, HW_ARGUMENTS("sqlite3", "run.db", "UPDATE event_block SET data = ''"
		" WHERE first_event = (SELECT max(first_event) FROM event_block)")));
	hw_process_run(&process, HW_ARGUMENTS(HW_HOLDWAIT, "log", "run.db"));
	cr_expect_eq(process.status, 2);
	hw_process_expect_errors(&process, " is damaged\n");
	output = hw_process_output(&process);
	for (const char *at = output; (at = strchr(at, '\n')); at++)
		lines++;
	cr_expect_gt(lines, 150000);
	free(output);
	hw_process_finish(&process);
}
