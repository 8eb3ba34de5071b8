/* SPDX-License-Identifier: MIT */
#include "tests/unit/recording.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/schema.h"

static void check(struct scenario *s, int code, const char *sql)
{
	if (code == SQLITE_OK || code == SQLITE_DONE)
		return;
	fprintf(stderr, "%s\nin: %s\n", sqlite3_errmsg(s->db), sql);
	abort();
}

void scenario_sql(struct scenario *s, const char *format, ...)
{
	va_list arguments;
	char *sql;

	va_start(arguments, format);
	sql = sqlite3_vmprintf(format, arguments);
	va_end(arguments);
	check(s, sqlite3_exec(s->db, sql, NULL, NULL, NULL), sql);
	sqlite3_free(sql);
}

void scenario_init(struct scenario *s)
{
	memset(s, 0, sizeof(*s));
	s->source = "/home/me/bank/bank.c";
	check(s, sqlite3_open(":memory:", &s->db), "open");
	check(s, sqlite3_exec(s->db, hw_schema_sql, NULL, NULL, NULL), "schema");
	scenario_sql(s, "INSERT INTO meta VALUES ('version', '0.1.0'), ('command', 'bank --busy'),"
			" ('started_at', 1700000000), ('events', 0), ('lost', 0), ('complete', 1),"
			" ('ended_ns', 2000000000)");
	scenario_sql(s, "INSERT INTO module VALUES (1, '/usr/bin/bank', '00c0ffee', NULL)");
	scenario_process(s, "/usr/bin/bank");
}

void scenario_finish(struct scenario *s)
{
	sqlite3_close(s->db);
}

int64_t scenario_process(struct scenario *s, const char *exe)
{
	s->process = ++s->processes;
	scenario_sql(s, "INSERT INTO process VALUES (%lld, %s, %Q, %lld, %Q, %Q, 0, NULL)",
		s->process, s->process > 1 ? "1" : "NULL", s->process > 1 ? "fork" : "start",
		1000 + s->process, exe, exe);
	return s->process;
}

int64_t scenario_thread(struct scenario *s, const char *name)
{
	int64_t id = ++s->threads;

	scenario_sql(s,
		"INSERT INTO thread (id, process, tid, number, name, start_ns) VALUES (%lld, %lld, "
		"%lld, 1 + (SELECT count(*) FROM thread WHERE process = %lld), %Q, 0)",
		id, s->process, 1000 + id, s->process, name);
	return id;
}

/* Numbers inside brackets make objects of one class. */
static void class_key(const char *name, char ret_key[256])
{
	size_t length = 0;
	int inside = 0;

	for (; *name && length < 255; name++) {
		inside = *name == '[' ? 1 : *name == ']' ? 0 : inside;
		if (!inside || *name == '[')
			ret_key[length++] = *name;
	}
	ret_key[length] = '\0';
}

int64_t scenario_object(struct scenario *s, const char *kind, const char *name)
{
	int64_t id = ++s->objects;
	char key[256];

	class_key(name, key);
	scenario_sql(s, "INSERT OR IGNORE INTO class (kind, key, name) VALUES (%Q, %Q, %Q)", kind,
		key, key);
	scenario_sql(s,
		"INSERT INTO object (id, kind, process, address, create_ns, name, class) VALUES "
		"(%lld, %Q, %lld, %lld, 0, %Q, (SELECT id FROM class WHERE key = %Q))",
		id, kind, s->process, 0x1000 + 64 * id, name, key);
	return id;
}

static int64_t number_of(struct scenario *s, const char *format, ...)
{
	va_list arguments;
	sqlite3_stmt *row;
	int64_t result;
	char *sql;

	va_start(arguments, format);
	sql = sqlite3_vmprintf(format, arguments);
	va_end(arguments);
	check(s, sqlite3_prepare_v2(s->db, sql, -1, &row, NULL), sql);
	result = sqlite3_step(row) == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
	sqlite3_finalize(row);
	sqlite3_free(sql);
	return result;
}

static int64_t frame_of(struct scenario *s, const char *text, size_t length)
{
	char function[256];
	long line = 1;
	char *colon;
	int64_t id;

	snprintf(function, sizeof(function), "%.*s", (int)length, text);
	colon = strrchr(function, ':');
	if (colon && colon[1] >= '0' && colon[1] <= '9') {
		line = strtol(colon + 1, NULL, 10);
		*colon = '\0';
	}
	id = number_of(
		s, "SELECT id FROM frame WHERE function = %Q AND line = %ld", function, line);
	if (id)
		return id;
	id = ++s->frames;
	scenario_sql(s, "INSERT INTO frame VALUES (%lld, 1, %lld, %Q, %Q, %ld, NULL, NULL)", id,
		0x4000 + 16 * id, function, s->source, line);
	return id;
}

