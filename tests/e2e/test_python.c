/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Programs in Python: their functions in call stacks, their names for locks, and what becomes of
 * the interpreter's own. HOLDWAIT_TEST_PYTHON is another interpreter than the system's.
 */

#define DEMO(name)    HW_SOURCE_DIR "/demos/" name
#define EMBEDS        HW_BUILD_DIR "/tests/fixtures/interpose/fixture_embeds"
#define FIXTURE(name) HW_SOURCE_DIR "/tests/fixtures/python/" name

struct run {
	struct hw_recorded recorded;
	struct hw_process process;
	json_t *report; /* with what is ruled out */
};

static const char *python(void)
{
	const char *other = getenv("HOLDWAIT_TEST_PYTHON");

	return other ? other : "/usr/bin/python3";
}

static void run(struct run *run, const char *option, const char *script, const char *argument)
{
	if (access(python(), X_OK))
		cr_skip_test("no %s", python());
	hw_recorded_init(&run->recorded);
	hw_recorded_run(&run->recorded, &run->process, "run",
		HW_ARGUMENTS("--on-deadlock=exit", option, "--", python(), script, argument));
	run->report = hw_recorded_report(&run->recorded, true);
}

static void finish(struct run *run)
{
	json_decref(run->report);
	hw_process_finish(&run->process);
	hw_recorded_finish(&run->recorded);
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static void is_named(const json_t *finding, const char *name)
{
	const json_t *object;
	size_t index;

	json_array_foreach(json_object_get(finding, "objects"), index, object)
		cr_expect(!strncmp(text_of(object, "name"), name, strlen(name)), "it is '%s'",
			text_of(object, "name"));
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && !strcmp(text + length - end_length, end);
}

/* The innermost function of a file that a stack is in. */
static const char *function_in(const json_t *stack, const char *file)
{
	const json_t *frame;
	size_t index;

	json_array_foreach(stack, index, frame) {
		const char *path = text_of(frame, "file");

		if (path && !strcmp(path, file)) {
			cr_expect_gt(json_integer_value(json_object_get(frame, "line")), 0);
			return text_of(frame, "function");
		}
	}
	return "nothing";
}

/* Where all threads wait; before 3.11, functions are without their class. */
static void waits_in(const json_t *finding, const char *function, const char *file)
{
	const json_t *thread;
	size_t index;

	json_array_foreach(json_object_get(finding, "threads"), index, thread) {
		const char *actual = function_in(
			json_object_get(json_object_get(thread, "waits"), "stack"), file);

		cr_expect(ends_with(function, actual), "it waits in %s", actual);
	}
}

static const json_t *only_ruled_out(const struct run *run)
{
	const json_t *all = json_object_get(run->report, "ruled_out");

	cr_assert_eq(json_array_size(json_object_get(run->report, "findings")), 0);
	cr_assert_eq(json_array_size(all), 1);
	return json_array_get(all, 0);
}

Test(python, philosophers_hang)
{
	struct run naive;
	const json_t *finding;

	run(&naive, "--depth=64", DEMO("philosophers.py"), "--certain");
	cr_assert_eq(naive.process.status, 124);
	finding = hw_recorded_finding(naive.report, "HW002");
	cr_expect_eq(json_array_size(json_object_get(finding, "threads")), 5);
	is_named(finding, strstr(python(), "3.9") || strstr(python(), "3.10") ? "self.lock" :
										 "Fork.lock");
	waits_in(finding, "Philosopher.naive", "philosophers.py");
	finish(&naive);
}

Test(python, polite_philosophers)
{
	struct run polite;

	run(&polite, "--depth=64", DEMO("philosophers.py"), "--strategy=polite");
	cr_assert_eq(polite.process.status, 0);
	cr_assert_str_eq(hw_process_output(&polite.process), "5 meals were eaten\n");
	cr_expect_str_eq(text_of(only_ruled_out(&polite), "reason"), "try");
	finish(&polite);
}

Test(python, ordered_philosophers)
{
	struct run ordered;

	run(&ordered, "--depth=64", DEMO("philosophers.py"), "--strategy=ordered");
	cr_assert_eq(ordered.process.status, 0);
	cr_expect_eq(hw_recorded_count(ordered.report, NULL), 0);
	finish(&ordered);
}

Test(python, two_locks_in_both_orders)
{
	struct run two;
	const json_t *finding;

	run(&two, "--depth=64", FIXTURE("two_locks.py"), NULL);
	cr_assert_eq(two.process.status, 0);
	cr_assert_str_eq(hw_process_output(&two.process), "done\n");
	finding = hw_recorded_finding(two.report, "HW001");
	cr_expect_str_eq(text_of(finding, "verdict"), "predicted");
	/* Both are made in one line, which tells no variable. */
	is_named(finding, "lock created at <module> (two_locks.py:8)");
	finish(&two);
}

/* Where much else runs they may really wait for each other, once in a while. */
Test(python, two_processes)
{
	struct run two;
	const json_t *finding;

	run(&two, "--depth=64", DEMO("locks_mp.py"), NULL);
	for (int again = 0; two.process.status == 124 && again < 20; again++) {
		finish(&two);
		run(&two, "--depth=64", DEMO("locks_mp.py"), NULL);
	}
	cr_assert_eq(two.process.status, 0);
	finding = hw_recorded_finding(two.report, "HW001");
	cr_expect_str_eq(text_of(finding, "verdict"), "predicted");
	waits_in(finding, "transfer", "locks_mp.py");
	finish(&two);
}

Test(python, two_processes_hang)
{
	struct run two;

	run(&two, "--depth=64", DEMO("locks_mp.py"), "--certain");
	cr_assert_eq(two.process.status, 124);
	waits_in(hw_recorded_finding(two.report, "HW002"), "transfer", "locks_mp.py");
	finish(&two);
}

Test(python, an_event_orders_two_processes)
{
	struct run two;

	run(&two, "--depth=64", FIXTURE("event_mp.py"), NULL);
	cr_assert_eq(two.process.status, 0);
	cr_expect_str_eq(text_of(only_ruled_out(&two), "reason"), "ordered");
	finish(&two);
}

Test(python, a_line_that_only_tries)
{
	struct run tries;

	run(&tries, "--depth=64", FIXTURE("tries.py"), NULL);
	cr_expect_str_eq(text_of(only_ruled_out(&tries), "reason"), "try");
	is_named(only_ruled_out(&tries), "");
	finish(&tries);
}

Test(python, a_line_that_tried_in_vain)
{
	struct run tries;

	run(&tries, "--depth=64", FIXTURE("tries.py"), "silently");
	cr_expect_str_eq(text_of(only_ruled_out(&tries), "reason"), "try");
	finish(&tries);
}

/* Generators, coroutines, finalizers, code made at run time, with the GIL and without it. */
Test(python, functions_everywhere)
{
	static const char frames[] =
		"SELECT count(*) FROM frame f JOIN module m ON m.id = f.module WHERE"
		" m.language = 'python' AND f.file LIKE '%everywhere.py' AND f.function LIKE ";
	static const char *const functions[] = { "'without_gil'", "'with_gil'", "'deep'",
		"'generator'", "'coroutine'", "'größe'", "'größe_二'", "'%__del__'", "'%value'",
		"'%__lt__'", "'compare'", "'<lambda>'" };
	struct run all;
	char sql[512];

	run(&all, "--depth=64", FIXTURE("everywhere.py"), NULL);
	cr_assert_eq(all.process.status, 0);
	cr_assert_str_eq(hw_process_output(&all.process),
		"[0, 1, 2] 1 2 1 [0, 1, 2, 3, 4, 5]\n0\n");
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		snprintf(sql, sizeof(sql), "%s%s", frames, functions[i]);
		cr_expect_gt(hw_recorded_number(&all.recorded, sql), 0, "no %s", functions[i]);
	}
	cr_expect_eq(hw_recorded_number(&all.recorded,
			     "SELECT count(*) FROM frame WHERE function IN ('', '?')"),
		0);
	finish(&all);
}

