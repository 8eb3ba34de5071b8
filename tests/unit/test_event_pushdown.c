/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/packed.h"
#include "trace/pack.h"

/*
 * Which blocks of packed events a query reads. All others are damaged before it runs: it must not
 * notice. And it must notice when one that it has to read is damaged.
 *
 * Block b has thread 1 + b % 5, object 100 + b in every other event and object 7 in some blocks,
 * and its times are those of one millisecond.
 */

enum { BLOCKS = 20, THREADS = 5, BLOCK_NS = 1000000 };

static sqlite3 *rows, *packed;

static struct hw_event event_of(uint32_t at)
{
	uint32_t block = at / HW_PACK_EVENTS, place = at % HW_PACK_EVENTS;

	return (struct hw_event){ .time_ns = (int64_t)block * BLOCK_NS + place,
		.thread = 1 + block % THREADS, .op = place % 2 ? HW_OP_UNLOCK : HW_OP_LOCK,
		.object = place % 2 ? 100 + block : block % 4 == 3 ? 7 : 0 };
}

static sqlite3 *recording(enum hw_event_form form)
{
	sqlite3 *db;
	struct hw_event_writer *writer = packed_begin(form, &db);

	for (uint32_t at = 0; at < BLOCKS * HW_PACK_EVENTS; at++) {
		struct hw_event event = event_of(at);

		if (hw_event_writer_add(writer, &event))
			cr_assert_eq(hw_event_writer_flush(writer), SQLITE_OK);
	}
	if (hw_event_writer_wants_rows(writer))
		cr_assert_eq(hw_event_writer_make_rows(writer), SQLITE_OK);
	hw_event_writer_destroy(writer);
	cr_assert_eq(sqlite3_exec(db, "INSERT INTO thread(id, process, tid, number, start_ns) "
		"VALUES (1, 1, 10, 1, 0), (2, 1, 11, 2, 0), (3, 1, 12, 3, 0), (4, 1, 13, 4, 0),"
		"(5, 1, 14, 5, 0); ANALYZE", NULL, NULL, NULL), SQLITE_OK);
	return db;
}

static void set_up(void)
{
	rows = recording(HW_EVENT_FORM_ROWS);
	packed = recording(HW_EVENT_FORM_PACKED);
}

static void tear_down(void)
{
	sqlite3_close(rows);
	sqlite3_close(packed);
}

TestSuite(event_pushdown, .init = set_up, .fini = tear_down);

static void run(sqlite3 *db, const char *sql)
{
	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(db));
}

/* All rows, as text for free(); NULL when the query fails. */
static char *answer(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *row = NULL;
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);
	int code;

	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(db));
	while ((code = sqlite3_step(row)) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(row); i++)
			fprintf(out, "%s|", (const char *)sqlite3_column_text(row, i));
	sqlite3_finalize(row);
	fclose(out);
	if (code == SQLITE_DONE)
		return text;
	free(text);
	return NULL;
}

static char *plan_of(sqlite3 *db, const char *sql)
{
	char *explained = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
	char *text = answer(db, explained);

	sqlite3_free(explained);
	return text;
}

static char *damage(const char *sql, const char *which)
{
	char *text = sqlite3_mprintf("SAVEPOINT damage; UPDATE event_block SET data = zeroblob(9) "
		"WHERE (first_event - 1) / 16384 %s", which), *found;

	run(packed, text);
	sqlite3_free(text);
	found = answer(packed, sql);
	run(packed, "ROLLBACK TO damage; RELEASE damage");
	return found;
}

/*
 * A query about events WHERE `where`, which reads the blocks that have some and no others, and
 * whose plan names these shortcuts (event_plan.c).
 */
static void expect_passes_over(const char *sql, const char *where, const char *shortcuts)
{
	char *needed = sqlite3_mprintf("SELECT group_concat(DISTINCT (id - 1) / 16384) FROM event "
		"WHERE %s", where);
	char *blocks = answer(rows, needed), *right = answer(rows, sql), *found, *which, *plan;

	cr_assert(blocks && right, "%s", sql);
	blocks[strcspn(blocks, "|")] = '\0';
	if (!strcmp(blocks, "(null)"))
		*blocks = '\0';
	cr_expect_lt(strlen(blocks), 45, "%s needs nearly all blocks: %s", sql, blocks);
	which = sqlite3_mprintf("NOT IN (%s)", blocks);
	found = damage(sql, which);
	sqlite3_free(which);
	cr_expect(found && !strcmp(found, right), "%s reads more than the blocks %s, or finds: %s",
		sql, blocks, found);
	free(found);
	if (*blocks) {
		which = sqlite3_mprintf("IN (%s)", blocks);
		found = damage(sql, which);
		sqlite3_free(which);
		cr_expect(!found, "%s finds %s in damaged blocks", sql, found);
		free(found);
	}
	plan = plan_of(packed, sql);
	which = sqlite3_mprintf("VIRTUAL TABLE INDEX 0:%s|", shortcuts);
	cr_expect(strstr(plan, which), "%s: %s has no %s", sql, plan, which);
	sqlite3_free(which);
	free(plan);
	free(blocks);
	free(right);
	sqlite3_free(needed);
}

