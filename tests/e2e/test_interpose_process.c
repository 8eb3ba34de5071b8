/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>
#include <signal.h>

/* Processes under the preloaded library: every way to make one, and what several share. */

static const char processes[] = HW_FIXTURE("processes");
static const char reaps[] = HW_FIXTURE("reaps");

static const char family[] =
	"SELECT process.id, process.parent, process.origin, process.end_ns IS NOT NULL, "
	"creator.process FROM process "
	"JOIN thread ON thread.process = process.id AND thread.number = 1 "
	"LEFT JOIN thread AS creator ON creator.id = thread.creator ORDER BY process.id";
static const char done[] = "SELECT process, what FROM told ORDER BY process, id";
static const char shared_objects[] =
	"SELECT thing.name, object.type, object.process IS NULL, shared_key IS NOT NULL, "
	"(SELECT count(DISTINCT thread.process) FROM event JOIN thread ON thread.id = event.thread "
	"WHERE event.object = object.id) "
	"FROM object JOIN thing ON thing.id = object.id WHERE shared_key IS NOT NULL ORDER BY "
	"object.id";

Test(interpose_process, fork)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(processes, "fork"));
	hw_preloaded_expect(&run, family,
		"1||start|1|\n"
		"2|1|fork|1|1\n");
	hw_preloaded_expect(&run, done,
		"1|start thread1\n"
		"1|lock mutex1\n"
		"1|unlock mutex1\n"
		"1|fork =2\n"
		"1|reap =2\n"
		"1|lock mutex1\n"
		"1|unlock mutex1\n"
		"2|start thread2\n"
		"2|lock mutex2\n"
		"2|unlock mutex2\n");
	/* Private memory of a parent and its child are two things. */
	hw_preloaded_expect(&run,
		"SELECT process, address = (SELECT min(address) FROM object WHERE kind = 'mutex') "
		"FROM object WHERE kind = 'mutex' ORDER BY id",
		"1|1\n"
		"2|1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_process, bare_fork)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(processes, "bare_fork"));
	hw_preloaded_expect(&run, family,
		"1||start|1|\n"
		"2|1|fork|1|1\n");
	hw_preloaded_expect(&run, done,
		"1|start thread1\n"
		"1|lock mutex1\n"
		"1|unlock mutex1\n"
		"1|reap =2\n"
		"2|start thread2\n"
		"2|lock mutex2\n"
		"2|unlock mutex2\n");
	hw_preloaded_finish(&run);
}

Test(interpose_process, vfork)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(processes, "vfork"));
	/* What the child does on its parent's memory before it executes is nobody's. */
	hw_preloaded_expect(&run, family,
		"1||start|1|\n"
		"2|1|start|1|\n");
	hw_preloaded_expect(&run,
		"SELECT process, op, count(*) FROM event JOIN thread ON thread.id = thread "
		"GROUP BY process, op ORDER BY process, op",
		"1|fork|1\n"
		"1|lock|1\n"
		"1|reap|1\n"
		"1|start|1\n"
		"1|unlock|1\n"
		"2|lock|1\n"
		"2|start|1\n"
		"2|unlock|1\n");
	hw_preloaded_finish(&run);
}

/* They count as the thread whose memory they have, down to its thread-local storage. */
Test(interpose_process, clone)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(processes, "clone"));
	hw_preloaded_expect(&run, family, "1||start|1|\n");
	hw_preloaded_expect(&run,
		"SELECT thread, op, count(*) FROM event WHERE op LIKE '%lock' GROUP BY 1, 2",
		"1|lock|3\n"
		"1|unlock|3\n");
	hw_preloaded_finish(&run);
}

Test(interpose_process, spawn)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(processes, "spawn"));
	hw_preloaded_expect(&run, family,
		"1||start|1|\n"
		"2|1|start|1|\n"
		"3|1|start|1|\n");
	hw_preloaded_expect(&run, "SELECT what FROM told WHERE process = 1 ORDER BY id",
		"start thread1\n"
		"fork\n"
		"reap =2\n"
		"fork\n"
		"reap =3\n");
	hw_preloaded_finish(&run);
}

Test(interpose_process, exec)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(processes, "exec"));
	hw_preloaded_expect(&run, family,
		"1||start|1|\n"
		"2|1|exec|1|\n");
	hw_preloaded_expect(&run, done,
		"1|start thread1\n"
		"1|lock mutex1\n"
		"1|unlock mutex1\n"
		"1|exec\n"
		"1|fail =2\n"
		"1|exec\n"
		"1|fail =2\n"
		"1|exec\n"
		"2|start thread2\n"
		"2|lock mutex2\n"
		"2|unlock mutex2\n");
	hw_preloaded_expect(&run,
		"SELECT count(DISTINCT pid), group_concat(command, '; ') LIKE '%exec; again locks' "
		"FROM process",
		"1|1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_process, execveat)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(processes, "execveat"));
	hw_preloaded_expect(&run, family,
		"1||start|1|\n"
		"2|1|fork|1|1\n"
		"3|2|exec|1|\n"
		"4|1|exec|1|\n");
	hw_preloaded_expect(&run, done,
		"1|start thread1\n"
		"1|exec\n"
		"1|fail =22\n"
		"1|fork =2\n"
		"1|reap =3\n"
		"1|exec\n"
		"2|start thread2\n"
		"2|exec\n"
		"3|start thread3\n"
		"3|lock mutex1\n"
		"3|unlock mutex1\n"
		"4|start thread4\n"
		"4|lock mutex2\n"
		"4|unlock mutex2\n");
	hw_preloaded_finish(&run);
}

/*
 * Programs that replace themselves at once, many at a time, so that some are seen only when they
 * have been replaced: five times each, and none is taken for another.
 */
