/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"
#include "tests/e2e/starved.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/*
 * The collector is stopped, or gets hardly any time: nothing is lost, or it is counted, or
 * recording ends and says so; the program does what it would have done.
 */

static const char burdens[] = HW_FIXTURE("burdens");

/* Threads of each process, and rounds of each thread: more than all chunks have room for. */
#define THREADS "2"
#define PROCESSES "2"
#define ROUNDS "300000"

/* Start it, and wait until all is under way. */
static pid_t start(struct hw_preloaded *run, const char *environment,
	struct hw_session_map *ret_map)
{
	hw_preloaded_init(run);
	hw_preloaded_start(run, environment, HW_ARGUMENTS(burdens, THREADS, ROUNDS, PROCESSES));
	hw_starved_wait_for_threads(run->file, 4);
	hw_starved_map(run->process.pid, ret_map);
	return hw_starved_collector(run->scratch.path);
}

/* The program ended as it does by itself, and the recording is in order. */
static void expect_sound(struct hw_preloaded *run)
{
	cr_expect_eq(run->process.status, 5);
	hw_preloaded_open_complete(run);
	hw_preloaded_expect(run, "PRAGMA integrity_check", "ok\n");
	/* Nothing is held while something else is locked. */
	hw_preloaded_expect(run, "SELECT count(*) FROM dependency", "0\n");
}

static void expect_all(struct hw_preloaded *run)
{
	int64_t rounds = hw_starved_rounds(&run->process);

	expect_sound(run);
	cr_expect_geq(rounds, atoll(ROUNDS));
	cr_expect_eq(hw_preloaded_number(run, "SELECT count(*) FROM event WHERE op = 'lock'"),
		2 * rounds);
	cr_expect_eq(hw_preloaded_number(run, "SELECT count(*) FROM event WHERE op = 'unlock'"),
		2 * rounds);
	hw_preloaded_expect(run, "SELECT value FROM meta WHERE key = 'lost'", "0\n");
	hw_preloaded_expect(run, "SELECT value FROM meta WHERE key = 'complete'", "1\n");
}

static char *report_on(const struct hw_preloaded *run, const char *verb, int status)
{
	return hw_process_text(status,
		HW_ARGUMENTS(HW_HOLDWAIT, verb, "-i", run->file));
}

/* More often than a wait that nothing interrupts is begun anew before patience ends. */
enum { SIGNALS = 400 };

/* Signals that interrupt the wait make nobody lose patience. */
Test(overload, who_waits_for_a_stopped_collector_loses_nothing)
{
	struct hw_preloaded run;
	struct hw_session_map map;
	pid_t collector = start(&run, NULL, &map);

	kill(collector, SIGSTOP);
	hw_starved_tell(run.scratch.path, "go");
	hw_starved_wait_for_waiters(&map);
	hw_starved_disturb(&map, SIGUSR1, SIGNALS);
	hw_starved_expect_bounded(&map);
	kill(collector, SIGCONT);
	hw_starved_tell(run.scratch.path, "end");
	hw_preloaded_wait(&run);
	hw_starved_expect_bounded(&map);
	hw_session_map_finish(&map);
	expect_all(&run);
	hw_preloaded_finish(&run);
}

/* Stopped several times, so that the threads begin to drop, and go on, at any point. */
static void stop_again_and_again(const struct hw_session_map *map, pid_t collector)
{
	for (int i = 0; i < 6; i++) {
		kill(collector, SIGSTOP);
		hw_starved_wait_until_none(map);
		kill(collector, SIGCONT);
		hw_starved_wait_for_chunks(map);
	}
}

Test(overload, lossy_drops_and_counts)
{
	struct hw_preloaded run;
	struct hw_session_map map;
	pid_t collector = start(&run, "HOLDWAIT_OPTIONS=lossy", &map);
	int64_t recorded, lost, made;
	char note[64], *text;

	stop_again_and_again(&map, collector);
	kill(collector, SIGSTOP);
	hw_starved_tell(run.scratch.path, "go");
	hw_starved_wait_for(run.scratch.path, "done.0");
	hw_starved_wait_for(run.scratch.path, "done.1");
	hw_starved_expect_bounded(&map);
	kill(collector, SIGCONT);
	hw_starved_wait_for_chunks(&map);
	hw_starved_tell(run.scratch.path, "end");
	hw_preloaded_wait(&run);
	hw_session_map_finish(&map);
	expect_sound(&run);
	recorded = hw_preloaded_number(&run,
		"SELECT count(*) FROM event WHERE op IN ('lock', 'unlock')");
	lost = hw_preloaded_number(&run, "SELECT value FROM meta WHERE key = 'lost'");
	cr_expect_gt(lost, 0);
	made = 4 * hw_starved_rounds(&run.process);
	cr_expect_eq(recorded + lost, made, "%lld and %lld of %lld", (long long)recorded,
		(long long)lost, (long long)made);
	hw_preloaded_expect(&run, "SELECT sum(lost) = (SELECT value FROM meta WHERE key = 'lost') "
				  "FROM thread", "1\n");
	snprintf(note, sizeof(note), "note: %lld events were lost", (long long)lost);
	text = report_on(&run, "report", 0);
	cr_expect(strstr(text, note), "%s", text);
	cr_expect(strstr(text, "no deadlock found"), "%s", text);
	free(text);
	hw_preloaded_finish(&run);
}

