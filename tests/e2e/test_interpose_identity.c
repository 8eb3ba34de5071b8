/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>

/* What is one object and what is another; and that ends of all kinds leave what was recorded. */

static const char identities[] = HW_FIXTURE("identities");
static const char ends[] = HW_FIXTURE("ends");

/* Each object, what is known of it, how many events it has in how many processes, and which. */
static const char objects[] =
	"SELECT thing.name, type, object.name IS NOT NULL, shared_key IS NOT NULL, count(*), "
	"count(DISTINCT done.process), group_concat(DISTINCT op || coalesce(' ' || how, '')) "
	"FROM (SELECT event.object, op, how, thread.process FROM event "
	"JOIN thread ON thread.id = event.thread ORDER BY op, how) AS done "
	"JOIN object ON object.id = done.object JOIN thing ON thing.id = object.id "
	"WHERE kind IN ('mutex', 'sem') GROUP BY object.id ORDER BY object.id";

static void expect_objects(const char *part, const char *rows)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(identities, part));
	hw_preloaded_expect(&run, objects, rows);
	hw_preloaded_finish(&run);
}

Test(interpose_identity, heap_is_used_again)
{
	expect_objects("heap",
		"mutex1|normal|0|0|3|1|destroy freed,lock,unlock\n"
		"mutex2|normal|0|0|3|1|destroy freed,lock,unlock\n"
		"mutex3|normal|0|0|2|1|lock,unlock\n");
}

Test(interpose_identity, memory_is_mapped_again)
{
	expect_objects("maps",
		"mutex1|normal|0|0|2|1|lock,unlock\n"
		"mutex2|normal|0|0|2|1|lock,unlock\n"
		"mutex3|normal|0|0|2|1|lock,unlock\n");
}

/* More of it goes than is looked through piece by piece. */
Test(interpose_identity, much_memory_is_mapped_again)
{
	expect_objects("huge",
		"mutex1|normal|0|0|2|1|lock,unlock\n"
		"mutex2|normal|0|0|2|1|lock,unlock\n");
}

/* A private object cannot be moved; what is shared stays itself. */
Test(interpose_identity, memory_is_moved)
{
	expect_objects("moves",
		"mutex1|normal|0|0|2|1|lock,unlock\n"
		"mutex2|normal|0|0|2|1|lock,unlock\n"
		"mutex3|shared|0|1|5|1|init,lock,unlock\n");
}

/* The first one is held all along; the second one's page goes twice. */
Test(interpose_identity, memory_grows_and_shrinks)
{
	expect_objects("grows",
		"mutex1|normal|0|0|2|1|lock,unlock\n"
		"mutex2|normal|0|0|2|1|lock,unlock\n"
		"mutex3|normal|0|0|4|1|lock,unlock\n"
		"mutex4|normal|0|0|2|1|lock,unlock\n");
}

Test(interpose_identity, memory_is_moved_over_other_memory)
{
	expect_objects("moved_over",
		"mutex1|normal|0|0|2|1|lock,unlock\n"
		"mutex2|normal|0|0|2|1|lock,unlock\n");
}

Test(interpose_identity, segments_of_shared_memory)
{
	expect_objects("segments",
		"mutex1|shared|0|1|9|1|init,lock,unlock\n"
		"mutex2|shared|0|1|3|1|init,lock,unlock\n");
}

/* Wherever it is mapped, and made larger; another one of the same name is another. */
Test(interpose_identity, shared_memory_is_mapped_elsewhere)
{
	expect_objects("shm",
		"mutex1|shared|0|1|7|1|init,lock,unlock\n"
		"mutex2|shared|0|1|7|1|init,lock,unlock\n");
}

Test(interpose_identity, copied_before_the_first_use)
{
	expect_objects("copies",
		"mutex1|recursive|0|0|4|1|lock,unlock\n"
		"mutex2|recursive|0|0|2|1|lock,unlock\n");
}

Test(interpose_identity, one_name_in_many_processes)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(identities, "names"));
	/* How many of them had to wait is another matter every time. */
	hw_preloaded_expect(&run,
		"SELECT op, count(*), count(DISTINCT thread.process), count(DISTINCT event.object) "
		"FROM event JOIN thread ON thread.id = event.thread "
		"WHERE op IN ('init', 'post', 'take') GROUP BY op",
		"init|21|21|1\n"
		"post|21|21|1\n"
		"take|21|21|1\n");
	hw_preloaded_expect(&run,
		"SELECT type, name LIKE '/holdwait-names-%' FROM object WHERE kind = 'sem'",
		"shared named|1\n");
	hw_preloaded_finish(&run);
}

