/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/resolve.h"
#include "analyzer/textbuf.h"
#include "tests/unit/names/sample.h"
#include "trace/memory.h"

/* Some of the samples are in Rust, of which there is another note. */
#define NOT_OWN " AND value NOT LIKE '%%are not seen%%'"

/* The chain of one frame as where.h writes it. */
#define CHAIN                                                                                  \
	"WITH RECURSIVE chain (depth, id) AS (SELECT 0, %lld UNION ALL"                        \
	" SELECT depth + 1, caller FROM chain JOIN frame USING (id) WHERE caller IS NOT NULL)" \
	" SELECT group_concat(function || ':' || line, '|') FROM"                              \
	" (SELECT * FROM chain JOIN frame USING (id) ORDER BY depth)"

Test(resolve, frames_and_static_objects)
{
	struct sample sample;

	sample_init(&sample);
	sample_resolve(&sample.scenario);
	for (size_t i = 0; i < sample.list.count; i++) {
		const struct expected *item = &sample.list.items[i];
		int64_t id = (int64_t)i + 1;

		if (item->depth != DEPTH_ALL)
			continue;
		if (item->is_frame) {
			EXPECT(&sample.scenario, item->chain, CHAIN, id);
			continue;
		}
		EXPECT(&sample.scenario, item->name, "SELECT name FROM object WHERE id = %lld", id);
		EXPECT(&sample.scenario, item->class_name,
			"SELECT c.name FROM object o JOIN class c ON c.id = o.class"
			" WHERE o.id = %lld AND c.kind = o.kind",
			id);
	}
	/* The outer rows stand for the same code, so a report can tell the module. */
	EXPECT(&sample.scenario, "0",
		"SELECT count(*) FROM frame f JOIN frame c ON c.id = f.caller"
		" WHERE f.module IS NOT c.module OR f.offset IS NOT c.offset");
	EXPECT(&sample.scenario, "", "SELECT value FROM meta WHERE key LIKE 'note%%'" NOT_OWN);
	sample_finish(&sample);
}

/* All that a recording holds, as text. */
static char *dump(struct scenario *s)
{
	static const char *const tables[] = { "meta", "frame", "class", "object", "stack" };
	struct hw_textbuf text;

	hw_textbuf_init(&text);
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		char *sql = hw_xasprintf("SELECT * FROM %s ORDER BY 1", tables[i]);
		sqlite3_stmt *row;

		cr_assert_eq(sqlite3_prepare_v2(s->db, sql, -1, &row, NULL), SQLITE_OK);
		while (sqlite3_step(row) == SQLITE_ROW) {
			for (int c = 0; c < sqlite3_column_count(row); c++) {
				const char *value = (const char *)sqlite3_column_text(row, c);

				fprintf(text.out, "%s|", value ? value : "NULL");
			}
			fputc('\n', text.out);
		}
		sqlite3_finalize(row);
		free(sql);
	}
	return hw_textbuf_finish(&text);
}

Test(resolve, a_second_time_changes_nothing)
{
	struct sample sample;
	char *first, *second;
	int changes;

	sample_init(&sample);
	cr_expect_not(hw_resolve_done(sample.scenario.db));
	sample_resolve(&sample.scenario);
	cr_expect(hw_resolve_done(sample.scenario.db));
	first = dump(&sample.scenario);
	changes = sqlite3_total_changes(sample.scenario.db);
	sample_resolve(&sample.scenario);
	second = dump(&sample.scenario);
	cr_expect_str_eq(first, second);
	cr_expect_eq(sqlite3_total_changes(sample.scenario.db), changes);
	free(first);
	free(second);
	sample_finish(&sample);
}

Test(resolve, only_what_is_missing)
{
	struct sample sample;
	struct scenario *s = &sample.scenario;

	sample_init(&sample);
	sample_resolve(s);
	scenario_sql(
		s, "UPDATE frame SET function = 'kept' WHERE id = (SELECT min(id) FROM frame)");
	scenario_sql(s, "UPDATE object SET name = 'kept' WHERE id = (SELECT min(id) FROM object)");
	scenario_sql(s, "INSERT INTO frame (id, module, offset)"
			" SELECT 100000, module, offset FROM frame WHERE id ="
			" (SELECT max(id) FROM frame WHERE function IS NOT NULL)");
	cr_expect_not(hw_resolve_done(s->db));
	sample_resolve(s);
	cr_expect(hw_resolve_done(s->db));
	EXPECT(s, "kept", "SELECT function FROM frame WHERE id = (SELECT min(id) FROM frame)");
	EXPECT(s, "kept", "SELECT name FROM object WHERE id = (SELECT min(id) FROM object)");
	EXPECT(s, "1", "SELECT function IS NOT NULL FROM frame WHERE id = 100000");
	sample_finish(&sample);
}

Test(resolve, new_objects_are_not_done)
{
	struct scenario s;

	scenario_init(&s);
	sample_resolve(&s);
	cr_expect(hw_resolve_done(s.db));
	scenario_sql(&s, "INSERT INTO object (kind, process, address, create_ns)"
			 " VALUES ('mutex', 1, 4096, 0)");
	cr_expect_not(hw_resolve_done(s.db));
	sample_resolve(&s);
	cr_expect(hw_resolve_done(s.db));
	scenario_finish(&s);
}

