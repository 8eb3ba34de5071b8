/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/packed.h"
#include "trace/event_scan.h"

enum { COUNT = 50000, THREADS = 6, OBJECTS = 900 };

/* One hash of all that a query gives, in order; -1 when it fails. */
static int64_t answer(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *row = NULL;
	uint64_t hash = 1;
	int code;

	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(db));
	while ((code = sqlite3_step(row)) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(row); i++) {
			const char *text = (const char *)sqlite3_column_text(row, i);

			for (hash = hash * 31 + 7; text && *text; text++)
				hash = hash * 31 + (unsigned char)*text;
		}
	cr_assert_eq(code, SQLITE_DONE, "%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_finalize(row);
	return (int64_t)(hash >> 1);
}

static int64_t number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *row = NULL;
	int64_t value;

	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(db));
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW, "%s: %s", sql, sqlite3_errmsg(db));
	value = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return value;
}

static const char *const queries[] = {
	"SELECT * FROM event",
	"SELECT * FROM event ORDER BY id DESC",
	"SELECT * FROM event ORDER BY time_ns, id",
	"SELECT rowid, * FROM event WHERE thread = 3",
	"SELECT * FROM event WHERE object = 17",
	"SELECT * FROM event WHERE object = 17 AND thread = 2 ORDER BY id",
	"SELECT count(*) FROM event WHERE object IS NULL",
	"SELECT * FROM event WHERE object = 0",
	"SELECT * FROM event WHERE object = NULL",
	"SELECT * FROM event WHERE object IN (5, 899, 17) ORDER BY id",
	"SELECT * FROM event WHERE thread IN (1, 9) ORDER BY id",
	"SELECT * FROM event WHERE thread = 1 OR object = 3 ORDER BY id",
	"SELECT * FROM event WHERE thread = 3 AND thread = 4",
	"SELECT * FROM event WHERE thread = '3'",
	"SELECT * FROM event WHERE thread = 3.0",
	"SELECT count(*) FROM event WHERE thread = 3.5",
	"SELECT count(*) FROM event WHERE thread = 'three'",
	"SELECT count(*) FROM event WHERE thread = 4294967299 OR thread = -1",
	"SELECT count(*) FROM event WHERE thread <> 3",
	"SELECT * FROM event WHERE id = 1",
	"SELECT * FROM event WHERE id = 16384 OR id = 16385 ORDER BY id",
	"SELECT * FROM event WHERE rowid = 50000",
	"SELECT * FROM event WHERE id = 50001",
	"SELECT * FROM event WHERE id BETWEEN 16380 AND 16390",
	"SELECT * FROM event WHERE id > 49990",
	"SELECT * FROM event WHERE id >= 32768 AND id < 32770.5",
	"SELECT * FROM event WHERE id <= 3",
	"SELECT * FROM event WHERE id < -5",
	"SELECT id FROM event WHERE id > 2.5 AND id < 7.5 AND id >= 3 AND id <= 7.0",
	"SELECT id FROM event WHERE id > 7 AND id < 11 OR id > '20' AND id <= '22.5'",
	"SELECT count(*) FROM event WHERE id < 'x' AND id <= x'00' AND id < 1e19 AND id > -1e19",
	"SELECT count(*) FROM event WHERE id > 'x' OR id >= '' OR id = 'x'",
	"SELECT count(*) FROM event WHERE id > 9223372036854775807",
	"SELECT count(*) FROM event WHERE id > NULL OR id <= NULL OR id = NULL OR id >= 1e19",
	"SELECT count(*) FROM event WHERE id < -9223372036854775808 OR id <= -1e19 OR id = 3.5",
	"SELECT count(*) FROM event WHERE time_ns > -9223372036854775808 AND time_ns < 9e999",
	"SELECT max(id), min(id), count(*) FROM event",
	"SELECT * FROM event WHERE time_ns BETWEEN 2000000 AND 2010000",
	"SELECT * FROM event WHERE time_ns > 4.9999e6",
	"SELECT * FROM event WHERE time_ns < 1000",
	"SELECT * FROM event WHERE time_ns <= 1e3",
	"SELECT * FROM event WHERE time_ns = 1600231",
	"SELECT * FROM event WHERE time_ns = (SELECT time_ns FROM event WHERE id = 33333)",
	"SELECT * FROM event WHERE time_ns >= '4990000'",
	"SELECT thread, op, count(*) FROM event GROUP BY 1, 2",
	"SELECT mode, how, stack, min(time_ns) FROM event GROUP BY 1, 2, 3",
	"SELECT result, count(*) FROM event GROUP BY 1",
	"SELECT typeof(id), typeof(op), typeof(mode), typeof(result) FROM event LIMIT 100",
	"SELECT * FROM event LIMIT 10 OFFSET 16380",
	"SELECT op, thread, count(*) FROM event GROUP BY op, thread",
	"SELECT thread, op, count(*) FROM event WHERE thread > 2 GROUP BY 1, 2 ORDER BY 2 DESC, 1",
	"SELECT how, count(*), count(mode) FROM event GROUP BY how ORDER BY how DESC",
	"SELECT mode, count(DISTINCT stack) FROM event WHERE object < 100 GROUP BY 1",
	"SELECT object, count(*) FROM event GROUP BY 1",
	"SELECT object, thread, stack, op, count(*) FROM event WHERE thread = 3"
	" GROUP BY 1, 2, 3, 4",
	"SELECT object, count(*) FROM event WHERE object = 17 AND op = 'lock' GROUP BY 1",
	"SELECT count(*) FROM event WHERE thread = 77 GROUP BY op",
	"SELECT thread, max(rowid), min(rowid), sum(rowid) FROM event GROUP BY thread",
	"SELECT op, sum(rowid % 7) FROM event WHERE thread = 2 GROUP BY op",
	"SELECT thread, max(id) FROM event GROUP BY thread",
	"SELECT thread, sum(time_ns) FROM event WHERE object = 5 GROUP BY thread",
	"SELECT DISTINCT op, mode FROM event ORDER BY op DESC, mode",
	"SELECT op FROM event WHERE thread = 5 ORDER BY op, thread",
	"SELECT min(thread), max(op) FROM event",
	"SELECT max(stack) FROM event",
	"SELECT op, count(*) FROM event GROUP BY op HAVING count(*) > 2000 ORDER BY 2 DESC, 1",
	"SELECT op COLLATE NOCASE, count(*) FROM event GROUP BY 1 ORDER BY 1 DESC",
	"SELECT object, count(*) FROM event GROUP BY 1 ORDER BY object NULLS LAST",
	"SELECT t.thread, count(e.op) FROM (SELECT DISTINCT thread FROM event) t"
	" LEFT JOIN event e ON e.thread = t.thread AND e.op = 'fork' GROUP BY t.thread",
	"SELECT thread, count(*) FROM event WHERE id <= 20000 GROUP BY thread",
	"SELECT a.id, b.id FROM event a JOIN event b ON b.id = a.id + 16384 WHERE a.object = 17",
	"SELECT a.id, (SELECT min(b.id) FROM event b WHERE b.object = a.object AND b.id > a.id)"
	" FROM event a WHERE a.id > 49950",
	"SELECT v.column1, (SELECT count(*) FROM event WHERE thread = v.column1)"
	" FROM (VALUES (1), (2), (77)) v",
};

