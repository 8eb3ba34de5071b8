/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What holdwait cannot see is named, and how much it matters is measured. */

#define COVER(name) HW_BUILD_DIR "/tests/fixtures/coverage/cover_" name

#define STATIC_PROGRAM HW_BUILD_DIR "/tests/fixtures/static_program"

static struct hw_recorded recorded;
static struct hw_process process;

static void begin(void)
{
	hw_recorded_init(&recorded);
}

static void end(void)
{
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

TestSuite(coverage, .init = begin, .fini = end);

static void need(const char *program)
{
	if (access(program, X_OK))
		cr_skip_test("no '%s'", program);
}

/* Record a program that never ends, until enough was measured, and end it. */
static void record_until(const char *program, const char *measured)
{
	need(program);
	hw_recorded_start(&recorded, &process, "run", HW_ARGUMENTS(program));
	cr_assert(hw_recorded_wait_for(&recorded, measured, 1), "nothing was measured");
	kill(process.pid, SIGTERM);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_assert_eq(process.status, 128 + SIGTERM);
}

static double percent(void)
{
	json_t *report = hw_recorded_report(&recorded, false);
	double value = json_number_value(json_object_get(json_object_get(report, "coverage"),
		"blocked_elsewhere_percent"));

	json_decref(report);
	return value;
}

static void expect_info(const char *part)
{
	char *text = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "info", recorded.file));

	cr_expect(strstr(text, part), "not '%s' in: %s", part, text);
	free(text);
}

#define BLOCKED_A_WHILE(key) \
	"SELECT count(*) FROM meta WHERE key = '" key "' AND value >= 300000000"

Test(coverage, measures_waits_for_a_semaphore_of_cxx20)
{
	record_until(COVER("semaphore"), BLOCKED_A_WHILE("blocked_elsewhere_ns"));
	cr_expect_float_eq(percent(), 100, 1e-9);
	hw_process_expect_errors(&process, "note: 100.0 % of the time that threads were blocked in "
					   "futexes was in locks that are not seen: in "
					   "cover_semaphore (100 %)");
	hw_process_expect_errors(&process, "cover_semaphore' has C++ code with futexes of its own");
	expect_info("elsewhere  100.0 %");
}

Test(coverage, measures_waits_for_a_critical_section_of_openmp)
{
	record_until(COVER("openmp"), BLOCKED_A_WHILE("blocked_elsewhere_ns"));
	cr_expect_float_eq(percent(), 100, 1e-9);
	hw_process_expect_errors(&process, "' has the locks and critical sections of OpenMP");
}

/* Its main thread parks, which is a futex too. */
Test(coverage, measures_waits_for_a_mutex_of_rust)
{
	record_until(COVER("rust"), BLOCKED_A_WHILE("blocked_elsewhere_ns"));
	cr_expect_float_eq(percent(), 100, 1e-9);
	hw_process_expect_errors(&process, "cover_rust' has code in Rust, whose std::sync locks");
}

static void expect_go(const char *program)
{
	need(program);
	hw_recorded_run(&recorded, &process, "run", HW_ARGUMENTS(program));
	cr_expect_eq(process.status, 0);
	hw_process_expect_errors(&process, "go' has code in Go, whose locks");
}

Test(coverage, names_a_program_in_go)
{
	expect_go(COVER("go"));
}

/* Go is a big package: this one only looks as if it was made by it. */
Test(coverage, names_what_looks_like_go)
{
	expect_go(COVER("like_go"));
}

/* There the locks of threading are no semaphores any more. */
Test(coverage, names_a_python_whose_locks_are_not_seen)
{
	need(COVER("python_3_13_1"));
	hw_recorded_run(&recorded, &process, "run", HW_ARGUMENTS(COVER("python_3_13_1")));
	hw_process_expect_errors(&process,
		"cover_python_3_13_1' is CPython 3.13.1 or later, whose locks are not seen");
}

Test(coverage, has_no_note_about_a_python_whose_locks_are_seen)
{
	need(COVER("python_3_13_0"));
	hw_recorded_run(&recorded, &process, "run", HW_ARGUMENTS(COVER("python_3_13_0")));
	cr_expect_null(strstr(hw_process_errors(&process), "CPython"));
}

Test(coverage, has_no_note_about_a_program_that_is_seen_whole)
{
	json_t *report;

	hw_recorded_run(&recorded, &process, "record",
		HW_ARGUMENTS(HW_BUILD_DIR "/tests/fixtures/two_orders"));
	report = hw_recorded_report(&recorded, false);
	cr_expect_eq(json_array_size(json_object_get(json_object_get(report, "coverage"),
			     "notes")), 0);
	json_decref(report);
}