Test(interpose_process, exec_chains)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL,
		HW_ARGUMENTS("sh", "-c", "i=0; while [ $i -lt 60 ]; do env env env env true & "
					 "i=$((i + 1)); done; wait"));
	hw_preloaded_expect(&run,
		"SELECT origin, count(*), sum(end_ns IS NULL) FROM process GROUP BY origin",
		"exec|300|0\n"
		"fork|60|0\n"
		"start|1|0\n");
	hw_preloaded_expect(&run, "SELECT op, count(*) FROM event GROUP BY op",
		"exec|300\n"
		"fork|60\n"
		"reap|60\n"
		"start|361\n");
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'lost'", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_process, exec_of_a_thread)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(processes, "exec_of_thread"));
	hw_preloaded_expect(&run,
		"SELECT process, origin, count(*) FROM thread JOIN process ON process.id = process "
		"GROUP BY process ORDER BY process",
		"1|start|2\n"
		"2|exec|1\n");
	hw_preloaded_expect(&run, "SELECT sum(end_ns IS NULL) FROM thread", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_process, daemon)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(processes, "daemon"));
	hw_preloaded_expect(&run, family,
		"1||start|1|\n"
		"2|1|fork|1|1\n"
		"3|2|fork|1|2\n");
	hw_preloaded_expect(&run, done,
		"1|start thread1\n"
		"1|fork =2\n"
		"1|reap =2\n"
		"2|start thread2\n"
		"2|fork =3\n"
		"3|start thread3\n"
		"3|lock mutex1\n"
		"3|unlock mutex1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_process, many_short_ones)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(processes, "many"));
	hw_preloaded_expect(&run, "SELECT op, count(*) FROM event GROUP BY op ORDER BY op",
		"fork|200\n"
		"lock|200\n"
		"reap|200\n"
		"start|201\n"
		"unlock|200\n");
	hw_preloaded_expect(&run,
		"SELECT count(*), count(DISTINCT pid), sum(end_ns IS NULL), sum(origin = 'fork') "
		"FROM process",
		"201|201|0|200\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM object WHERE kind = 'mutex'", "200\n");
	hw_preloaded_finish(&run);
}

/* Each end is told once, by the process that waited, with the child that ended. */
Test(interpose_process, wait_for_ends)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(reaps, "ends"));
	hw_preloaded_expect(&run,
		"SELECT thread, result FROM event WHERE op = 'reap' ORDER BY time_ns",
		"1|2\n1|3\n1|4\n1|5\n1|6\n1|7\n1|8\n1|9\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM event WHERE op = 'reap' AND stack IS NULL",
		"0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_process, look_for_ends)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(reaps, "looks"));
	hw_preloaded_expect(&run, "SELECT thread, result FROM event WHERE op = 'reap'", "1|2\n");
	hw_preloaded_finish(&run);
}

Test(interpose_process, share_one_of_each_kind)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(processes, "share"));
	hw_preloaded_expect(&run, shared_objects,
		"mutex1|shared|1|1|2\n"
		"cond1|shared|1|1|2\n"
		"rwlock1|shared|1|1|2\n"
		"barrier1|shared|1|1|2\n"
		"sem1|shared|1|1|2\n");
	hw_preloaded_expect(&run,
		"SELECT process, what FROM told WHERE process = 2 AND what NOT LIKE 'wait%' ORDER "
		"BY id",
		"2|start thread2\n"
		"2|lock rwlock1 shared\n"
		"2|unlock rwlock1\n"
		"2|lock mutex1\n"
		"2|signal cond1\n"
		"2|unlock mutex1\n"
		"2|arrive barrier1\n"
		"2|leave barrier1\n"
		"2|post sem1\n");
	hw_preloaded_expect(&run, "SELECT role FROM object WHERE kind = 'sem'", "signal\n");
	hw_preloaded_finish(&run);
}

Test(interpose_process, unrelated_programs_share_a_file)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL,
		HW_ARGUMENTS("sh", "-c",
			HW_FIXTURE("processes") " first; " HW_FIXTURE(
				"processes") " second; "
					     "rm shared-locks"));
	hw_preloaded_expect(&run, shared_objects,
		"mutex1|shared|1|1|2\n"
		"cond1|shared|1|1|1\n"
		"rwlock1|shared|1|1|1\n"
		"barrier1|shared|1|1|1\n"
		"sem1|shared|1|1|2\n");
	hw_preloaded_expect(&run,
		"SELECT process.command LIKE '%first', what FROM told JOIN process ON process.id = "
		"process "
		"WHERE what LIKE '%mutex%' ORDER BY told.id",
		"1|init mutex1\n"
		"1|lock mutex1\n"
		"1|unlock mutex1\n"
		"0|lock mutex1\n"
		"0|unlock mutex1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_process, one_file_mapped_twice)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(processes, "twice"));
	hw_preloaded_expect(&run,
		"SELECT thing.name, count(*) FROM event JOIN thing ON thing.id = object "
		"WHERE op <> 'start' GROUP BY object ORDER BY object",
		"mutex1|5\n"
		"cond1|1\n"
		"rwlock1|1\n"
		"barrier1|1\n"
		"sem1|3\n");
	hw_preloaded_finish(&run);
}

/* What was recorded until then is there, and says what it held. */
Test(interpose_process, killed)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL, HW_ARGUMENTS(processes, "killed"));
	cr_expect_eq(run.process.status, 128 + SIGKILL);
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"lock mutex1\n"
		"unlock mutex1\n"
		"lock mutex1\n");
	hw_preloaded_expect(&run,
		"SELECT thing.name, mode, count FROM hold JOIN thing ON thing.id = object",
		"mutex1|exclusive|1\n");
	hw_preloaded_finish(&run);
}