Test(event_table, says_what_rows_say)
{
	static const char root_page[] = "SELECT rootpage FROM sqlite_schema WHERE name = 'event'";
	sqlite3 *rows = packed_recording(HW_EVENT_FORM_AUTO, COUNT, THREADS, OBJECTS);
	sqlite3 *packed = packed_recording(HW_EVENT_FORM_PACKED, COUNT, THREADS, OBJECTS);

	cr_assert_gt(number(rows, root_page), 0);
	cr_assert_eq(number(packed, root_page), 0);
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++)
		cr_expect_eq(answer(packed, queries[i]), answer(rows, queries[i]), "%s",
			queries[i]);
	sqlite3_close(rows);
	sqlite3_close(packed);
}

/* However much is asked for, more than one may have it. */
Test(event_table, alike_events_are_several)
{
	struct hw_event event = { .time_ns = 1, .thread = 1, .op = HW_OP_LOCK, .object = 2 };
	sqlite3 *db;
	struct hw_event_writer *writer = packed_begin(HW_EVENT_FORM_PACKED, &db);

	hw_event_writer_add(writer, &event);
	hw_event_writer_add(writer, &event);
	cr_assert_eq(hw_event_writer_flush(writer), SQLITE_OK);
	hw_event_writer_destroy(writer);
	/* Each goes with the only block. */
	cr_expect_eq(number(db, "SELECT b.first_event FROM event_block b "
		"LEFT JOIN event e ON e.time_ns = 1 AND e.thread = 1 AND e.object = 2 "
		"LIMIT 1 OFFSET 1"), 1);
	sqlite3_close(db);
}

