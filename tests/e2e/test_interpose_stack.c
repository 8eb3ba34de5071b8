/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/preloaded.h"
#include "tests/e2e/recorded.h"

/* Call stacks: how they are found, how deep they are, and how often they are remembered. */

static const char callers[] = HW_FIXTURE("callers"), pointers[] = HW_FIXTURE("callers_pointers"),
		  apart[] = HW_FIXTURE("callers_apart");

#define LOCK "(SELECT stack FROM event WHERE op = 'lock' ORDER BY id LIMIT 1)"
#define OUTWARD                                                                                    \
	"WITH RECURSIVE outward(depth, id) AS (SELECT 1, " LOCK                                    \
	" UNION ALL SELECT depth + 1, parent FROM outward JOIN stack USING (id) WHERE parent) "

/* The functions of the first stack that locks, innermost first. */
static const char functions[] = OUTWARD
	"SELECT group_concat(coalesce(function, '?'), ' ') FROM (SELECT function FROM outward "
	"JOIN stack USING (id) JOIN frame ON frame.id = frame ORDER BY depth)";

static const char deepest[] =
	"WITH RECURSIVE outward(depth, id) AS (SELECT 1, stack FROM event WHERE stack NOTNULL "
	"UNION SELECT depth + 1, parent FROM outward JOIN stack USING (id) WHERE parent) "
	"SELECT max(depth) FROM outward";

/* Of all there were, in a thousand. */
static const char remembered[] =
	"SELECT 1000 * (SELECT value FROM meta WHERE key = 'stack_hits') / "
	"(SELECT sum(value) FROM meta WHERE key IN ('stack_hits', 'stack_misses'))";

static void record(struct hw_recorded *recorded, const char *option, const char *program,
	const char *part)
{
	struct hw_process process;

	hw_recorded_init(recorded);
	hw_recorded_run(recorded, &process, "record", HW_ARGUMENTS(option, "--", program, part));
	cr_assert_eq(process.status, 0, "%s %s %s: %d, %s", option, program, part, process.status,
		hw_process_errors(&process));
	hw_process_finish(&process);
}

static void expect_number(const char *option, const char *program, const char *part,
	const char *sql, int64_t number)
{
	struct hw_recorded recorded;
	int64_t is;

	record(&recorded, option, program, part);
	is = hw_recorded_number(&recorded, sql);
	cr_expect_eq(is, number, "%s: %lld", option, (long long)is);
	hw_recorded_finish(&recorded);
}

static bool begins(const char *text, const char *part)
{
	return !strncmp(text, part, strlen(part));
}

/* Up to main, as libc calls that. */
static char *functions_up_to_main(const char *option, const char *program)
{
	struct hw_recorded recorded;
	char *text, *end;

	record(&recorded, option, program, "once");
	text = hw_recorded_text(&recorded, functions);
	end = strstr(text, " __libc_start_call_main");
	cr_expect_not_null(end, "%s: no end of '%s'", option, text);
	if (end)
		*end = '\0';
	hw_recorded_finish(&recorded);
	return text;
}

Test(interpose_stack, frame_pointers_lead_to_main)
{
	char *by_tables = functions_up_to_main("--unwind=auto", pointers);
	char *by_pointers = functions_up_to_main("--unwind=fp", pointers);

	cr_expect(begins(by_tables, "innermost middle outermost once "), "'%s'", by_tables);
	cr_expect_str_eq(by_pointers, by_tables);
	free(by_tables);
	free(by_pointers);
}

Test(interpose_stack, without_frame_pointers_tables_lead_to_main)
{
	char *by_tables = functions_up_to_main("--unwind=auto", callers);
	struct hw_recorded recorded;
	char *by_pointers;

	cr_expect(begins(by_tables, "innermost middle outermost once "), "'%s'", by_tables);
	/* The caller of the hook is always known. */
	record(&recorded, "--unwind=fp", callers, "once");
	by_pointers = hw_recorded_text(&recorded, functions);
	cr_expect(begins(by_pointers, "innermost"), "'%s'", by_pointers);
	cr_expect_null(strstr(by_pointers, "middle"), "'%s'", by_pointers);
	hw_recorded_finish(&recorded);
	free(by_tables);
	free(by_pointers);
}

/* Whatever is in rbp, all locks are recorded, with the place that called. */
static const char garbage[] =
	"SELECT count(*) FROM event JOIN stack ON stack.id = stack JOIN frame ON frame.id = frame "
	"WHERE op = 'lock' AND function = 'call_with'";

Test(interpose_stack, anything_may_be_in_the_frame_pointer)
{
	static const char *const programs[] = { callers, pointers };

	for (int i = 0; i < 2; i++) {
		expect_number("--unwind=fp", programs[i], "garbage", garbage, 2 * 22019);
		expect_number("--unwind=auto", programs[i], "garbage", garbage, 2 * 22019);
	}
}

