/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The variables by which children join, and which children do. */

static const char count_all[] = "SELECT count(*) FROM process";

/* Everything a program prints, under `holdwait record` with one option, or without holdwait. */
static char *output_of(struct hw_recorded *recorded, const char *option, const char *preload,
	const char *script)
{
	struct hw_process process;
	char *output, variable[64];

	snprintf(variable, sizeof(variable), "LD_PRELOAD=%s", preload ? preload : "");
	if (option)
		hw_process_run(&process,
			HW_ARGUMENTS("env", preload ? variable : "--unset=LD_PRELOAD", HW_HOLDWAIT,
				"record", "-q", "-o", recorded->file, option, "--", "bash", "-c",
				script));
	else
		hw_process_run(&process,
			HW_ARGUMENTS("env", preload ? variable : "--unset=LD_PRELOAD", "bash", "-c",
				script));
	output = hw_process_output(&process);
	cr_expect_eq(process.status, 0, "%s", hw_process_errors(&process));
	hw_process_expect_errors(&process, "");
	hw_process_finish(&process);
	return output;
}

/*
 * A child of each kind: a copy, another program, one with an empty environment that starts a
 * third; and what the program becomes in the end.
 */
static const char family[] =
	"(:); /bin/true; env -i /bin/sh -c '/bin/true; exit 0'; exec /bin/true";

static void expect_followed(const char *what, const char *origins)
{
	struct hw_recorded recorded;
	char option[64], *found;

	hw_recorded_init(&recorded);
	snprintf(option, sizeof(option), "--follow=%s", what);
	free(output_of(&recorded, option, NULL, family));
	found = hw_recorded_text(&recorded,
		"SELECT group_concat(told, ', ') FROM (SELECT count(*) || ' ' || origin AS told "
		"FROM process GROUP BY origin ORDER BY origin)");
	cr_expect_str_eq(found, origins, "--follow=%s found %s", what, found);
	free(found);
	hw_recorded_finish(&recorded);
}

Test(environment, follow_says_which_children_are_recorded)
{
	/* bash makes each command by a copy of itself, which then executes it. */
	expect_followed("fork,exec", "4 exec, 3 fork, 2 start");
	expect_followed("exec,fork", "4 exec, 3 fork, 2 start");
	expect_followed("fork", "3 fork, 1 start");
	expect_followed("exec", "1 exec, 1 start");
	expect_followed("none", "1 start");
}

Test(environment, an_empty_one_does_not_hide_a_child)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(HW_FIXTURE("environments")));
	hw_preloaded_expect(&run, "SELECT origin, count(*) FROM process GROUP BY origin",
		"exec|9\n"
		"fork|9\n"
		"start|7\n");
	/* All of them have locked, and ended as they should. */
	hw_preloaded_expect(&run, "SELECT count(*) FROM event WHERE op = 'lock'", "15\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM process WHERE end_ns IS NULL", "0\n");
	hw_preloaded_finish(&run);
}

/* What each program prints of its environment is what it prints without holdwait. */
static void expect_hidden(const char *option, const char *preload, int64_t processes)
{
	static const char script[] = "unset _; env | grep -v ^_=; env -i env; "
				     "(export LD_PRELOAD=; env | grep LD_); exit 0";
	struct hw_recorded recorded;
	char *with, *without;

	hw_recorded_init(&recorded);
	with = output_of(&recorded, option, preload, script);
	without = output_of(&recorded, NULL, preload, script);
	cr_expect_str_eq(with, without, "with holdwait:\n%s\nwithout:\n%s", with, without);
	cr_expect_eq(hw_recorded_number(&recorded, count_all), processes, "%lld processes",
		(long long)hw_recorded_number(&recorded, count_all));
	free(with);
	free(without);
	hw_recorded_finish(&recorded);
}

Test(environment, is_given_back_where_asked)
{
	static const char *const preloads[] = { NULL, "", "libc.so.6", "libc.so.6:libm.so.6" };

	for (size_t i = 0; i < sizeof(preloads) / sizeof(preloads[0]); i++)
		expect_hidden("--hide-environment", preloads[i], 13);
}

Test(environment, is_given_back_when_no_program_is_followed)
{
	expect_hidden("--follow=fork", "libc.so.6", 7);
	expect_hidden("--follow=none", NULL, 1);
}

/* Ours is first, so that nobody stands between the program and it; theirs stay in their order. */
Test(environment, libraries_of_the_user_stay)
{
	struct hw_recorded recorded;
	char *found;

	hw_recorded_init(&recorded);
	found = output_of(&recorded, "-q", "libm.so.6:libc.so.6", "echo $LD_PRELOAD");
	cr_expect_str_eq(found, HW_LIBRARY ":libm.so.6:libc.so.6\n", "%s", found);
	free(found);
	hw_recorded_finish(&recorded);
}

Test(environment, a_thousand_short_programs_are_one_recording)
{
	struct hw_recorded recorded;

	hw_recorded_init(&recorded);
	free(output_of(&recorded, "-q", NULL,
		"for ((i = 0; i < 1000; i++)); do /bin/true; done; exit 0"));
	cr_expect_eq(hw_recorded_number(&recorded,
			     "SELECT count(*) FROM process WHERE command = '/bin/true'"), 1000);
	cr_expect_eq(hw_recorded_number(&recorded,
			     "SELECT count(DISTINCT pid) FROM process WHERE end_ns IS NOT NULL"),
		1001);
	cr_expect_eq(hw_recorded_number(&recorded, "SELECT value FROM meta WHERE key = 'lost'"),
		0);
	hw_recorded_finish(&recorded);
}

/* What would leave a program too little to live in stays away, and is told of. */
Test(environment, a_program_keeps_its_address_space)
{
	static const char script[] = "(ulimit -v 100000; cat /proc/self/limits | grep address); "
				     "(ulimit -v 500000; /bin/true; :); /bin/true; exit 0";
	struct hw_recorded recorded;
	char *with, *without, *note;

	hw_recorded_init(&recorded);
	with = output_of(&recorded, "-q", NULL, script);
	without = output_of(&recorded, NULL, NULL, script);
	cr_expect_str_eq(with, without);
	note = hw_recorded_text(&recorded, "SELECT value FROM meta WHERE key = 'note.2'");
	cr_expect_str_eq(note,
		"programs not recorded for want of address space (ulimit -v): 3");
	cr_expect_eq(hw_recorded_number(&recorded,
			     "SELECT count(*) FROM process WHERE command = '/bin/true'"), 1);
	free(with);
	free(without);
	free(note);
	hw_recorded_finish(&recorded);
}