/* What the queries above compare is not nothing. */
Test(event_table, has_all_events)
{
	sqlite3 *packed = packed_recording(HW_EVENT_FORM_PACKED, COUNT, THREADS, OBJECTS);

	cr_expect_eq(number(packed, "SELECT count(*) FROM event"), COUNT);
	cr_expect_eq(number(packed, "SELECT count(*) FROM holdwait_event"), COUNT);
	cr_expect_eq(number(packed, "SELECT sum(count) FROM event_block"), COUNT);
	cr_expect_eq(number(packed, "SELECT count(DISTINCT op) FROM event"),
		HW_OP_COUNT - HW_OP_INIT);
	cr_expect_gt(number(packed, "SELECT count(*) FROM event WHERE object = 17"), 0);
	cr_expect_eq(number(packed, "SELECT count(DISTINCT thread) FROM event"), THREADS);
	sqlite3_close(packed);
}

Test(event_table, rows_leave_no_blocks)
{
	sqlite3 *rows = packed_recording(HW_EVENT_FORM_ROWS, COUNT, THREADS, OBJECTS);

	cr_expect_eq(number(rows, "SELECT count(*) FROM event_block"), 0);
	cr_expect_eq(number(rows, "SELECT count(*) FROM event"), COUNT);
	cr_expect_eq(number(rows, "SELECT count(*) FROM sqlite_schema WHERE sql LIKE '%VIRTUAL%'"),
		0);
	sqlite3_close(rows);
}

Test(event_table, a_million_become_rows_and_one_more_do_not)
{
	sqlite3 *db;
	struct hw_event_writer *writer = packed_begin(HW_EVENT_FORM_AUTO, &db);

	for (uint32_t i = 0; i <= 1000000; i++) {
		struct hw_event event = { .time_ns = i, .thread = 1, .op = HW_OP_LOCK };

		cr_assert_eq(hw_event_writer_count(writer), i);
		if (i == 1000000)
			cr_expect(hw_event_writer_wants_rows(writer));
		if (hw_event_writer_add(writer, &event))
			cr_assert_eq(hw_event_writer_flush(writer), SQLITE_OK);
	}
	cr_expect(!hw_event_writer_wants_rows(writer));
	hw_event_writer_destroy(writer);
	sqlite3_close(db);
}

/* There is no room for rows: then the events stay packed. */
Test(event_table, rows_that_do_not_fit_change_nothing)
{
	sqlite3 *db;
	struct hw_event_writer *writer = packed_begin(HW_EVENT_FORM_ROWS, &db);

	for (uint32_t i = 0; i < COUNT; i++) {
		struct hw_event event = packed_event(i, THREADS, OBJECTS);

		if (hw_event_writer_add(writer, &event))
			cr_assert_eq(hw_event_writer_flush(writer), SQLITE_OK);
	}
	cr_assert_eq(hw_event_writer_flush(writer), SQLITE_OK);
	cr_assert_eq(sqlite3_exec(db, "PRAGMA max_page_count = 300; SAVEPOINT settle", NULL, NULL,
			     NULL), SQLITE_OK);
	cr_assert_eq(hw_event_writer_make_rows(writer), SQLITE_FULL);
	sqlite3_exec(db, "ROLLBACK TO settle; RELEASE settle", NULL, NULL, NULL);
	cr_expect_eq(number(db, "SELECT count(*) FROM event"), COUNT);
	cr_expect_eq(number(db, "SELECT sum(count) FROM event_block"), COUNT);
	hw_event_writer_destroy(writer);
	sqlite3_close(db);
}