Test(resolve, missing_modules_leave_everything_open)
{
	struct scenario s;

	scenario_init(&s);
	scenario_sql(&s, "INSERT INTO module VALUES (7, '/nonexistent/lib.so.2', 'ab12', NULL)");
	scenario_sql(&s, "INSERT INTO frame (id, module, offset) VALUES"
			 " (1, 7, 100), (2, NULL, 9999), (3, 77, 100)");
	scenario_sql(&s, "INSERT INTO stack (id, parent, frame) VALUES"
			 " (1, NULL, 1), (2, NULL, 2), (3, NULL, 3)");
	scenario_sql(&s, "INSERT INTO object (id, kind, module, offset, create_stack, create_ns)"
			 " VALUES (1, 'mutex', 7, 64, 1, 0), (2, 'mutex', NULL, NULL, 1, 0),"
			 " (3, 'mutex', NULL, NULL, 2, 0), (4, 'mutex', NULL, NULL, 3, 0),"
			 " (5, 'mutex', NULL, NULL, NULL, 0), (6, 'mutex', NULL, NULL, 999, 0)");
	sample_resolve(&s);
	EXPECT(&s, "0",
		"SELECT count(*) FROM frame WHERE function IS NOT NULL OR file IS NOT NULL"
		" OR caller IS NOT NULL");
	EXPECT(&s, "0", "SELECT count(*) FROM object WHERE name IS NOT NULL");
	EXPECT(&s, "mutex static lib.so ab12+0x40",
		"SELECT c.key FROM object o JOIN class c ON c.id = o.class WHERE o.id = 1");
	EXPECT(&s, "mutex used lib.so:ab12+0x64",
		"SELECT c.key FROM object o JOIN class c ON c.id = o.class WHERE o.id = 2");
	EXPECT(&s, "4", "SELECT count(*) FROM object WHERE class IS NULL");
	EXPECT(&s, "", "SELECT value FROM meta WHERE key LIKE 'note%%'");
	scenario_finish(&s);
}

Test(resolve, changed_modules_get_one_note)
{
	struct sample sample;
	struct scenario *s = &sample.scenario;
	char *expected;

	sample_init(&sample);
	scenario_sql(s, "INSERT INTO meta VALUES ('note.9', 'something else')");
	scenario_sql(s, "UPDATE module SET build_id = 'abcd' WHERE path = %Q",
		sample.list.items[0].module);
	sample_resolve(s);
	sample_resolve(s);
	expected =
		hw_xasprintf("'%s' has changed since the recording", sample.list.items[0].module);
	EXPECT(s, expected, "SELECT value FROM meta WHERE key = 'note.10'");
	EXPECT(s, "2", "SELECT count(*) FROM meta WHERE key LIKE 'note.%%'" NOT_OWN);
	EXPECT(s, "0",
		"SELECT count(*) FROM frame JOIN module m ON m.id = module"
		" WHERE m.build_id = 'abcd' AND function IS NOT NULL");
	free(expected);
	sample_finish(&sample);
}

Test(resolve, loops_of_broken_rows_end)
{
	struct scenario s;

	scenario_init(&s);
	scenario_sql(&s, "INSERT INTO frame (id, module, offset, function, caller) VALUES"
			 " (1, 1, 10, 'a', 2), (2, 1, 10, 'b', 1)");
	scenario_sql(&s, "INSERT INTO stack (id, parent, frame) VALUES (1, 2, 1), (2, 1, 2)");
	scenario_sql(&s, "INSERT INTO object (id, kind, create_stack, create_ns)"
			 " VALUES (1, 'mutex', 1, 0)");
	sample_resolve(&s);
	EXPECT(&s, "mutex used bank:a@0x0<bank:b@0x0<bank:a@0x0<bank:b@0x0",
		"SELECT key FROM class");
	scenario_finish(&s);
}

Test(resolve, a_failure_changes_nothing)
{
	struct hw_error error = { "", "" };
	struct sample sample;
	char *before, *after;

	sample_init(&sample);
	scenario_sql(&sample.scenario, "CREATE TRIGGER full BEFORE INSERT ON class"
				       " BEGIN SELECT RAISE(ABORT, 'disk is full'); END");
	before = dump(&sample.scenario);
	cr_expect_lt(hw_resolve_recording(sample.scenario.db, &error), 0);
	cr_expect_not_null(strstr(error.message, "disk is full"));
	after = dump(&sample.scenario);
	cr_expect_str_eq(before, after);
	cr_expect(sqlite3_get_autocommit(sample.scenario.db));
	cr_expect_not(hw_resolve_done(sample.scenario.db));
	free(before);
	free(after);
	sample_finish(&sample);
}

Test(resolve, read_only_recording)
{
	char path[] = "/tmp/holdwait_resolve_XXXXXX";
	struct hw_error error = { "", "" };
	struct scenario s;
	sqlite3 *db;

	close(mkstemp(path));
	scenario_init(&s);
	sample_stacks(&s);
	scenario_sql(&s, "INSERT INTO object (kind, create_stack, create_ns) VALUES ('sem', 2, 0)");
	unlink(path);
	scenario_sql(&s, "VACUUM INTO %Q", path);
	cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	cr_expect_not(hw_resolve_done(db));
	cr_expect_eq(hw_resolve_recording(db, &error), -EROFS);
	cr_expect_gt(strlen(error.message), 0);
	sqlite3_close(db);
	scenario_finish(&s);
	unlink(path);
}

Test(resolve, no_recording_at_all)
{
	struct hw_error error = { "", "" };
	sqlite3 *db;

	cr_assert_eq(sqlite3_open(":memory:", &db), SQLITE_OK);
	cr_expect_not(hw_resolve_done(db));
	cr_expect_lt(hw_resolve_recording(db, &error), 0);
	cr_expect_not_null(strstr(error.message, "no such table"));
	sqlite3_close(db);
}
