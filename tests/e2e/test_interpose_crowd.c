/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/e2e/recorded.h"

/* Many threads, and programs that bring their own allocator or a sanitizer. */

static const char crowds[] = HW_FIXTURE("crowds");

/* Each thread of a crowd locks once and ends; with a barrier they meet before. */
static void expect_crowd(struct hw_preloaded *run, int threads, bool barrier)
{
	char rows[256];

	snprintf(rows, sizeof(rows),
		"create|%d\n"
		"end|%d\n"
		"join|%d\n"
		"lock|%d\n"
		"start|%d\n"
		"unlock|%d\n",
		threads, threads, threads, threads, threads + 1, threads);
	/* What an allocator or a sanitizer locks for itself is there as well. */
	hw_preloaded_expect(run,
		"SELECT op, count(*) FROM event WHERE op IN ('create', 'start', 'end', 'join') OR "
		"(op IN ('lock', 'unlock') AND object IN (SELECT object.id FROM object "
		"JOIN module ON module.id = module WHERE path LIKE '%fixture_crowds%' "
		"AND kind = 'mutex')) GROUP BY op ORDER BY op",
		rows);
	cr_expect_eq(hw_preloaded_number(run, "SELECT count(*) FROM event WHERE op = 'leave'"),
		barrier ? threads : 0);
	hw_preloaded_expect(run, "SELECT value FROM meta WHERE key = 'lost'", "0\n");
	cr_expect_eq(hw_preloaded_number(run, "SELECT max(number) FROM thread"), threads + 1);
	hw_preloaded_expect(run,
		"SELECT sum(end_ns IS NULL), sum(create_stack IS NULL), sum(creator IS NULL) FROM "
		"thread",
		"0|1|1\n");
}

Test(interpose_crowd, a_thousand_one_by_one)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(crowds, "one_by_one"));
	expect_crowd(&run, 1000, false);
	hw_preloaded_finish(&run);
}

Test(interpose_crowd, five_hundred_at_once)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(crowds, "together"));
	expect_crowd(&run, 500, true);
	/* All were there at the same time. */
	hw_preloaded_expect(&run,
		"SELECT (SELECT max(start_ns) FROM thread) < (SELECT min(end_ns) FROM thread)",
		"1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_crowd, smallest_stacks)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(crowds, "small"));
	expect_crowd(&run, 100, true);
	hw_preloaded_finish(&run);
}

/* Where the compiler or the system lacks it there is no such program. */
static void expect_variant(const char *program, const char *environment)
{
	struct hw_preloaded run;

	if (access(program, X_OK))
		cr_skip("'%s' was not built", program);
	hw_preloaded_init(&run);
	hw_preloaded_record(&run, environment, HW_ARGUMENTS(program, "together"));
	cr_expect_eq(run.process.status, 0, "%s ends with %d: %s", program, run.process.status,
		hw_process_errors(&run.process));
	cr_expect_eq(hw_preloaded_printed(&run, "counter"), 500);
	expect_crowd(&run, 500, true);
	hw_preloaded_finish(&run);
}

Test(interpose_variant, jemalloc)
{
	expect_variant(HW_FIXTURE("crowds_jemalloc"), NULL);
}

Test(interpose_variant, tcmalloc)
{
	expect_variant(HW_FIXTURE("crowds_tcmalloc"), NULL);
}

Test(interpose_variant, address_sanitizer)
{
	/* It insists on being the first library; that we are not it may be told. */
	expect_variant(HW_FIXTURE("crowds_address"), "ASAN_OPTIONS=verify_asan_link_order=0");
}

/* The launcher sees to it. */
Test(interpose_variant, address_sanitizer_launched)
{
	static const char program[] = HW_FIXTURE("crowds_address");
	struct hw_recorded recorded;
	struct hw_process process;

	if (access(program, X_OK))
		cr_skip("'%s' was not built", program);
	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "record", HW_ARGUMENTS(program, "one_by_one"));
	cr_expect_eq(process.status, 0, "%s", hw_process_errors(&process));
	cr_expect_gt(hw_recorded_number(&recorded, "SELECT count(*) FROM event"), 0);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(interpose_variant, undefined_behaviour_sanitizer)
{
	expect_variant(HW_FIXTURE("crowds_undefined"), NULL);
}

/* It does not run on every kernel. */
Test(interpose_variant, thread_sanitizer)
{
	static const char program[] = HW_FIXTURE("crowds_thread");
	struct hw_process alone;

	if (access(program, X_OK))
		cr_skip("'%s' was not built", program);
	hw_process_run(&alone, HW_ARGUMENTS(program, "one_by_one"));
	if (alone.status)
		cr_skip("ThreadSanitizer does not work here");
	hw_process_finish(&alone);
	expect_variant(program, NULL);
}
