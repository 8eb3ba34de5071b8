/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/golden.h"
#include "tests/unit/reported.h"

static char folder[] = "/tmp/holdwait-test.XXXXXX";
static char source[64];
static struct reported r;

/* Work in a folder that has the source the stacks are of. */
static void setup(void)
{
	FILE *file;

	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
	cr_assert_not_null(realpath(".", source));
	strcat(source, "/dinner.c");
	file = fopen(source, "w");
	fputs("int mutex_lock(struct mutex *m) { return wait_for(m); }\n"
	      "void take_left(int self)\n"
	      "{\n"
	      "\tmutex_lock(&forks[self]);\n"
	      "}\n"
	      "void take_right(int self)\n"
	      "{\n"
	      "\tmutex_lock(&forks[(self + 1) % COUNT]); /* für den, der rechts sitzt */\n"
	      "}\n"
	      "void dine(int self)\n"
	      "{\n"
	      "\ttake_left(self);\n"
	      "\ttake_right(self);\n"
	      "}\n",
		file);
	fclose(file);
	reported_init(&r);
	r.s.source = source;
}

static void teardown(void)
{
	reported_finish(&r);
	unlink(source);
	cr_assert_eq(chdir("/"), 0);
	rmdir(folder);
}

static void expect(const char *golden)
{
	char *text = reported_write(&r, "text");

	golden_compare(golden, text);
	free(text);
}

TestSuite(report_text, .init = setup, .fini = teardown);

Test(report_text, deadlock)
{
	reported_philosophers(&r, 5);
	expect("deadlock.txt");
}

Test(report_text, deadlock_in_colours)
{
	r.report.term.colors = true;
	reported_philosophers(&r, 2);
	expect("deadlock-colours.txt");
}

Test(report_text, deadlock_on_a_narrow_terminal)
{
	r.report.term.columns = 50;
	reported_philosophers(&r, 2);
	expect("deadlock-narrow.txt");
}

Test(report_text, possible_deadlock_without_source)
{
	r.s.source = "/home/me/bank/bank.c";
	reported_inversion(&r);
	expect("possible.txt");
}

Test(report_text, possible_deadlock_verbose)
{
	r.s.source = "/home/me/bank/bank.c";
	r.report.verbose = true;
	reported_inversion(&r);
	scenario_sql(&r.s, "UPDATE object SET name = NULL, type = 'recursive' WHERE id = 1");
	scenario_sql(&r.s, "UPDATE object SET initialised = 1, create_stack = 1");
	expect("possible-verbose.txt");
}

Test(report_text, line_for_each_finding)
{
	r.report.quiet = true;
	reported_inversion(&r);
	expect("quiet.txt");
}

Test(report_text, nothing_found_but_something_ruled_out)
{
	int64_t t = scenario_thread(&r.s, "t"), a = scenario_object(&r.s, "mutex", "a");
	int64_t b = scenario_object(&r.s, "mutex", "b");

	scenario_nest(&r.s, t, "take_left", a, b, NULL_OBJECT);
	scenario_nest(&r.s, t, "take_right", b, a, NULL_OBJECT);
	scenario_sql(&r.s, "UPDATE meta SET value = 3 WHERE key = 'lost'");
	expect("clean.txt");
}

Test(report_text, what_is_ruled_out_and_why)
{
	int64_t t = scenario_thread(&r.s, "t"), u = scenario_thread(&r.s, "u");
	int64_t a = scenario_object(&r.s, "mutex", "a"), b = scenario_object(&r.s, "mutex", "b");
	int64_t c = scenario_object(&r.s, "mutex", "c"), d = scenario_object(&r.s, "mutex", "d");
	int64_t room = scenario_object(&r.s, "mutex", "room");

	r.s.source = "/home/me/bank/bank.c";
	scenario_nest(&r.s, t, "f", room, a, b, NULL_OBJECT);
	scenario_nest(&r.s, u, "g", room, b, a, NULL_OBJECT);
	scenario_nest(&r.s, t, "h", c, d, NULL_OBJECT);
	scenario_nest(&r.s, t, "i", d, c, NULL_OBJECT);
	r.report.all = true;
	expect("ruled-out.txt");
}

/* In two steps, one of them declared by another thread; and what contradicts itself. */
Test(report_text, locked_against_the_declared_order)
{
	int64_t main = scenario_thread(&r.s, NULL), t = scenario_thread(&r.s, "auditor");
	int64_t bank = scenario_object(&r.s, "mutex", "bank");
	int64_t branch = scenario_object(&r.s, "rwlock", "branch");
	int64_t account = scenario_object(&r.s, "mutex", "account");
	int64_t log = scenario_object(&r.s, "mutex", "log");

	r.s.source = "/home/me/bank/bank.c";
	scenario_declare(&r.s, main, bank, branch, "open_bank:5 < main:60");
	scenario_declare(&r.s, t, branch, account, "open_account:7 < audit:30");
	scenario_declare(&r.s, main, log, log, "open_log:9 < main:61");
	scenario_nest(&r.s, t, "audit", account, bank, NULL_OBJECT);
	expect("declared.txt");
}