/* The stack of a handler is known by what the kernel left on it. */
static const char interrupted[] = OUTWARD
	"SELECT group_concat(what, ' ') FROM (SELECT CASE WHEN signal NOTNULL THEN signal ELSE "
	"function END AS what FROM outward JOIN stack USING (id) JOIN frame ON frame.id = frame "
	"WHERE signal NOTNULL OR function IN ('innermost', 'handle', 'handled') ORDER BY depth)";

Test(interpose_stack, handlers_interrupt_frame_pointers)
{
	struct hw_recorded recorded;
	char *text;

	record(&recorded, "--unwind=fp", pointers, "handled");
	text = hw_recorded_text(&recorded, interrupted);
	cr_expect_str_eq(text, "innermost handle 10 handled");
	free(text);
	hw_recorded_finish(&recorded);
}

Test(interpose_stack, is_as_deep_as_told)
{
	static const struct {
		const char *option;
		int64_t depth;
	} depths[] = { { "--depth=1", 1 }, { "--depth=2", 2 }, { "--depth=128", 128 },
		{ "--depth=127", 127 }, { "-v", 64 } };

	for (size_t i = 0; i < sizeof(depths) / sizeof(depths[0]); i++) {
		expect_number(depths[i].option, callers, "deep", deepest, depths[i].depth);
		expect_number(depths[i].option, pointers, "deep", deepest, depths[i].depth);
	}
}

static void expect_depth_by_pointers(const char *depth)
{
	struct hw_preloaded run;
	char environment[64];

	snprintf(environment, sizeof(environment), "HOLDWAIT_OPTIONS=unwind=fp depth=%s", depth);
	hw_preloaded_init(&run);
	hw_preloaded_record(&run, environment, HW_ARGUMENTS(pointers, "deep"));
	cr_expect_eq(hw_preloaded_number(&run, deepest), atoll(depth));
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'unwind'", "fp\n");
	hw_preloaded_finish(&run);
}

Test(interpose_stack, is_as_deep_by_frame_pointers)
{
	expect_depth_by_pointers("1");
	expect_depth_by_pointers("2");
	expect_depth_by_pointers("128");
}

static void refuse(const char *option, const char *message)
{
	struct hw_recorded recorded;
	struct hw_process process;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "run", HW_ARGUMENTS(option, "--", callers, "once"));
	cr_expect_eq(process.status, 125, "%s: %d", option, process.status);
	hw_process_expect_errors(&process, message);
	hw_process_expect_output(&process, "");
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(interpose_stack, refuses_what_makes_no_sense)
{
	refuse("--depth=0", "holdwait: '0' is not a depth\n"
			    "hint: a stack can have 1 to 128 frames\n");
	refuse("--depth=129", "holdwait: '129' is not a depth\n");
	refuse("--depth=-1", "holdwait: '-1' is not a depth\n");
	refuse("--depth=2x", "holdwait: '2x' is not a depth\n");
	refuse("--depth=", "holdwait: '' is not a depth\n");
	refuse("--unwind=dwarf", "holdwait: call stacks cannot be found by 'dwarf'\n"
				 "hint: --unwind takes auto or fp (frame pointers)\n");
	refuse("--unwind=", "holdwait: call stacks cannot be found by ''\n");
}

static void expect_info(const char *option, const char *way)
{
	struct hw_recorded recorded;
	char *text;

	record(&recorded, option, pointers, "again");
	text = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "info", recorded.file));
	cr_expect_not_null(strstr(text, way), "no '%s' in: %s", way, text);
	free(text);
	hw_recorded_finish(&recorded);
}

Test(interpose_stack, info_says_how_they_were_found)
{
	expect_info("--unwind=auto", " by unwind tables, 99.");
	expect_info("--unwind=fp", " by frame pointers, 99.");
}

/* All but the first time at each of its 21 places. */
static void expect_remembered(const char *option, const char *program)
{
	struct hw_recorded recorded;
	int64_t share;

	record(&recorded, option, program, "again");
	share = hw_recorded_number(&recorded, remembered);
	cr_expect_geq(share, 980, "%s, %s: %lld of a thousand", option, program, (long long)share);
	hw_recorded_finish(&recorded);
}

Test(interpose_stack, is_remembered)
{
	static const char *const programs[] = { callers, pointers, apart };

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		expect_remembered("--unwind=auto", programs[i]);
	expect_remembered("--unwind=fp", pointers);
}

/* What is between its segments makes no other program of it. */
Test(interpose_stack, of_segments_apart)
{
	char *functions_apart = functions_up_to_main("--unwind=auto", apart);
	struct hw_recorded recorded;

	cr_expect(begins(functions_apart, "innermost middle outermost once "), "'%s'",
		functions_apart);
	free(functions_apart);
	record(&recorded, "--unwind=auto", apart, "once");
	cr_expect_eq(hw_recorded_number(&recorded,
			     "SELECT count(*) FROM module WHERE path LIKE '%callers_apart' AND "
			     "length(build_id) > 16"),
		1);
	hw_recorded_finish(&recorded);
}