int64_t scenario_stack(struct scenario *s, const char *place)
{
	const char *separator = strstr(place, " < ");
	size_t length = separator ? (size_t)(separator - place) : strlen(place);
	int64_t parent = separator ? scenario_stack(s, separator + 3) : 0;
	int64_t frame = frame_of(s, place, length), id;

	id = number_of(s, "SELECT id FROM stack WHERE frame = %lld AND coalesce(parent, 0) = %lld",
		frame, parent);
	if (id)
		return id;
	id = ++s->stacks;
	scenario_sql(
		s, "INSERT INTO stack VALUES (%lld, nullif(%lld, 0), %lld, 0)", id, parent, frame);
	return id;
}

static int64_t default_stack(struct scenario *s, int64_t object, const char *place)
{
	char text[300], key[256];
	sqlite3_stmt *row;

	if (place)
		return scenario_stack(s, place);
	check(s, sqlite3_prepare_v2(s->db, "SELECT name FROM object WHERE id = ?", -1, &row, NULL),
		"name");
	sqlite3_bind_int64(row, 1, object);
	sqlite3_step(row);
	class_key((const char *)sqlite3_column_text(row, 0), key);
	sqlite3_finalize(row);
	snprintf(text, sizeof(text), "lock_%s:%d < main:9", key, 20 + (int)strlen(key));
	return scenario_stack(s, text);
}

int64_t scenario_depend(struct scenario *s, int64_t thread, int64_t object, const char *mode,
	const char *how, const char *place, const struct scenario_hold *holds)
{
	int64_t id = ++s->dependencies;

	scenario_sql(s,
		"INSERT INTO dependency VALUES (%lld, %lld, %lld, %Q, %lld, %Q, 1, 10, 20, "
		"NULL)",
		id, thread, object, mode ? mode : "exclusive", default_stack(s, object, place),
		how ? how : "block");
	for (int i = 0; holds[i].object; i++)
		scenario_sql(s,
			"INSERT INTO dependency_hold VALUES (%lld, %d, %lld, %Q, %lld, 1)", id, i,
			holds[i].object, holds[i].mode ? holds[i].mode : "exclusive",
			default_stack(s, holds[i].object, holds[i].place));
	return id;
}

void scenario_nest(struct scenario *s, int64_t thread, const char *function, ...)
{
	struct scenario_hold holds[256] = { 0 };
	char places[256][80];
	va_list arguments;
	int64_t object;
	int count = 0;

	va_start(arguments, function);
	while ((object = va_arg(arguments, int64_t)) != NULL_OBJECT && count < 255) {
		snprintf(places[count], sizeof(places[count]), "%s:%d < main:9", function,
			10 * (count + 1));
		if (count > 0)
			scenario_depend(s, thread, object, NULL, NULL, places[count], holds);
		holds[count] = (struct scenario_hold){ object, NULL, places[count] };
		count++;
	}
	va_end(arguments);
}

void scenario_declare(
	struct scenario *s, int64_t thread, int64_t first, int64_t second, const char *place)
{
	scenario_sql(s,
		"INSERT INTO declared_order (first, second, thread, stack, count, first_ns) "
		"VALUES (%lld, %lld, %lld, %lld, 1, 0)",
		first, second, thread, scenario_stack(s, place));
}

void scenario_hold(
	struct scenario *s, int64_t thread, int64_t object, const char *mode, const char *place)
{
	scenario_sql(s,
		"INSERT INTO hold VALUES (%lld, (SELECT count(*) FROM hold WHERE thread = %lld), "
		"%lld, "
		"%Q, 1, %lld, 1000)",
		thread, thread, object, mode ? mode : "exclusive", default_stack(s, object, place));
}

void scenario_wait(
	struct scenario *s, int64_t thread, int64_t object, const char *mode, const char *place)
{
	scenario_sql(s,
		"INSERT INTO wait VALUES (%lld, %lld, %Q, 'block', %lld, 2000, NULL)", thread,
		object, mode ? mode : "exclusive", default_stack(s, object, place));
}