/* Without names there are still modules and offsets. */
Test(report_text, self_deadlock_without_any_names)
{
	int64_t t = scenario_thread(&r.s, NULL), a = scenario_object(&r.s, "mutex", "a");

	scenario_hold(&r.s, t, a, NULL, "f < g < main");
	scenario_wait(&r.s, t, a, NULL, "h < g < main");
	scenario_sql(&r.s, "UPDATE frame SET function = NULL, file = NULL, line = NULL");
	scenario_sql(&r.s, "UPDATE object SET name = NULL, class = NULL");
	expect("self-nameless.txt");
}

Test(report_text, join_across_two_processes)
{
	int64_t t = scenario_thread(&r.s, "starter"), a = scenario_object(&r.s, "mutex", "a"), u,
		end;

	r.s.source = "/home/me/bank/bank.c";
	end = scenario_object(&r.s, "thread", "end");
	scenario_sql(&r.s, "UPDATE object SET name = NULL WHERE id = %lld", end);
	u = scenario_thread(&r.s, "worker");
	scenario_process(&r.s, "/usr/bin/teller");
	scenario_thread(&r.s, NULL);
	scenario_sql(&r.s, "UPDATE thread SET object = %lld WHERE id = %lld", end, u);
	scenario_hold(&r.s, t, a, NULL, "stop_all:7 < main:30");
	scenario_wait(&r.s, t, end, NULL, "stop_all:8 < main:30");
	scenario_wait(&r.s, u, a, NULL, "work:50 < start_thread");
	scenario_wait(&r.s, 3, a, NULL, "serve:70 < main:80");
	expect("join.txt");
}

static void happen(int64_t thread, const char *op, int64_t object, const char *place)
{
	static int64_t time_ns = 1000;

	scenario_sql(&r.s,
		"INSERT INTO event(time_ns, thread, op, object, stack) "
		"VALUES (%lld, %lld, %Q, %lld, nullif(%lld, 0))",
		time_ns++, thread, op, object, place ? scenario_stack(&r.s, place) : 0);
}

/* It went well this time. */
Test(report_text, join_inside_of_a_lock)
{
	int64_t t = scenario_thread(&r.s, "starter"), u = scenario_thread(&r.s, "worker");
	int64_t a = scenario_object(&r.s, "mutex", "a"), end;

	r.with_events = true;
	r.s.source = "/home/me/bank/bank.c";
	end = scenario_object(&r.s, "thread", "end");
	scenario_sql(&r.s, "UPDATE object SET name = NULL WHERE id = %lld", end);
	scenario_sql(&r.s, "UPDATE thread SET object = %lld WHERE id = %lld", end, u);
	scenario_depend(&r.s, t, end, NULL, NULL, "stop_all:8 < main:30",
		(struct scenario_hold[]){ { a, NULL, "stop_all:7 < main:30" }, { 0 } });
	happen(u, "start", end, NULL);
	happen(u, "lock", a, "work:50 < start_thread");
	happen(u, "unlock", a, NULL);
	happen(u, "end", end, NULL);
	happen(t, "lock", a, "stop_all:7 < main:30");
	happen(t, "join", end, "stop_all:8 < main:30");
	expect("join-inside.txt");
}

Test(report_text, condition_inside_of_a_lock)
{
	int64_t t = scenario_thread(&r.s, "reader"), u = scenario_thread(&r.s, "writer");
	int64_t a = scenario_object(&r.s, "mutex", "a");
	int64_t c = scenario_object(&r.s, "cond", "filled");

	r.with_events = true;
	r.s.source = "/home/me/bank/bank.c";
	scenario_depend(&r.s, t, c, NULL, NULL, "take:8 < main:30",
		(struct scenario_hold[]){ { a, NULL, "take:7 < main:30" }, { 0 } });
	happen(u, "lock", a, "put:50 < start_thread");
	happen(u, "signal", c, "put:52 < start_thread");
	happen(u, "unlock", a, NULL);
	happen(t, "lock", a, "take:7 < main:30");
	happen(t, "sleep", c, "take:8 < main:30");
	expect("condition-inside.txt");
}

/* One that is over, and one that is not. */
Test(report_text, stalls)
{
	int64_t t = scenario_thread(&r.s, "reader"), u = scenario_thread(&r.s, "writer");
	int64_t a = scenario_object(&r.s, "mutex", "a"), b = scenario_object(&r.s, "mutex", "b");

	r.with_events = true;
	r.stall_ns = 500000000;
	scenario_sql(&r.s, "INSERT OR REPLACE INTO meta VALUES ('ended_ns', 2000002000)");
	scenario_sql(&r.s,
		"INSERT INTO contention VALUES(%lld, %lld, 9, 2, 900000000, 700000000, 0, 0, "
		"%lld, %lld, %lld)",
		a, scenario_stack(&r.s, "read_all:20 < main:30"), t, u,
		scenario_stack(&r.s, "write_all:40 < main:30"));
	scenario_hold(&r.s, u, b, NULL, "write_all:41 < main:30");
	scenario_wait(&r.s, t, b, NULL, "read_all:21 < main:30");
	expect("stalls.txt");
}
