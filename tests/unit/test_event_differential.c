/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/packed.h"
#include "trace/event_table.h"

/*
 * The same queries to the same events, packed and as rows: queries put together by chance, the same
 * each time, of all that SQL can compare a column with. As many as HOLDWAIT_TEST_QUERIES says.
 */

enum { COUNT = 33000, THREADS = 6, OBJECTS = 900, QUERIES = 200, TEXT_BYTES = 1024 };

static sqlite3 *rows, *packed;
static uint64_t chance_state = UINT64_C(0x2545f4914f6cdd1d);

static void set_up(void)
{
	static const char tables[] =
		"CREATE TABLE some(n INTEGER); INSERT INTO some VALUES (1), (3), (5), (17), (899),"
		"(16384), (NULL), (-1); CREATE TABLE mixed(n); INSERT INTO mixed VALUES (2), (2.0),"
		"('2'), ('x'), (NULL), (x'02'), (1e300), (-9223372036854775808), (17.5)";

	rows = packed_recording(HW_EVENT_FORM_ROWS, COUNT, THREADS, OBJECTS);
	packed = packed_recording(HW_EVENT_FORM_PACKED, COUNT, THREADS, OBJECTS);
	cr_assert_eq(sqlite3_exec(rows, tables, NULL, NULL, NULL), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(packed, tables, NULL, NULL, NULL), SQLITE_OK);
}

static void tear_down(void)
{
	sqlite3_close(rows);
	sqlite3_close(packed);
}

TestSuite(event_differential, .init = set_up, .fini = tear_down);

/* Of 0 to `below` - 1. */
static unsigned chance(unsigned below)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return (unsigned)(chance_state >> 33) % below;
}

#define ANY_OF(list) ((list)[chance(sizeof(list) / sizeof((list)[0]))])

static const char *const columns[] = { "id", "rowid", "time_ns", "thread", "object", "stack",
	"op", "mode", "how", "result" };

/* Most are compared with what occurs, some with what cannot be there or is of another type. */
static void add_value(char *text, const char *column)
{
	static const char *const odd[] = { "NULL", "''", "'abc'", "'3'", "'3.0'", "x''", "x'33'",
		"-1", "0", "0.0", "-0.5", "2.5", "3.0", "1e19", "-1e19", "1e300", "-1e300", "9e999",
		"9223372036854775807", "-9223372036854775808", "9223372036854775808", "4294967295",
		"4294967296", "4294967299", "-4294967293", "'lock'", "'shared'", "'try'", "TRUE",
		"(SELECT 3)", "(SELECT n FROM some WHERE n = 17)", "abs(-5)", "?1", "?2", "?3" };
	static const char *const words[] = { "'lock'", "'unlock'", "'fail'", "'shared'", "'try'",
		"'timed'", "'dance'" };
	char *at = text + strlen(text);

	if (chance(3) == 0)
		strcat(text, ANY_OF(odd));
	else if (!strcmp(column, "id") || !strcmp(column, "rowid"))
		sprintf(at, "%d", chance(4) ? (int)chance(COUNT + 200) - 100 :
				(int)(16384 * (1 + chance(2)) + chance(3)) - 1);
	else if (!strcmp(column, "time_ns"))
		sprintf(at, chance(4) ? "%u" : "%u.5", chance(COUNT * 100));
	else if (strchr("mho", *column) && strcmp(column, "object"))
		strcat(text, ANY_OF(words));
	else
		sprintf(at, "%u", chance(*column == 't' ? THREADS + 2 : *column == 'o' ? 950 : 35));
}

static void add_list(char *text, const char *column)
{
	static const char *const lists[] = { "(SELECT n FROM some)", "(SELECT n FROM mixed)",
		"(SELECT object FROM event WHERE id < 30)", "()" };
	unsigned count = 1 + chance(4);

	if (chance(3) == 0) {
		strcat(text, ANY_OF(lists));
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		strcat(text, i ? ", " : "(");
		add_value(text, column);
	}
	strcat(text, ")");
}

static void add_condition(char *text)
{
	static const char *const comparisons[] = { "=", "=", "=", "<", "<=", ">", ">=", "<>", "IS",
		"IS NOT" };
	const char *column = ANY_OF(columns);
	unsigned kind = chance(10);

	if (chance(10) == 0)
		strcat(text, "NOT ");
	sprintf(text + strlen(text), "%sevent.%s", chance(30) ? "" : "+", column);
	if (kind == 0) {
		strcat(text, chance(2) ? " IS NULL" : " IS NOT NULL");
	} else if (kind == 1) {
		strcat(text, " BETWEEN ");
		add_value(text, column);
		strcat(text, " AND ");
		add_value(text, column);
	} else if (kind < 4) {
		strcat(text, chance(6) ? " IN " : " NOT IN ");
		add_list(text, column);
	} else {
		sprintf(text + strlen(text), " %s ", ANY_OF(comparisons));
		add_value(text, column);
	}
}