/* Program and collector share one CPU, of which the collector gets as little as there is. */
Test(overload, one_core_and_nice)
{
	struct hw_preloaded run;
	cpu_set_t allowed;
	char cpu[16];
	int first = 0;

	sched_getaffinity(0, sizeof(allowed), &allowed);
	while (!CPU_ISSET(first, &allowed))
		first++;
	snprintf(cpu, sizeof(cpu), "%d", first);
	hw_preloaded_init(&run);
	hw_preloaded_start(&run, NULL,
		HW_ARGUMENTS("taskset", "-c", cpu, burdens, THREADS, ROUNDS, PROCESSES));
	hw_starved_wait_for_threads(run.file, 4);
	cr_assert_eq(setpriority(PRIO_PROCESS,
			     (id_t)hw_starved_collector(run.scratch.path), 19), 0);
	hw_starved_tell(run.scratch.path, "go");
	hw_starved_tell(run.scratch.path, "end");
	hw_preloaded_wait(&run);
	expect_all(&run);
	hw_preloaded_finish(&run);
}

/* Nobody lets the collector go on: neither the program waits for ever, nor holdwait. */
Test(overload, stopped_for_good)
{
	struct hw_preloaded run;
	pid_t collector;

	hw_preloaded_init(&run);
	hw_process_start(&run.process, HW_ARGUMENTS("env", "-C", run.scratch.path, HW_HOLDWAIT,
		"record", "--patience=1", burdens, "1", "1000000"));
	hw_starved_wait_for_threads(run.file, 1);
	collector = hw_starved_collector(run.scratch.path);
	kill(collector, SIGSTOP);
	hw_starved_tell(run.scratch.path, "go");
	hw_starved_tell(run.scratch.path, "end");
	hw_preloaded_wait(&run);
	cr_expect_eq(run.process.status, 5);
	hw_process_expect_errors(&run.process, "holdwait: the collector is stopped; 'holdwait.db' "
					       "has what was recorded before that\n");
	cr_expect_geq(hw_starved_rounds(&run.process), 1000000);
	kill(collector, SIGCONT);
	hw_preloaded_open_complete(&run);
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'cut'", "1\n");
	hw_preloaded_finish(&run);
}

/* The program does not wait for ever. */
Test(overload, patience_ends)
{
	struct hw_preloaded run;
	struct hw_session_map map;
	pid_t collector = start(&run, "HOLDWAIT_OPTIONS=patience=1", &map);
	char *text;

	kill(collector, SIGSTOP);
	hw_starved_tell(run.scratch.path, "go");
	hw_starved_tell(run.scratch.path, "end");
	hw_preloaded_wait(&run);
	hw_starved_expect_bounded(&map);
	kill(collector, SIGCONT);
	hw_session_map_finish(&map);
	expect_sound(&run);
	hw_preloaded_expect(&run, "SELECT key, value FROM meta "
		"WHERE key IN ('cut', 'complete')",
		"complete|0\ncut|1\n");
	cr_expect_gt(hw_preloaded_number(&run, "SELECT value FROM meta WHERE key = 'lost'"), 0);
	cr_expect_lt(hw_preloaded_number(&run, "SELECT count(*) FROM event WHERE op = 'lock'"),
		2 * hw_starved_rounds(&run.process));
	/* What anybody holds or waits for is not known. */
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold UNION ALL SELECT count(*) FROM wait",
		"0\n0\n");
	text = report_on(&run, "report", 0);
	cr_expect(strstr(text, "note: a program waited in vain for the collector for 1 s "
			       "(--patience), and recording ended"), "%s", text);
	free(text);
	hw_preloaded_finish(&run);
}

static void change(const char *sql)
{
	free(hw_process_text(0, HW_ARGUMENTS("sqlite3", "holdwait.db", sql)));
}

/* Whether a report on it finds this. */
static bool finds(const char *part)
{
	char *text = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json"));
	bool found = strstr(text, part);

	free(text);
	return found;
}

/* What rests on events that are not there is not said. */
Test(overload, findings_in_what_is_left)
{
	struct hw_scratch scratch;

	hw_scratch_init(&scratch);
	cr_assert_eq(chdir(scratch.path), 0);
	free(hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "record", "-q",
		HW_BUILD_DIR "/tests/fixtures/two_orders", "both")));
	cr_expect(finds("\"verdict\": \"predicted\""));
	change("UPDATE meta SET value = 0 WHERE key = 'complete'; "
	       "INSERT INTO meta VALUES ('cut', 1)");
	cr_expect(finds("\"verdict\": \"predicted\""));
	change("UPDATE meta SET value = 1 WHERE key = 'lost'");
	cr_expect(!finds("\"verdict\": \"predicted\""));
	cr_expect(finds("\"verdict\": \"possible\""));
	free(hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "record", "-q",
		HW_BUILD_DIR "/tests/fixtures/shapes/insides", "join_inside")));
	cr_expect(finds("HW009"));
	change("INSERT INTO meta VALUES ('cut', 1)");
	cr_expect(!finds("HW009"));
	cr_assert_eq(chdir("/"), 0);
	hw_scratch_finish(&scratch);
}
