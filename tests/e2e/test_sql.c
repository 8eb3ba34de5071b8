/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* holdwait sql: what it prints in which format, and what it says when a query is wrong. */

static const char two_orders[] = HW_BUILD_DIR "/tests/fixtures/two_orders";

static struct hw_scratch scratch;

static void set_up(void)
{
	hw_scratch_init(&scratch);
	cr_assert_eq(chdir(scratch.path), 0);
	free(hw_process_text(0, HW_ARGUMENTS(HW_HOLDWAIT, "record", "-q", two_orders, "both")));
}

static void tear_down(void)
{
	cr_assert_eq(chdir("/"), 0);
	hw_scratch_finish(&scratch);
}

TestSuite(sql, .init = set_up, .fini = tear_down);

static void expect(const char *expected, const char *const arguments[])
{
	char *text = hw_process_text(0, arguments);

	cr_expect_str_eq(text, expected, "%s", text);
	free(text);
}

/* A value of every type, and what would break a line. */
#define ODD "SELECT 1 AS a, 2.5 AS \"b,c\", NULL AS d, 'x' || char(9) || 'y\\' || char(10) AS e, " \
	    "x'00ff' AS f UNION ALL SELECT 2, -1, 'no', '\"', ''"

Test(sql, formats)
{
	expect("1\t2.5\t\tx\\ty\\\\\\n\tx'00ff'\n2\t-1\tno\t\"\t\n",
		HW_ARGUMENTS(HW_HOLDWAIT, "sql", "holdwait.db", ODD));
	expect("a,\"b,c\",d,e,f\r\n1,2.5,,\"x\ty\\\n\",x'00ff'\r\n2,-1,no,\"\"\"\",\r\n",
		HW_ARGUMENTS(HW_HOLDWAIT, "sql", "-f", "csv", "holdwait.db", ODD));
	expect("{\"a\": 1, \"b,c\": 2.500000, \"d\": null, \"e\": \"x\\ty\\\\\\n\", "
	       "\"f\": \"x'00ff'\"}\n"
	       "{\"a\": 2, \"b,c\": -1, \"d\": \"no\", \"e\": \"\\\"\", \"f\": \"\"}\n",
		HW_ARGUMENTS(HW_HOLDWAIT, "sql", "-f", "json", "holdwait.db", ODD));
}

/* script(1) is a terminal for it; what a terminal makes of line ends is taken out again. */
Test(sql, columns_on_a_terminal)
{
	char *text;

	text = hw_process_text(0, HW_ARGUMENTS("sh", "-c",
		"TERM=dumb script -qec '" HW_HOLDWAIT " sql holdwait.db \"SELECT 1 AS number,"
		" 22 AS n, char(27) || char(9) AS text, NULL AS blank UNION ALL"
		" SELECT -30, 1000, 5, 6\"' /dev/null < /dev/null | tr -d '\\r'"));
	cr_expect_str_eq(text,
		"number     n  text  blank\n"
		"     1    22  \xef\xbf\xbd\xef\xbf\xbd\n"
		"   -30  1000  5         6\n", "%s", text);
	free(text);
}

Test(sql, query_from_an_option_or_standard_input)
{
	expect("3\n", HW_ARGUMENTS(HW_HOLDWAIT, "sql", "-i", "holdwait.db", "SELECT 3"));
	expect("4\n5\n", HW_ARGUMENTS("sh", "-c",
		"printf 'SELECT 4;\\n-- a comment\\nSELECT 5' | " HW_HOLDWAIT " sql"));
	expect("", HW_ARGUMENTS(HW_HOLDWAIT, "sql", "-o", "out.csv", "-f", "csv", "holdwait.db",
		"SELECT 6 AS six"));
	expect("six\r\n6\r\n", HW_ARGUMENTS("cat", "out.csv"));
}

Test(sql, knows_all_tables)
{
	expect("2\n", HW_ARGUMENTS(HW_HOLDWAIT, "sql", "holdwait.db",
		"SELECT count(*) FROM object WHERE kind = 'mutex' AND name IN"
		" ('accounts', 'journal')"));
	expect("1\n", HW_ARGUMENTS(HW_HOLDWAIT, "sql", "holdwait.db",
		"SELECT count(*) = (SELECT value FROM meta WHERE key = 'events') FROM event"));
}

static void expect_failure(const char *message, const char *hint, const char *const arguments[])
{
	struct hw_process process;

	hw_process_run(&process, arguments);
	cr_expect_eq(process.status, 2, "status %d", process.status);
	hw_process_expect_errors(&process, message);
	if (hint)
		hw_process_expect_errors(&process, hint);
	hw_process_expect_output(&process, "");
	hw_process_finish(&process);
}

Test(sql, says_what_is_wrong)
{
	expect_failure("holdwait: cannot run the query: near \"SELEC\": syntax error\n", NULL,
		HW_ARGUMENTS(HW_HOLDWAIT, "sql", "holdwait.db", "SELEC 1"));
	expect_failure("no such table: events", "hint: 'man 5 holdwait' lists the tables",
		HW_ARGUMENTS(HW_HOLDWAIT, "sql", "holdwait.db", "SELECT * FROM events"));
	expect_failure("no such column: lock", "hint: 'man 5 holdwait' lists the tables",
		HW_ARGUMENTS(HW_HOLDWAIT, "sql", "holdwait.db", "SELECT lock FROM event"));
	expect_failure("cannot open 'none.db'", "hint: ",
		HW_ARGUMENTS(HW_HOLDWAIT, "sql", "none.db", "SELECT 1"));
	expect_failure("format text, csv or json, not 'html'", NULL,
		HW_ARGUMENTS(HW_HOLDWAIT, "sql", "-f", "html", "holdwait.db", "SELECT 1"));
	expect_failure("put it in quotes", NULL,
		HW_ARGUMENTS(HW_HOLDWAIT, "sql", "holdwait.db", "SELECT", "1"));
}

Test(sql, changes_nothing)
{
	expect_failure("readonly database", "hint: recordings are only read",
		HW_ARGUMENTS(HW_HOLDWAIT, "sql", "holdwait.db", "DELETE FROM meta"));
	expect("1\n", HW_ARGUMENTS(HW_HOLDWAIT, "sql", "holdwait.db",
		"SELECT count(*) > 5 FROM meta"));
	/* Of one that was not completed there is a copy in memory, which is none of the user's. */
	free(hw_process_text(0, HW_ARGUMENTS("sqlite3", "holdwait.db",
		"DELETE FROM meta WHERE key = 'named'")));
	expect_failure("readonly database", "hint: recordings are only read",
		HW_ARGUMENTS(HW_HOLDWAIT, "sql", "holdwait.db", "DELETE FROM meta"));
}
