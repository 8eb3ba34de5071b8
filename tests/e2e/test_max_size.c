/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"
#include "tests/e2e/starved.h"
#include "tests/e2e/terminal.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * There is no room for all that a program does: recording ends, in order and saying so, and the
 * program goes on.
 */

static const char burdens[] = HW_FIXTURE("burdens");
static const char loops[] = HW_FIXTURE("loops");

enum { LOOKS = HW_PROCESS_PATIENCE_S * 200 };

static char *report_on(const struct hw_preloaded *run, const char *verb, int status)
{
	return hw_process_text(status,
		HW_ARGUMENTS(HW_HOLDWAIT, verb, "-i", run->file));
}

/* Of a recording that ended early: all up to an instant, and nothing after that. */
static void expect_prefix(struct hw_preloaded *run, int64_t locks)
{
	int64_t recorded;

	hw_preloaded_expect(run, "PRAGMA integrity_check", "ok\n");
	hw_preloaded_expect(run, "SELECT key, value FROM meta WHERE key IN "
		"('cut', 'complete', 'lost') ORDER BY key", "complete|0\ncut|1\nlost|0\n");
	recorded = hw_preloaded_number(run, "SELECT count(*) FROM event WHERE op = 'lock'");
	cr_expect(recorded > 0 && recorded < locks, "%lld of %lld", (long long)recorded,
		(long long)locks);
	hw_preloaded_expect(run, "SELECT max(time_ns) <= (SELECT value FROM meta "
				 "WHERE key = 'ended_ns') FROM event", "1\n");
	/* No thread has a lock or an unlock too many, and who has one holds it at the end. */
	hw_preloaded_expect(run, "SELECT count(*) FROM (SELECT thread, object, "
		"sum(CASE op WHEN 'lock' THEN 1 ELSE -1 END) AS held FROM event "
		"WHERE op IN ('lock', 'unlock') GROUP BY 1, 2) AS now WHERE held <> (SELECT "
		"count(*) FROM hold WHERE hold.thread = now.thread AND hold.object = now.object)",
		"0\n");
	hw_preloaded_expect(run, "SELECT count(*) FROM event WHERE thread NOT IN "
		"(SELECT id FROM thread) OR object NOT IN (SELECT id FROM object)", "0\n");
}

static off_t bytes_of(const char *file, const char *suffix)
{
	char path[1024];
	struct stat status;

	snprintf(path, sizeof(path), "%s%s", file, suffix);
	return stat(path, &status) ? 0 : status.st_size;
}

static off_t all_bytes(const char *file)
{
	return bytes_of(file, "") + bytes_of(file, "-wal");
}

/* The names that are looked up when the program has ended come on top. */
enum { MAX_BYTES = 2 << 20, NAMES_BYTES = 64 << 10 };

Test(max_size, ends_recording)
{
	struct hw_preloaded run;
	char *text;

	hw_preloaded_init(&run);
	hw_process_start(&run.process, HW_ARGUMENTS(HW_HOLDWAIT, "run", "--max-size=2M", "-o",
		run.file, loops, "3000000"));
	hw_preloaded_wait(&run);
	cr_expect_eq(run.process.status, 5);
	hw_process_expect_errors(&run.process, "note: recording ended after ");
	hw_process_expect_errors(&run.process, " s, at the size that --max-size allows: what came "
					       "later is not known\n");
	hw_process_expect_output(&run.process, "locks 3000000\n");
	cr_expect_leq(all_bytes(run.file), MAX_BYTES + NAMES_BYTES);
	hw_preloaded_open_complete(&run);
	expect_prefix(&run, 3000000);
	text = report_on(&run, "info", 0);
	cr_expect(strstr(text, "holdwait.db: cut off recording"), "%s", text);
	cr_expect(strstr(text, "  note       recording ended after "), "%s", text);
	free(text);
	free(report_on(&run, "check", 2));
	text = report_on(&run, "report", 0);
	cr_expect(strstr(text, "what came later is not known"), "%s", text);
	cr_expect(!strstr(text, "did not end regularly"), "%s", text);
	free(text);
	hw_preloaded_finish(&run);
}

