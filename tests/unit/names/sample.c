/* SPDX-License-Identifier: MIT */
#include "tests/unit/names/sample.h"

#include <stdarg.h>

#include "analyzer/resolve.h"
#include "trace/memory.h"

static void add_module(struct scenario *s, const char *path)
{
	char *build_id = expected_build_id(path);

	scenario_sql(s,
		"INSERT INTO module (path, build_id) SELECT %Q, nullif(%Q, '')"
		" WHERE NOT EXISTS (SELECT 1 FROM module WHERE path = %Q)",
		path, build_id, path);
	free(build_id);
}

void sample_init(struct sample *sample)
{
	struct scenario *s = &sample->scenario;

	scenario_init(s);
	expected_read(&sample->list);
	if (!sample->list.count)
		cr_skip("no compiler");
	for (size_t i = 0; i < sample->list.count; i++) {
		const struct expected *item = &sample->list.items[i];
		int64_t id = (int64_t)i + 1;

		add_module(s, item->module);
		if (item->is_frame)
			scenario_sql(s,
				"INSERT INTO frame (id, module, offset)"
				" SELECT %lld, id, %lld FROM module WHERE path = %Q",
				id, item->address, item->module);
		else
			scenario_sql(s,
				"INSERT INTO object (id, kind, process, module, offset, create_ns)"
				" SELECT %lld, %Q, 1, id, %lld, 0 FROM module WHERE path = %Q",
				id, item->kind, item->address, item->module);
	}
}

void sample_finish(struct sample *sample)
{
	expected_finish(&sample->list);
	scenario_finish(&sample->scenario);
}

char *sample_query(struct scenario *s, const char *format, ...)
{
	sqlite3_stmt *statement;
	va_list arguments;
	const char *value = NULL;
	char *sql, *text;

	va_start(arguments, format);
	sql = sqlite3_vmprintf(format, arguments);
	va_end(arguments);
	cr_assert_eq(sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL), SQLITE_OK, "%s: %s", sql,
		sqlite3_errmsg(s->db));
	if (sqlite3_step(statement) == SQLITE_ROW)
		value = (const char *)sqlite3_column_text(statement, 0);
	text = hw_xstrdup(value ? value : "");
	sqlite3_finalize(statement);
	sqlite3_free(sql);
	return text;
}

void sample_resolve(struct scenario *s)
{
	struct hw_error error = { "", "" };

	cr_assert_eq(hw_resolve_recording(s->db, &error), 0, "%s", error.message);
}

void sample_stacks(struct scenario *s)
{
	scenario_sql(s,
		"INSERT INTO frame (id, module, offset, function, file, line, caller) VALUES"
		" (1, 1, 10, 'main', '/src/bank.c', 7, NULL),"
		" (3, 1, 20, 'take', '/src/pool.c', 42, NULL),"
		" (2, 1, 20, 'std::mutex::lock', '/usr/include/mutex', 99, 3),"
		" (4, 1, 30, 'take', '/src/pool.c', 43, NULL)");
	scenario_sql(s, "INSERT INTO stack (id, parent, frame) VALUES"
			" (1, NULL, 1), (2, 1, 2), (3, 1, 4), (4, 1, 2)");
}
