/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/e2e/recorded.h"

/* Libraries that are opened and closed while the program runs, and others that are preloaded. */

static const char libraries[] = HW_FIXTURE("libraries");
static const char allocates[] = HW_FIXTURE("allocates");
static const char older[] = HW_FIXTURE("older.so");
static const char newer[] = HW_FIXTURE("newer.so");
static const char opened[] = HW_FIXTURE("opened.so");
static const char allocator[] = HW_FIXTURE("allocator.so");

/* The last part of a path. */
#define FILE_NAME "replace(path, rtrim(path, replace(path, '/', '')), '')"

/* Of each lock, the library that it was called through. */
#define THROUGH \
	"FROM event JOIN stack AS inner ON inner.id = event.stack " \
	"JOIN stack ON stack.id = inner.parent JOIN frame ON frame.id = stack.frame " \
	"JOIN module ON module.id = frame.module WHERE op = 'lock' "

/*
 * Two libraries take turns at the same addresses. The unwinder must not follow the rules of the
 * one in the other, nor may a place in the one be taken for one in the other.
 */
Test(interpose_library, replaced_by_another)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(libraries, "replaced", older, newer));
	hw_preloaded_expect(&run,
		"SELECT " FILE_NAME " " THROUGH
		"ORDER BY event.id",
		"fixture_older.so\n"
		"fixture_newer.so\n"
		"fixture_older.so\n"
		"fixture_newer.so\n"
		"fixture_older.so\n"
		"fixture_newer.so\n");
	hw_preloaded_finish(&run);
}

/* Their functions have names, though neither is loaded when these are looked up. */
Test(interpose_library, functions_of_closed_ones)
{
	struct hw_recorded recorded;
	struct hw_process process;
	char *names;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "run",
		HW_ARGUMENTS(libraries, "replaced", older, newer));
	cr_expect_eq(process.status, 0);
	names = hw_recorded_text(&recorded,
		"SELECT group_concat(function) FROM (SELECT function " THROUGH
		"AND function LIKE 'call_%' ORDER BY event.id)");
	cr_expect_str_eq(names,
		"call_older,call_newer,call_older,call_newer,call_older,call_newer");
	free(names);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

/*
 * In its constructor, the thread that this makes, a function and the destructor; then the memory
 * is another's; and when it is opened again, its lock is another one.
 */
Test(interpose_library, static_locks)
{
	struct hw_preloaded run;
	char *rows;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(libraries, "statics", opened));
	rows = hw_preloaded_rows(&run,
		"SELECT thing.name, coalesce(" FILE_NAME ", '-'), group_concat(what, ', ') FROM "
		"(SELECT object, op || coalesce(' ' || how, '') || ' ' || count(*) AS what "
		"FROM event GROUP BY object, op, how ORDER BY object, op, how) "
		"JOIN object ON object.id = object JOIN thing ON thing.id = object.id "
		"LEFT JOIN module ON module.id = object.module WHERE kind = 'mutex' "
		"GROUP BY object.id ORDER BY object.id");
	cr_expect_str_eq(rows,
		"mutex1|fixture_opened.so|destroy freed 1, lock 3, lock try 1, unlock 4\n"
		"mutex2|-|lock 1, unlock 1\n"
		"mutex3|fixture_opened.so|destroy freed 1, lock 3, lock try 1, unlock 4\n");
	free(rows);
	/* Who closed it is known. */
	hw_preloaded_expect(&run,
		"SELECT count(*) FROM event WHERE op = 'destroy' AND stack IS NULL", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_library, closed_while_its_lock_is_held)
{
	struct hw_recorded recorded;
	struct hw_process process;
	json_t *report;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "record", HW_ARGUMENTS(libraries, "held", opened));
	cr_expect_eq(process.status, 0);
	report = hw_recorded_report(&recorded, false);
	cr_expect_eq(hw_recorded_count(report, "HW007"), 1);
	json_decref(report);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(interpose_library, opened_by_many_threads)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL, HW_ARGUMENTS(libraries, "together", older, newer));
	cr_expect_eq(run.process.status, 0);
	hw_process_expect_errors(&run.process, "");
	cr_expect_eq(hw_preloaded_number(&run,
			     "SELECT count(*) FROM event JOIN object ON object.id = object "
			     "JOIN module ON module.id = module WHERE op = 'lock' "
			     "AND path LIKE '%%/fixture_libraries'"),
		hw_preloaded_printed(&run, "locks"));
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'lost'", "0\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_library, what_dlclose_answers)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(libraries, "refused"));
	hw_preloaded_finish(&run);
}

/* Whoever comes first, its locks are recorded, each with the lock of the program around it. */
static void expect_allocator(const char *preload)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, preload, HW_ARGUMENTS(allocates));
	cr_expect_eq(run.process.status, 0, "%s: exit status %d", preload, run.process.status);
	hw_process_expect_errors(&run.process, "");
	cr_expect_eq(hw_preloaded_number(&run,
			     "SELECT count(*) FROM event WHERE op = 'lock' AND object = "
			     "(SELECT object.id FROM object JOIN module ON module.id = module "
			     "WHERE kind = 'mutex' AND path LIKE '%%/fixture_allocator.so') "
			     "AND EXISTS (SELECT 1 FROM dependency JOIN dependency_hold "
			     "ON dependency_hold.dependency = dependency.id "
			     "WHERE dependency.stack = event.stack)"),
		hw_preloaded_printed(&run, "locks"), "%s", preload);
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'lost'", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_library, an_allocator_that_locks)
{
	char preload[1024];

	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s:%s", allocator, HW_PRELOADED_LIBRARY);
	expect_allocator(preload);
	snprintf(preload, sizeof(preload), "LD_PRELOAD=%s:%s", HW_PRELOADED_LIBRARY, allocator);
	expect_allocator(preload);
}