static void add_where(char *text)
{
	unsigned count = chance(4);

	for (unsigned i = 0; i < count; i++) {
		strcat(text, i == 0 ? " WHERE " : chance(4) ? " AND " : " OR ");
		add_condition(text);
	}
}

/* Rows come in the order of SQLite's choice unless all of it is asked for. */
static void add_order(char *text)
{
	strcat(text, " ORDER BY ");
	for (unsigned i = chance(3); i > 0; i--)
		sprintf(text + strlen(text), "event.%s%s%s, ", ANY_OF(columns),
			chance(2) ? "" : " DESC", chance(8) ? "" : " NULLS LAST");
	strcat(text, chance(3) ? "event.id" : "event.id DESC");
	if (chance(3))
		sprintf(text + strlen(text), " LIMIT %u", chance(60));
	if (chance(3) == 0 && strstr(text, "LIMIT"))
		sprintf(text + strlen(text), " OFFSET %u", chance(20000));
}

static void make_query(char *text)
{
	static const char *const joins[] = {
		"SELECT count(*), sum(event.id) FROM some JOIN event ON event.%s = some.n",
		"SELECT count(*), sum(event.id) FROM mixed CROSS JOIN event ON event.%s = mixed.n",
		"SELECT some.n, (SELECT count(*) FROM event WHERE %s = some.n) FROM some",
		"SELECT count(event.id), count(*) FROM mixed LEFT JOIN event ON event.%s = mixed.n",
		"SELECT count(*) FROM some JOIN event ON event.%s <= some.n",
	};
	const char *column = ANY_OF(columns);

	switch (chance(5)) {
	case 0:
		sprintf(text, ANY_OF(joins), column);
		if (strncmp(text, "SELECT some", 11))
			add_where(text);
		break;
	case 1:
		sprintf(text, "SELECT %s, count(*), sum(%s) FROM event", column,
			chance(6) ? "thread" : "rowid % 1000");
		add_where(text);
		strcat(text, " GROUP BY 1 ORDER BY 1 LIMIT 50");
		break;
	case 2:
		strcpy(text, "SELECT count(*), sum(id), sum(time_ns), max(stack), min(op), "
			"count(result), count(mode), max(how), sum(object) FROM event");
		add_where(text);
		break;
	case 3:
		sprintf(text, "SELECT DISTINCT %s FROM event", column);
		add_where(text);
		strcat(text, " ORDER BY 1 DESC LIMIT 70");
		break;
	default:
		strcpy(text, "SELECT * FROM event");
		add_where(text);
		add_order(text);
		break;
	}
}

/* A hash of all that a query gives, in order, with types; and how many rows these are. */
static uint64_t answer(sqlite3 *db, const char *sql, unsigned *ret_rows)
{
	sqlite3_stmt *row = NULL;
	uint64_t hash = 1;
	int code;

	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(db));
	sqlite3_bind_int64(row, 1, 3);
	sqlite3_bind_double(row, 2, 2.0);
	sqlite3_bind_text(row, 3, "5", -1, SQLITE_STATIC);
	*ret_rows = 0;
	while ((code = sqlite3_step(row)) == SQLITE_ROW) {
		++*ret_rows;
		for (int i = 0; i < sqlite3_column_count(row); i++) {
			const char *text;

			hash = hash * 31 + (unsigned)sqlite3_column_type(row, i);
			text = (const char *)sqlite3_column_text(row, i);
			for (; text && *text; text++)
				hash = hash * 31 + (unsigned char)*text;
		}
	}
	cr_assert_eq(code, SQLITE_DONE, "%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_finalize(row);
	return hash;
}

Test(event_differential, queries_by_chance)
{
	const char *wanted = getenv("HOLDWAIT_TEST_QUERIES");
	unsigned count = wanted ? (unsigned)atoi(wanted) : QUERIES, with_rows = 0, without = 0;

	for (unsigned i = 0; i < count; i++) {
		char sql[TEXT_BYTES] = "";
		unsigned expected_rows, found_rows;
		uint64_t expected, found;

		make_query(sql);
		expected = answer(rows, sql, &expected_rows);
		found = answer(packed, sql, &found_rows);
		cr_expect(found == expected, "%u rows, not %u, or others: %s", found_rows,
			expected_rows, sql);
		with_rows += expected_rows > 1;
		without += !expected_rows;
	}
	/* They are neither too narrow to find anything nor too wide to pass anything over. */
	cr_expect(with_rows > count / 4 && without > count / 20, "%u and %u", with_rows, without);
}