Test(coverage, counts_waits_that_are_seen_as_seen)
{
	static const char philosophers[] = HW_BUILD_DIR "/demos/philosophers";

	need(philosophers);
	hw_recorded_start(&recorded, &process, "run", HW_ARGUMENTS(philosophers, "--certain"));
	cr_assert(hw_recorded_wait_for(&recorded, BLOCKED_A_WHILE("blocked_ns"), 1));
	kill(process.pid, SIGTERM);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	cr_expect_lt(percent(), 1);
	cr_expect_geq(percent(), 0);
	expect_info("elsewhere  0.0 %");
}

Test(coverage, measures_nothing_when_some_kinds_are_left_out)
{
	json_t *report;

	hw_recorded_run(&recorded, &process, "record",
		HW_ARGUMENTS("-e", "mutex", HW_BUILD_DIR "/tests/fixtures/two_orders"));
	report = hw_recorded_report(&recorded, false);
	cr_expect(json_is_null(json_object_get(json_object_get(report, "coverage"),
		"blocked_elsewhere_percent")));
	json_decref(report);
}

static void expect_refusal(const char *program, const char *why)
{
	hw_recorded_run(&recorded, &process, "run", HW_ARGUMENTS(program));
	cr_expect_eq(process.status, 125);
	hw_process_expect_errors(&process, why);
	hw_process_expect_errors(&process, "hint: ");
	cr_expect_eq(hw_scratch_count(&recorded.scratch, ".db"), 0);
}

Test(coverage, refuses_a_program_for_musl)
{
	need(COVER("musl"));
	expect_refusal(COVER("musl"), "it is linked with musl libc");
}

Test(coverage, refuses_a_static_program_in_go)
{
	expect_refusal(COVER("like_go_static"), "it is statically linked, by Go");
}

Test(coverage, refuses_a_script_of_a_static_interpreter)
{
	char script[300];
	FILE *file;

	snprintf(script, sizeof(script), "%s/script", recorded.scratch.path);
	file = fopen(script, "we");
	fputs("#!" STATIC_PROGRAM "\n", file);
	fclose(file);
	chmod(script, 0755);
	expect_refusal(script, "its interpreter '" STATIC_PROGRAM "' is statically linked");
}

/* What is executed is a program that cannot be recorded, and waits for a signal. */
static void expect_unrecorded(const char *how)
{
	char needle[600];

	hw_recorded_start(&recorded, &process, "run",
		HW_ARGUMENTS(COVER("exec"), how, COVER("static")));
	cr_assert(hw_recorded_wait_for(&recorded,
		"SELECT count(*) FROM meta WHERE key = 'unrecorded.1'", 1));
	kill(process.pid, SIGTERM);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
	snprintf(needle, sizeof(needle), "'%s' was executed and not recorded: it is statically "
		"linked; nothing can be preloaded into it", COVER("static"));
	hw_process_expect_errors(&process, needle);
}

Test(coverage, names_a_program_that_replaces_a_recorded_one)
{
	expect_unrecorded("exec");
}

Test(coverage, names_a_program_that_is_spawned)
{
	hw_process_adopt_orphans();
	expect_unrecorded("spawn");
	hw_process_no_orphans(0);
}

#define PLUGIN COVER("plugin.so")

/* Until the collector has found what to look for, and has stored it. */
static void open_plugin(const char *how, const char *found)
{
	hw_recorded_start(&recorded, &process, "run", HW_ARGUMENTS(COVER("open"), how, PLUGIN));
	cr_assert(hw_recorded_wait_for(&recorded, found, 1), "'%s' was not found", how);
	kill(process.pid, SIGTERM);
	cr_assert(hw_process_wait(&process, HW_PROCESS_PATIENCE_S));
}

#define BYPASSED "SELECT count(*) FROM meta WHERE key = 'bypass.1' AND value = '" PLUGIN "'"

Test(coverage, names_a_library_opened_with_rtld_deepbind)
{
	open_plugin("deep", BYPASSED);
	hw_process_expect_errors(&process, "cover_plugin.so' calls libc past holdwait");
}

Test(coverage, names_a_second_libc_and_who_uses_it)
{
	open_plugin("apart", BYPASSED);
	hw_process_expect_errors(&process, "cover_plugin.so' calls libc past holdwait");
	hw_process_expect_errors(&process, "' was loaded twice, by dlmopen");
}

Test(coverage, says_nothing_of_a_plugin_that_is_seen)
{
	open_plugin("plainly", "SELECT count(*) FROM object WHERE kind = 'mutex'");
	cr_expect_eq(hw_recorded_number(&recorded,
			     "SELECT count(*) FROM meta WHERE key GLOB 'bypass*'"
			     " OR key = 'second_libc'"), 0);
}