/* Of each of three semaphores: in how many processes it was opened and used. */
Test(interpose_identity, one_name_for_one_after_the_other)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(identities, "renamed"));
	hw_preloaded_expect(&run,
		"SELECT thing.name, op, count(*), count(DISTINCT thread.process) FROM event "
		"JOIN thread ON thread.id = event.thread JOIN thing ON thing.id = event.object "
		"WHERE op IN ('init', 'post', 'take') GROUP BY event.object, op "
		"ORDER BY event.object, op",
		"sem1|init|3|3\n"
		"sem1|post|4|3\n"
		"sem1|take|4|3\n"
		"sem2|init|3|3\n"
		"sem2|post|3|3\n"
		"sem2|take|3|3\n"
		"sem3|init|3|3\n"
		"sem3|post|3|3\n"
		"sem3|take|3|3\n");
	hw_preloaded_expect(&run,
		"SELECT count(*), count(DISTINCT name) FROM object WHERE kind = 'sem'", "3|1\n");
	hw_preloaded_finish(&run);
}

/* The copy of an initialised lock is another lock, and so is each of its own. */
Test(interpose_identity, copied_after_its_initialisation)
{
	expect_objects("copied_over",
		"mutex1|normal|0|0|2|1|destroy freed,init\n"
		"mutex2|normal|0|0|3|1|destroy freed,lock,unlock\n"
		"mutex3|normal|0|0|5|1|destroy freed,lock,unlock\n");
}

/* Held by one process that died, then by another, and the third cannot have it any more. */
Test(interpose_identity, recovered_from_the_dead)
{
	expect_objects("robust", "mutex1|robust shared|0|1|8|3|fail,init,lock,unlock\n");
}

/* All 5000 times, the lock that is held, and that nothing is missing. */
static void expect_end(const char *part, int status, int late)
{
	struct hw_preloaded run;
	char rows[64];

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL, HW_ARGUMENTS(ends, part));
	cr_expect_eq(run.process.status, status, "%s ends with %d", part, run.process.status);
	snprintf(rows, sizeof(rows), "lock|%d\nstart|1\nunlock|%d\n", 5001 + late, 5000 + late);
	hw_preloaded_expect(&run, "SELECT op, count(*) FROM event GROUP BY op ORDER BY op", rows);
	hw_preloaded_expect(&run,
		"SELECT thing.name, mode, count FROM hold JOIN thing ON thing.id = object",
		"mutex2|exclusive|1\n");
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'lost'", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_end, of_each_kind)
{
	expect_end("exit", 7, 1);
	expect_end("quick_exit", 7, 1);
	expect_end("_exit", 7, 0);
	expect_end("exit_group", 7, 0);
	expect_end("abort", 128 + SIGABRT, 0);
	expect_end("fault", 128 + SIGSEGV, 0);
	expect_end("kill", 128 + SIGKILL, 0);
}

/* What each thread did up to the last call is there; of that, perhaps. */
Test(interpose_end, killed_in_a_burst)
{
	struct hw_preloaded run;
	char path[600];
	int64_t counts[8];
	FILE *file;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL, HW_ARGUMENTS(ends, "burst"));
	cr_expect_eq(run.process.status, 128 + SIGKILL);
	snprintf(path, sizeof(path), "%s/counts", run.scratch.path);
	file = fopen(path, "re");
	cr_assert(file && fread(counts, sizeof(counts), 1, file) == 1);
	fclose(file);
	for (int i = 0; i < 8; i++) {
		static const char how_many[] = "SELECT count(*) FROM event JOIN thread "
			"ON thread.id = thread WHERE thread.number = %d AND op = '%s'";
		int64_t locks = hw_preloaded_number(&run, how_many, i + 2, "lock");
		int64_t unlocks = hw_preloaded_number(&run, how_many, i + 2, "unlock");

		cr_expect(locks - counts[i] == 0 || locks - counts[i] == 1,
			"thread %d: %lld locks, of %lld", i, (long long)locks,
			(long long)counts[i]);
		cr_expect(unlocks - counts[i] == 0 || unlocks - counts[i] == 1,
			"thread %d: %lld unlocks, of %lld", i, (long long)unlocks,
			(long long)counts[i]);
	}
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'lost'", "0\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM thread WHERE end_ns IS NULL", "0\n");
	hw_preloaded_finish(&run);
}
