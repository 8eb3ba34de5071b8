/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* kill -9 of the program, and of the collector: what was recorded until then opens and reports. */

static const char loops[] = HW_BUILD_DIR "/tests/fixtures/interpose/fixture_loops";
static const char philosophers[] = HW_BUILD_DIR "/demos/philosophers";

/* The process with this name among the descendants of a process; the test fails without. */
static pid_t descendant(pid_t ancestor, const char *name)
{
	char command[256], line[32] = "";
	FILE *pipe;

	snprintf(command, sizeof(command), "pgrep -P %d -f %s", (int)ancestor, name);
	pipe = popen(command, "r");
	cr_assert_not_null(pipe);
	cr_assert_not_null(fgets(line, sizeof(line), pipe), "no %s below %d", name, (int)ancestor);
	pclose(pipe);
	return (pid_t)atoi(line);
}

static void expect_report(const struct hw_recorded *recorded)
{
	json_t *report = hw_recorded_report(recorded, false);

	cr_assert_eq(hw_recorded_count(report, "HW002"), 1);
	json_decref(report);
	cr_assert_eq(hw_recorded_number(recorded, "SELECT count(*) FROM event WHERE op = 'lock'"),
		5);
}

Test(killed, program)
{
	struct hw_recorded recorded;
	struct hw_process process;

	hw_recorded_init(&recorded);
	hw_recorded_start(&recorded, &process, "run",
		HW_ARGUMENTS(philosophers, "--certain"));
	cr_assert(hw_recorded_wait_for_errors(&process, "the program hangs"));
	kill(descendant(process.pid, "philosophers.--certain"), SIGKILL);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_assert_eq(process.status, 128 + SIGKILL);
	cr_assert_eq(hw_recorded_number(&recorded,
			     "SELECT value FROM meta WHERE key = 'complete'"), 1);
	expect_report(&recorded);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

/* The kernel finds a ring of priorities, and libc does not know what to do about it. */
Test(killed, program_by_libc_in_a_deadlock)
{
	static const char protocols[] = HW_BUILD_DIR "/tests/fixtures/shapes/protocols";
	static const char *const shapes[] = { "inheriting_errorcheck", "inheriting_recursive" };

	for (size_t i = 0; i < 2; i++) {
		struct hw_recorded recorded;
		struct hw_process process;
		json_t *report;

		hw_recorded_init(&recorded);
		hw_recorded_run(&recorded, &process, "run", HW_ARGUMENTS(protocols, shapes[i]));
		cr_expect_eq(process.status, 128 + SIGABRT, "%s: %d", shapes[i], process.status);
		hw_process_expect_errors(&process, "holds sensor and waits for motor");
		report = hw_recorded_report(&recorded, false);
		cr_expect_eq(hw_recorded_count(report, "HW002"), 1);
		json_decref(report);
		hw_process_finish(&process);
		hw_recorded_finish(&recorded);
	}
}

Test(killed, collector)
{
	struct hw_recorded recorded;
	struct hw_process process;
	pid_t program;

	hw_recorded_init(&recorded);
	hw_recorded_start(&recorded, &process, "run",
		HW_ARGUMENTS(philosophers, "--certain"));
	cr_assert(hw_recorded_wait_for_errors(&process, "the program hangs"));
	program = descendant(process.pid, "philosophers.--certain");
	kill(descendant(process.pid, "holdwait-collector"), SIGKILL);
	cr_assert(hw_recorded_wait_for_errors(&process, "the collector ended"));
	cr_assert_eq(kill(program, 0), 0, "the program ended with its collector");
	expect_report(&recorded);
	kill(program, SIGTERM);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_assert_eq(process.status, 128 + SIGTERM);
	expect_report(&recorded);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

/* In the middle of many events: those of whole blocks and of the last, short one are there. */
Test(killed, collector_with_packed_events)
{
	struct hw_recorded recorded;
	struct hw_process process;
	pid_t program;
	char *text;

	hw_recorded_init(&recorded);
	hw_recorded_start(&recorded, &process, "record", HW_ARGUMENTS(loops, "0", "wait"));
	cr_assert(hw_recorded_wait_for(&recorded,
		"SELECT count(*) > 2 FROM event_block WHERE count = 16384", 1));
	program = descendant(process.pid, "fixture_loops");
	/* While it is recorded, too. */
	cr_assert_geq(hw_recorded_number(&recorded, "SELECT count(*) FROM event"), 2 * 16384);
	kill(descendant(process.pid, "holdwait-collector"), SIGKILL);
	cr_assert(hw_recorded_wait_for_errors(&process, "the collector ended"));
	kill(program, SIGTERM);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_assert_eq(hw_recorded_number(&recorded,
			     "SELECT count(*) - (SELECT sum(count) FROM event_block) FROM event"),
		0);
	cr_assert_eq(hw_recorded_number(&recorded,
			     "SELECT count(*) FROM event WHERE op IN ('lock', 'unlock')"),
		hw_recorded_number(&recorded, "SELECT max(id) - 1 FROM event"));
	text = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "log", "-n", "40000", recorded.file));
	cr_assert(strstr(text, "unlock"));
	free(text);
	json_decref(hw_recorded_report(&recorded, false));
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}