/* What the last state says is not told as what is so when somebody asks. */
Test(max_size, asked_for_the_state_after_that)
{
	struct hw_terminal terminal;
	char command[1024];

	hw_terminal_start(&terminal, "");
	snprintf(command, sizeof(command),
		HW_HOLDWAIT " record --max-size=1M sh -c 'trap \"\" QUIT; exec %s 1 wait'\n",
		loops);
	hw_terminal_type(&terminal, command);
	hw_terminal_expect(&terminal, "recording ended, the program goes on\r\n");
	hw_terminal_type(&terminal, "\x1c");
	hw_terminal_expect(&terminal, "recording has ended; what the program waits for is not "
				      "known\r\n");
	hw_terminal_type(&terminal, "\x03");
	hw_terminal_expect(&terminal, HW_TERMINAL_PROMPT);
	hw_terminal_finish(&terminal);
}

/* The file and its log are looked at all the time; rows are made only where they have room. */
static void fill(const char *options, int64_t max_bytes, bool packed)
{
	struct hw_preloaded run;
	off_t most = 0, bytes;

	hw_preloaded_init(&run);
	hw_preloaded_start(&run, options, HW_ARGUMENTS(burdens, "2", "500000", "3"));
	hw_starved_tell(run.scratch.path, "go");
	hw_starved_tell(run.scratch.path, "end");
	for (int looks = 0; !hw_process_wait(&run.process, 0); looks++) {
		cr_assert(looks < LOOKS, "the program does not end");
		bytes = all_bytes(run.file);
		most = bytes > most ? bytes : most;
		hw_starved_pause();
	}
	cr_expect_eq(run.process.status, 5);
	hw_preloaded_open_complete(&run);
	bytes = all_bytes(run.file);
	most = bytes > most ? bytes : most;
	cr_expect(most > max_bytes / 4 && most <= max_bytes, "%lld bytes", (long long)most);
	expect_prefix(&run, 2 * hw_starved_rounds(&run.process));
	cr_expect_eq(hw_preloaded_number(&run, "SELECT count(*) > 0 FROM event_block"), packed);
	hw_preloaded_finish(&run);
}

Test(max_size, of_several_processes)
{
	fill("HOLDWAIT_OPTIONS=max-size=3M", 3 << 20, true);
	fill("HOLDWAIT_OPTIONS=max-size=1024k store=packed", 1 << 20, true);
	fill("HOLDWAIT_OPTIONS=max-size=8M store=rows", 8 << 20, false);
}

Test(max_size, that_is_not_reached)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, "HOLDWAIT_OPTIONS=max-size=1G", HW_ARGUMENTS(loops, "1000"));
	hw_preloaded_expect(&run, "SELECT key, value FROM meta WHERE key IN ('cut', 'complete') "
				  "OR key GLOB 'note.*'", "complete|1\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM event WHERE op = 'lock'", "1000\n");
	hw_preloaded_finish(&run);
}

Test(max_size, says_what_is_no_size_and_no_patience)
{
	static const char *const wrong[] = { "--max-size=", "--max-size=1", "--max-size=1023K",
		"--max-size=-5M", "--max-size=2MB", "--max-size=M", "--max-size= 4M",
		"--max-size=99999999999999999999", "--max-size=17179869184G", "--max-size=2.5M",
		"--patience=0", "--patience=-1", "--patience=1s", "--patience=",
		"--patience=86401" };
	struct hw_process process;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		hw_process_run(&process, HW_ARGUMENTS(HW_HOLDWAIT, "record", wrong[i], "true"));
		cr_expect_eq(process.status, 125, "%s", wrong[i]);
		hw_process_expect_errors(&process, wrong[i][2] == 'm' ?
			"is no size of a recording" : "is no number of seconds to wait");
		hw_process_finish(&process);
	}
}