static void expect_condition(const char *where, const char *shortcuts)
{
	char *sql = sqlite3_mprintf("SELECT count(*), sum(id), min(time_ns), max(object) "
		"FROM event WHERE %s", where);

	expect_passes_over(sql, where, shortcuts);
	sqlite3_free(sql);
}

Test(event_pushdown, threads)
{
	expect_condition("thread = 2", "t");
	expect_condition("thread = 77", "t");
	expect_condition("thread = 2 AND thread = 3", "tt");
	expect_condition("thread IN (2, 4)", "t");
	expect_condition("thread IN (5, 77, -3, 4294967298, 2.5)", "t");
	expect_condition("thread = 2.0", "t");
}

Test(event_pushdown, objects)
{
	expect_condition("object = 103", "o");
	expect_condition("object = 7", "o");
	expect_condition("object IN (101, 7, 119)", "o");
	expect_condition("object = 500", "o");
	expect_condition("object IN (SELECT 100 + column1 FROM (VALUES (3), (9)))", "o");
}

Test(event_pushdown, times)
{
	expect_condition("time_ns BETWEEN 3000000 AND 4999999", "su");
	expect_condition("time_ns >= 18000000", "s");
	expect_condition("time_ns > 18016384", "S");
	expect_condition("time_ns < 999999", "U");
	expect_condition("time_ns <= 999999.5", "u");
	expect_condition("time_ns = 5000012", "m");
	expect_condition("time_ns > 7016384 AND time_ns < 7999999", "SU");
	expect_condition("time_ns < -1", "U");
	expect_condition("time_ns IN (1, 9000001)", "m");
}

Test(event_pushdown, ids)
{
	expect_condition("id = 16385", "i");
	expect_condition("rowid = 16384", "i");
	expect_condition("id BETWEEN 16384 AND 16385", "fl");
	expect_condition("id > 311297", "F");
	expect_condition("id <= 16384", "l");
	expect_condition("id < 16385", "L");
	expect_condition("id < 16385.5 AND id > 2.5 AND id < 'x'", "LFL");
	expect_condition("id IN (5, 100000)", "i");
}

Test(event_pushdown, all_together)
{
	expect_condition("thread = 2 AND object = 106", "to");
	expect_condition("thread = 2 AND object = 107", "to");
	expect_condition("thread = 3 AND time_ns BETWEEN 2000000 AND 9000000", "tsu");
	expect_condition("object = 7 AND time_ns > 9000000 AND time_ns < 15500000", "oSU");
	expect_condition("thread = 4 AND object = 7 AND time_ns < 6000000", "toU");
	expect_condition("thread IN (1, 2) AND object IN (100, 101, 102) AND time_ns < 999999 "
			 "AND id < 50000", "toUL");
}

static void expect_no_column_read(const char *where)
{
	char *sql = sqlite3_mprintf("EXPLAIN SELECT count(*) FROM event WHERE %s", where);
	char *code = answer(packed, sql);

	cr_expect(!strstr(code, "|VColumn|"), "%s is compared again: %s", where, code);
	free(code);
	sqlite3_free(sql);
}

/* SQLite takes our word for it. */
Test(event_pushdown, nothing_is_compared_again)
{
	expect_no_column_read("thread = 2 AND object = 7");
	expect_no_column_read("id BETWEEN 5 AND 9");
	expect_no_column_read("rowid > 5 AND rowid < 9");
	expect_no_column_read("time_ns >= 5 AND time_ns < 9 AND time_ns = 7");
}

/* What the one table says is asked of the other, row by row. */
Test(event_pushdown, joins)
{
	expect_passes_over("SELECT count(*), sum(e.id) FROM thread AS t CROSS JOIN event AS e "
		"ON e.thread = t.id WHERE t.tid IN (11, 13)", "thread IN (2, 4)", "t");
	expect_passes_over("SELECT count(*), sum(e.id) FROM thread AS t JOIN event AS e "
		"ON e.thread = t.id WHERE t.id = 3", "thread = 3", "t");
	expect_passes_over("SELECT count(*), sum(e.id) FROM (VALUES (104), (7)) AS o CROSS JOIN "
		"event AS e ON e.object = o.column1 AND e.time_ns < 7999999",
		"object IN (104, 7) AND time_ns < 7999999", "oU");
	expect_passes_over("SELECT (SELECT max(id) FROM event WHERE object = v.column1) "
		"FROM (VALUES (103), (105)) AS v", "object IN (103, 105)", "o");
}

/* Enough was found: the rest is not read. */
Test(event_pushdown, limits)
{
	expect_passes_over("SELECT id FROM event ORDER BY id LIMIT 5", "id <= 5", "");
	expect_passes_over("SELECT id FROM event WHERE object = 7 ORDER BY id LIMIT 5",
		"object = 7 AND id <= 65536", "o");
}