/* The functions in which mutexes were locked the last 2,500 times, as the program prints them. */
static const char places[] =
	"WITH RECURSIVE taken AS (SELECT e.id, e.stack FROM event e JOIN object o ON o.id = object"
	" WHERE op = 'lock' AND kind = 'mutex' ORDER BY e.id DESC LIMIT 2500),"
	" walk AS (SELECT id, 0 AS step, stack FROM taken UNION ALL"
	" SELECT walk.id, step + 1, parent FROM walk JOIN stack s ON s.id = stack"
	" WHERE parent IS NOT NULL),"
	" place AS (SELECT walk.id, step, function || ':' || line AS name FROM walk"
	" JOIN stack s ON s.id = stack JOIN frame f ON f.id = frame JOIN module m ON m.id = module"
	" WHERE language = 'python' ORDER BY walk.id, step)"
	"SELECT group_concat(name, ' ') FROM place GROUP BY id";

/* What changes far out, or at the same addresses, is not taken for what was there before. */
Test(python, functions_that_come_by_turns)
{
	struct run many;
	char *recorded;

	run(&many, "--depth=64", FIXTURE("places.py"), NULL);
	cr_assert_eq(many.process.status, 0);
	recorded = hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "sql",
		many.recorded.file, places));
	cr_expect(!strcmp(recorded, hw_process_output(&many.process)), "they are\n%s", recorded);
	free(recorded);
	finish(&many);
}