Test(event_table, compressed)
{
	sqlite3 *packed = packed_recording(HW_EVENT_FORM_PACKED, COUNT, THREADS, OBJECTS);
	sqlite3 *zstd = packed_recording(HW_EVENT_FORM_ZSTD, COUNT, THREADS, OBJECTS);

	cr_expect_eq(number(zstd, "SELECT min(codec) FROM event_block"),
		hw_event_block_can_compress());
	cr_expect_eq(answer(zstd, "SELECT * FROM event"), answer(packed, "SELECT * FROM event"));
	sqlite3_close(packed);
	sqlite3_close(zstd);
}

Test(event_table, cannot_be_written_to)
{
	sqlite3 *db = packed_recording(HW_EVENT_FORM_PACKED, 10, 1, 1);

	cr_expect_neq(sqlite3_exec(db, "DELETE FROM event", NULL, NULL, NULL), SQLITE_OK);
	cr_expect_neq(sqlite3_exec(db, "UPDATE event SET thread = 1", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void expect_damaged(const char *damage, const char *message)
{
	sqlite3 *db = packed_recording(HW_EVENT_FORM_PACKED, COUNT, THREADS, OBJECTS);

	cr_assert_eq(sqlite3_exec(db, damage, NULL, NULL, NULL), SQLITE_OK, "%s: %s", damage,
		sqlite3_errmsg(db));
	cr_expect_neq(sqlite3_exec(db, "SELECT sum(time_ns) FROM event", NULL, NULL, NULL),
		SQLITE_OK, "%s", damage);
	cr_expect_str_eq(sqlite3_errmsg(db), message, "%s", damage);
	sqlite3_close(db);
}

Test(event_table, says_what_is_damaged)
{
	static const char damaged[] = "the block of event 16385 is damaged";

	expect_damaged("UPDATE event_block SET data = zeroblob(9) WHERE first_event = 16385",
		damaged);
	expect_damaged("UPDATE event_block SET data = '' WHERE first_event = 16385", damaged);
	expect_damaged("UPDATE event_block SET count = 7 WHERE first_event = 16385", damaged);
	expect_damaged("UPDATE event_block SET first_event = -3 WHERE first_event = 16385",
		"the block of event -3 is damaged");
	expect_damaged("UPDATE event_block SET codec = 99 WHERE first_event = 16385",
		"the block of event 16385 is packed in a way that is not known");
}

Test(event_table, has_the_columns_of_event)
{
	sqlite3 *rows = packed_recording(HW_EVENT_FORM_ROWS, 1, 1, 1);
	static const char columns[] = "SELECT name, type, \"notnull\" FROM pragma_table_info('%s')";
	char *event = sqlite3_mprintf(columns, "event");
	char *virtual = sqlite3_mprintf(columns, "holdwait_event");

	cr_expect_eq(answer(rows, event), answer(rows, virtual));
	sqlite3_free(event);
	sqlite3_free(virtual);
	sqlite3_close(rows);
}

static struct hw_error error;

/* Compare two scans with the same question, event by event; how many there are. */
static uint32_t compare_scans(sqlite3 *rows, sqlite3 *packed, const struct hw_event_where *where,
	enum hw_event_order order)
{
	struct hw_event_scan *left, *right;
	struct hw_event one, other;
	uint32_t count = 0;
	int code;

	cr_assert_eq(hw_event_scan_open(rows, "rows", where, order, &left, &error), 0, "%s",
		error.message);
	cr_assert_eq(hw_event_scan_open(packed, "packed", where, order, &right, &error), 0, "%s",
		error.message);
	while ((code = hw_event_scan_next(left, &one, &error)) == 1) {
		cr_assert_eq(hw_event_scan_next(right, &other, &error), 1, "%s", error.message);
		packed_expect_same(&other, &one, count++);
	}
	cr_assert_eq(code, 0, "%s", error.message);
	cr_assert_eq(hw_event_scan_next(right, &other, &error), 0);
	hw_event_scan_close(left);
	hw_event_scan_close(right);
	return count;
}

Test(event_scan, is_the_same_for_both_forms)
{
	sqlite3 *rows = packed_recording(HW_EVENT_FORM_ROWS, COUNT, THREADS, OBJECTS);
	sqlite3 *packed = packed_recording(HW_EVENT_FORM_PACKED, COUNT, THREADS, OBJECTS);
	static const uint32_t threads[] = { 2, 5, 1000 }, objects[] = { 17, 18, 800 };
	struct hw_event_where where = HW_EVENT_WHERE_ALL;
	uint32_t some;

	for (int order = HW_EVENTS_BY_ID; order <= HW_EVENTS_BY_TIME; order++) {
		where = HW_EVENT_WHERE_ALL;
		cr_expect_eq(compare_scans(rows, packed, &where, order), COUNT);
		where.since_ns = 1600000;
		where.until_ns = 1700000;
		some = compare_scans(rows, packed, &where, order);
		cr_expect(some > 900 && some < 1100, "%u", some);
		where = HW_EVENT_WHERE_ALL;
		where.threads = threads;
		where.thread_count = 3;
		some = compare_scans(rows, packed, &where, order);
		cr_expect(some > COUNT / 4 && some < COUNT / 2, "%u", some);
		where.objects = objects;
		where.object_count = 3;
		some = compare_scans(rows, packed, &where, order);
		cr_expect(some > 0 && some < 200, "%u", some);
		where.first_id = 20000;
		where.last_id = 40000;
		cr_expect_lt(compare_scans(rows, packed, &where, order), some);
		where.last_id = 10;
		cr_expect_eq(compare_scans(rows, packed, &where, order), 0);
	}
	sqlite3_close(rows);
	sqlite3_close(packed);
}

Test(event_scan, counts)
{
	sqlite3 *packed = packed_recording(HW_EVENT_FORM_PACKED, COUNT, 1, 1);
	sqlite3 *rows = packed_recording(HW_EVENT_FORM_ROWS, 12, 1, 1);
	uint64_t count;

	cr_assert_eq(hw_event_scan_count(packed, "packed", &count, &error), 0);
	cr_expect_eq(count, COUNT);
	cr_assert_eq(hw_event_scan_count(rows, "rows", &count, &error), 0);
	cr_expect_eq(count, 12);
	sqlite3_close(packed);
	sqlite3_close(rows);
}

Test(event_scan, names_file_and_damage)
{
	sqlite3 *db = packed_recording(HW_EVENT_FORM_PACKED, 10, 1, 1);
	struct hw_event_where where = HW_EVENT_WHERE_ALL;
	struct hw_event_scan *scan;
	struct hw_event event;

	sqlite3_exec(db, "UPDATE event_block SET data = x'00'", NULL, NULL, NULL);
	cr_assert_eq(hw_event_scan_open(db, "x.db", &where, HW_EVENTS_BY_ID, &scan, &error), 0);
	cr_assert_lt(hw_event_scan_next(scan, &event, &error), 0);
	cr_expect_str_eq(error.message,
		"cannot read the events of 'x.db': the block of event 1 is damaged");
	hw_event_scan_close(scan);
	sqlite3_close(db);
}

/* Rows that no collector writes are left out. */
Test(event_scan, leaves_out_what_is_no_event)
{
	sqlite3 *db = packed_recording(HW_EVENT_FORM_ROWS, 10, 1, 1);
	struct hw_event_where where = HW_EVENT_WHERE_ALL;
	struct hw_event_scan *scan;
	struct hw_event event;
	int count = 0;

	cr_assert_eq(sqlite3_exec(db, "INSERT INTO event(time_ns, thread, op, object, how) VALUES"
		"(1, 1, 'dance', 1, NULL), (1, -1, 'lock', 1, NULL),"
		"(1, 1, 'lock', 4294967296, NULL), (1, 1, 'lock', 1, 'so'),"
		"(1, 1, x'00ff', 1, 5)", NULL, NULL, NULL), SQLITE_OK);
	cr_assert_eq(hw_event_scan_open(db, "x.db", &where, HW_EVENTS_BY_ID, &scan, &error), 0);
	while (hw_event_scan_next(scan, &event, &error) == 1)
		count++;
	cr_expect_eq(count, 11);
	cr_expect_eq(event.how, 0);
	hw_event_scan_close(scan);
	sqlite3_close(db);
}