/* Run a program on a disk of this size, then another; skipped where no disk may be mounted. */
static void run_on_small_disk(struct hw_process *process, const char *folder, const char *size,
	const char *program, const char *then)
{
	struct hw_process allowed;
	char script[2048];

	hw_process_run(&allowed, HW_ARGUMENTS("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs",
					 folder));
	if (allowed.status)
		cr_skip("may not mount");
	hw_process_finish(&allowed);
	snprintf(script, sizeof(script),
		"mount -t tmpfs -o size=%s tmpfs '%s' && cd '%s' && " HW_HOLDWAIT
		" run %s 3000000 && exit 1; status=$?; %s; exit $status",
		size, folder, folder, program, then);
	hw_process_run(process, HW_ARGUMENTS("unshare", "-m", "sh", "-c", script));
}

static void expect_once(const char *text, const char *part)
{
	const char *found = strstr(text, part);

	cr_assert(found, "%s", text);
	cr_expect(!strstr(found + 1, part), "%s", text);
}

Test(max_size, full_disk)
{
	struct hw_preloaded run;
	char *errors;

	hw_preloaded_init(&run);
	run_on_small_disk(&run.process, run.scratch.path, "1m", loops,
		HW_HOLDWAIT " info | head -1; sqlite3 holdwait.db 'PRAGMA integrity_check; "
		"SELECT value FROM meta WHERE key = \"cut\"'");
	cr_expect_eq(run.process.status, 5);
	hw_process_expect_output(&run.process, "locks 3000000\nholdwait.db: cut off recording");
	hw_process_expect_output(&run.process, "\nok\n1\n");
	errors = hw_process_errors(&run.process);
	expect_once(errors, "s, for want of room on the disk: what came later is not known\n");
	cr_expect(!strstr(errors, "cannot write"), "%s", errors);
	free(errors);
	hw_preloaded_finish(&run);
}

/* Half a recording is none, and not one that is moved over an older one. */
Test(max_size, disk_without_room_to_begin)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	run_on_small_disk(&run.process, run.scratch.path, "60k", "true",
		"test -e holdwait.db || echo nothing is left");
	cr_expect_eq(run.process.status, 125);
	hw_process_expect_errors(&run.process, "cannot create '");
	hw_process_expect_output(&run.process, "nothing is left\n");
	hw_preloaded_finish(&run);
}

/* That a file may not grow is not known beforehand: then what was committed is left. */
Test(max_size, file_may_not_grow)
{
	struct hw_preloaded run;
	struct rlimit limit = { .rlim_cur = 600 << 10, .rlim_max = 600 << 10 };
	pid_t collector;
	char *errors;

	hw_preloaded_init(&run);
	hw_process_start(&run.process, HW_ARGUMENTS("env", "-C", run.scratch.path, HW_HOLDWAIT,
		"record", loops, "3000000", "wait"));
	hw_starved_wait_for_threads(run.file, 1);
	collector = hw_starved_collector(run.scratch.path);
	cr_assert_eq(prlimit(collector, RLIMIT_FSIZE, &limit, NULL), 0);
	hw_starved_tell(run.scratch.path, "go");
	hw_preloaded_wait(&run);
	cr_expect_eq(run.process.status, 5);
	errors = hw_process_errors(&run.process);
	expect_once(errors, "cannot write 'holdwait.db': ");
	expect_once(errors, "hint: recording ended, and the program goes on; "
			    "what was recorded until then is in the file\n");
	cr_expect(!strstr(errors, "the collector ended"), "%s", errors);
	free(errors);
	hw_preloaded_open(&run);
	hw_preloaded_expect(&run, "PRAGMA integrity_check", "ok\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM meta WHERE key = 'complete'", "0\n");
	cr_expect_gt(hw_preloaded_number(&run, "SELECT count(*) FROM event"), 0);
	hw_preloaded_finish(&run);
}