/* A signal may come while the interpreter changes its list of functions. */
Test(python, no_functions_in_a_signal_handler)
{
	static const char in_handler[] =
		"WITH RECURSIVE up(event, frame, parent) AS (SELECT e.id, frame, parent"
		" FROM event e JOIN stack s ON s.id = stack JOIN object o ON o.id = object"
		" WHERE op = 'lock' AND kind = 'mutex' UNION ALL"
		" SELECT event, s.frame, s.parent FROM up JOIN stack s ON s.id = up.parent)"
		"SELECT group_concat(number || ' ' || is_python, ', ') FROM"
		" (SELECT max(signal) AS number, count(language) > 0 AS is_python"
		" FROM up JOIN frame f ON f.id = frame LEFT JOIN module m ON m.id = module"
		" GROUP BY event HAVING max(signal) NOTNULL)";
	struct run handled;
	char *numbers;

	run(&handled, "--depth=64", FIXTURE("handled.py"), NULL);
	cr_assert_eq(handled.process.status, 0);
	numbers = hw_recorded_text(&handled.recorded, in_handler);
	cr_expect_str_eq(numbers, "10 0, 10 0, 10 0");
	free(numbers);
	finish(&handled);
}

Test(python, threads_that_outlive_the_interpreter)
{
	struct run daemons;

	run(&daemons, "--depth=64", FIXTURE("daemons.py"), NULL);
	cr_assert_eq(daemons.process.status, 0);
	cr_assert_str_eq(hw_process_output(&daemons.process), "done\n");
	finish(&daemons);
}

/* The GIL is a mutex and a condition, the busiest of all. */
static const char gil[] =
	"SELECT count(*) FROM object o WHERE kind IN ('mutex', 'cond') AND EXISTS"
	" (SELECT 1 FROM event WHERE object = o.id AND op IN ('lock', 'wake'))";

Test(python, the_gil_is_left_out)
{
	struct run two;

	run(&two, "--depth=64", FIXTURE("two_locks.py"), NULL);
	cr_expect_eq(hw_recorded_number(&two.recorded, gil), 0);
	cr_expect_eq(hw_recorded_number(&two.recorded, "SELECT count(*) FROM meta WHERE"
						      " key = 'blocked_elsewhere.1'"),
		0, "waits for it are told to be for something that is not seen");
	finish(&two);
}

/* A program that loads libpython when it runs, in a scope of its own, and closes it. */
Test(python, loaded_late)
{
	struct hw_recorded recorded;
	struct hw_process process;
	json_t *report;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "run",
		HW_ARGUMENTS("--depth=64", EMBEDS, FIXTURE("two_locks.py")));
	if (process.status == 77)
		cr_skip_test("no libpython");
	cr_assert_eq(process.status, 0);
	cr_expect_str_eq(hw_process_output(&process), "done\n");
	report = hw_recorded_report(&recorded, true);
	is_named(hw_recorded_finding(report, "HW001"),
		"lock created at <module> (two_locks.py:8)");
	/* The program's own mutex is the only one. */
	cr_expect_eq(hw_recorded_number(&recorded, gil), 1);
	cr_expect_eq(hw_recorded_number(&recorded,
			     "SELECT count(*) FROM event JOIN object ON object.id = object"
			     " JOIN module ON module.id = module"
			     " WHERE op = 'lock' AND path LIKE '%/fixture_embeds'"),
		5);
	json_decref(report);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
}

Test(python, off)
{
	struct run two;

	run(&two, "--python=off", FIXTURE("two_locks.py"), NULL);
	cr_assert_eq(two.process.status, 0);
	cr_expect_gt(hw_recorded_number(&two.recorded, gil), 0);
	cr_expect_eq(hw_recorded_number(&two.recorded,
			     "SELECT count(*) FROM module WHERE language IS NOT NULL"),
		0);
	finish(&two);
}
