/* SPDX-License-Identifier: MIT */
#include "analyzer/merge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/merge_column.h"
#include "analyzer/merge_event.h"
#include "analyzer/merge_meta.h"
#include "analyzer/recording.h"
#include "trace/event_table.h"
#include "trace/memory.h"
#include "trace/schema.h"
#include "trace/table.h"

/* Tables whose rows have ids that others refer to. */
enum space { PROCESS, THREAD, MODULE, FRAME, STACK, CLASS, OBJECT, DEPENDENCY, SPACE_COUNT };

static const char *const space_tables[] = { "process", "thread", "module", "frame", "stack",
	"class", "object", "dependency" };

/*
 * How each table but that of events is copied. `kinds` has a letter for each column: '.' as
 * it is, '+' a time, or what it is an id of, by initial; 'K' is a stack that 0 stands for
 * no stack in.
 */
static const struct copy {
	const char *table, *columns, *kinds;
} copies[] = {
	{ "process", "id, parent, origin, pid, exe, command, start_ns, end_ns", "PP....++" },
	{ "frame", "id, module, offset, function, file, line, caller, signal", "FM....F." },
	{ "stack", "id, parent, frame, signals", "SSF." },
	{ "object",
		"id, kind, type, process, address, generation, shared_key, module, offset,"
		" create_stack, initialised, create_ns, destroy_ns, role, capacity, name, class",
		"O..P...M.S.++...C" },
	{ "thread",
		"id, process, tid, number, name, creator, create_stack, object, start_ns, end_ns,"
		" lost",
		"TP...TSO++." },
	{ "dependency", "id, thread, object, mode, stack, how, count, first_ns, last_ns, units",
		"DTO.S..++." },
	{ "dependency_hold", "dependency, position, object, mode, stack, count", "D.O.S." },
	{ "misuse",
		"what, how, thread, object, stack, relation, other, other_stack, count, first_ns",
		"..TOS.TS.+" },
	{ "declared_order", "first, second, thread, stack, count, first_ns", "OOTS.+" },
	{ "contention",
		"object, stack, acquired, waited, wait_ns, wait_max_ns, hold_ns, hold_max_ns,"
		" wait_max_thread, wait_max_holder, wait_max_stack",
		"OK......TTS" },
	{ "hold", "thread, position, object, mode, count, stack, since_ns", "T.O..S+" },
	{ "wait", "thread, object, mode, how, stack, since_ns, units", "TO..S+." },
};

struct merge {
	sqlite3 *db;
	sqlite3 *source;
	struct hw_event_writer *events; /* of the result */
	const char *file; /* the source, for messages */
	struct hw_error *error;
	int64_t offsets[SPACE_COUNT]; /* what is added to an id of the source */
	struct hw_table modules, classes; /* their ids, from those of the source */
	int64_t begin_ns; /* of the source's run in the result */
};

static int failed(const struct merge *m, sqlite3 *db)
{
	return hw_error_set(
		m->error, -EIO, "cannot merge '%s': %s", m->file, sqlite3_errmsg(db));
}

static int damaged(const struct merge *m, const char *table)
{
	return hw_error_set(m->error, -EBADMSG,
		"cannot merge '%s': a number in its table '%s' is out of range", m->file, table);
}

static int execute(const struct merge *m, sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : failed(m, db);
}

static int number(const struct merge *m, sqlite3 *db, const char *sql, int64_t *ret_number)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		*ret_number = sqlite3_column_int64(statement, 0);
	code = code == SQLITE_ROW ? 0 : failed(m, db);
	sqlite3_finalize(statement);
	return code;
}

static enum space space_of(char kind)
{
	static const char letters[] = "PTMFSCOD";

	return (enum space)(strchr(letters, kind) - letters);
}

/* An id of the source in the result; false when there is no such number. */
static bool translate(const struct merge *m, char kind, int64_t id, int64_t *ret_id)
{
	return !__builtin_add_overflow(id, m->offsets[space_of(kind)], ret_id);
}

/* Bind the shared row that a row of the source became; what leads nowhere is not known. */
static void bind_shared(const struct hw_table *ids, sqlite3_stmt *to, int parameter, int64_t id)
{
	const uint64_t *shared = hw_table_find(ids, (uint64_t)id);

	if (shared)
		sqlite3_bind_int64(to, parameter, (int64_t)*shared);
	else
		sqlite3_bind_null(to, parameter);
}

/* Bind one column of a source's row to the result's; false when it is out of range. */
static bool bind(const struct merge *m, sqlite3_stmt *to, sqlite3_stmt *from, int column, char kind)
{
	int64_t value = sqlite3_column_int64(from, column);
	bool known = sqlite3_column_type(from, column) == SQLITE_INTEGER;

	if (known && (kind == 'M' || kind == 'C')) {
		bind_shared(kind == 'M' ? &m->modules : &m->classes, to, column + 1, value);
		return true;
	}
	if (kind == 'K') {
		kind = 'S';
		known &= value != 0;
	}
	if (known && kind == '+' && __builtin_add_overflow(value, m->begin_ns, &value))
		return false;
	if (known && kind != '+' && kind != '.' && !translate(m, kind, value, &value))
		return false;
	if (known)
		sqlite3_bind_int64(to, column + 1, value);
	else
		sqlite3_bind_value(to, column + 1, sqlite3_column_value(from, column));
	return true;
}

/* "?, ?, ?" */
static char *parameters(size_t count)
{
	char *text = hw_xmalloc(3 * count + 1), *at = text;

	for (size_t i = 0; i < count; i++)
		at = stpcpy(at, i ? ", ?" : "?");
	return text;
}

static int prepare(const struct merge *m, const struct copy *copy, sqlite3_stmt **ret_from,
	sqlite3_stmt **ret_to)
{
	char *values = parameters(strlen(copy->kinds));
	char *columns = hw_merge_columns(m->source, copy->table, copy->columns);
	char *select = hw_xasprintf("SELECT %s FROM %s", columns, copy->table);
	char *insert = hw_xasprintf(
		"INSERT INTO %s(%s) VALUES(%s)", copy->table, copy->columns, values);
	int code = 0;

	if (sqlite3_prepare_v2(m->source, select, -1, ret_from, NULL) != SQLITE_OK)
		code = failed(m, m->source);
	else if (sqlite3_prepare_v2(m->db, insert, -1, ret_to, NULL) != SQLITE_OK)
		code = failed(m, m->db);
	free(values);
	free(columns);
	free(select);
	free(insert);
	return code;
}

static int copy_table(const struct merge *m, const struct copy *copy)
{
	int columns = (int)strlen(copy->kinds), step = SQLITE_DONE;
	sqlite3_stmt *from = NULL, *to = NULL;
	int code = hw_merge_has(m->source, copy->table, NULL) ? prepare(m, copy, &from, &to) : 0;

	while (!code && from && (step = sqlite3_step(from)) == SQLITE_ROW) {
		for (int i = 0; i < columns && !code; i++)
			if (!bind(m, to, from, i, copy->kinds[i]))
				code = damaged(m, copy->table);
		if (!code && sqlite3_step(to) != SQLITE_DONE)
			code = failed(m, m->db);
		sqlite3_reset(to);
	}
	if (!code && step != SQLITE_DONE)
		code = failed(m, m->source);
	sqlite3_finalize(from);
	sqlite3_finalize(to);
	return code;
}

/*
 * Give each row of a table the id of an equal one in the result, added where there is
 * none. `select` gives id and three values; `find` and `insert` get the values.
 */
static int share_rows(const struct merge *m, const char *select, const char *insert,
	const char *find, struct hw_table *ids)
{
	sqlite3_stmt *from = NULL, *to = NULL, *look = NULL;
	int step = SQLITE_ERROR, code = 0;

	hw_table_finish(ids);
	if (sqlite3_prepare_v2(m->db, insert, -1, &to, NULL) != SQLITE_OK ||
		sqlite3_prepare_v2(m->db, find, -1, &look, NULL) != SQLITE_OK)
		code = failed(m, m->db);
	else if (sqlite3_prepare_v2(m->source, select, -1, &from, NULL) != SQLITE_OK)
		code = failed(m, m->source);
	while (!code && (step = sqlite3_step(from)) == SQLITE_ROW) {
		for (int i = 1; i <= 3; i++) {
			sqlite3_bind_value(to, i, sqlite3_column_value(from, i));
			sqlite3_bind_value(look, i, sqlite3_column_value(from, i));
		}
		if (sqlite3_step(to) != SQLITE_DONE || sqlite3_step(look) != SQLITE_ROW)
			code = failed(m, m->db);
		else
			*hw_table_put(ids, (uint64_t)sqlite3_column_int64(from, 0), NULL) =
				(uint64_t)sqlite3_column_int64(look, 0);
		sqlite3_reset(to);
		sqlite3_reset(look);
	}
	if (!code && step != SQLITE_DONE)
		code = failed(m, m->source);
	sqlite3_finalize(from);
	sqlite3_finalize(to);
	sqlite3_finalize(look);
	return code;
}

static int share(struct merge *m)
{
	int code = share_rows(m, "SELECT id, path, build_id, language FROM module",
		"INSERT INTO module(path, build_id, language) SELECT ?1, ?2, ?3 WHERE NOT EXISTS "
		"(SELECT 1 FROM module WHERE path = ?1 AND build_id IS ?2)",
		"SELECT id FROM module WHERE path = ?1 AND build_id IS ?2 AND ?3 IS ?3",
		&m->modules);

	return code ? code
		    : share_rows(m, "SELECT id, kind, key, name FROM class",
			      "INSERT OR IGNORE INTO class(kind, key, name) VALUES(?1, ?2, ?3)",
			      "SELECT id FROM class WHERE key = ?2 OR (?1 IS NULL AND ?3 IS NULL)",
			      &m->classes);
}

/* New ids follow those that are there already. */
static int find_offsets(struct merge *m)
{
	int code = 0;

	for (int i = 0; i < SPACE_COUNT && !code; i++) {
		char *sql = hw_xasprintf("SELECT ifnull(max(id), 0) FROM %s", space_tables[i]);

		code = number(m, m->db, sql, &m->offsets[i]);
		free(sql);
	}
	return code;
}

/* Where the run that was copied last ended, whatever says so. */
static int find_end(struct merge *m)
{
	int64_t last_event_ns = hw_event_writer_last_ns(m->events);
	int code = number(m, m->db,
		"SELECT max("
		"(SELECT ifnull(max(max(start_ns, ifnull(end_ns, 0))), 0) FROM process),"
		"(SELECT ifnull(max(max(start_ns, ifnull(end_ns, 0))), 0) FROM thread),"
		"(SELECT ifnull(max(last_ns), 0) FROM dependency),"
		"(SELECT ifnull(max(since_ns), 0) FROM wait),"
		"(SELECT ifnull(max(value), 0) FROM meta WHERE key = 'ended_ns'))",
		&m->begin_ns);

	if (!code && m->begin_ns < last_event_ns)
		m->begin_ns = last_event_ns;
	return code;
}

static int copy_all(struct merge *m)
{
	int code = find_offsets(m);

	if (!code)
		code = share(m);
	for (size_t i = 0; i < sizeof(copies) / sizeof(*copies) && !code; i++)
		code = copy_table(m, &copies[i]);
	if (!code)
		code = hw_merge_events(m->source, m->file, m->events,
			&(struct hw_merge_shift){ .process = m->offsets[PROCESS],
				.thread = m->offsets[THREAD],
				.object = m->offsets[OBJECT],
				.stack = m->offsets[STACK],
				.time_ns = m->begin_ns },
			m->error);
	if (!code)
		code = hw_merge_meta_add(m->db, m->source, m->file,
			(struct hw_merge_start){ .process = m->offsets[PROCESS],
				.object = m->offsets[OBJECT],
				.begin_ns = m->begin_ns },
			m->error);
	return code ? code : find_end(m);
}

/* One state of the source, even when it still grows. */
static int merge_file(struct merge *m)
{
	struct hw_recording recording;
	int code = hw_recording_open(m->file, HW_RECORDING_WITH_NAMES, &recording, m->error);

	if (code)
		return code;
	m->source = recording.db;
	code = execute(m, m->source, "SAVEPOINT hw_merge");
	if (!code)
		code = copy_all(m);
	sqlite3_exec(m->source, "RELEASE hw_merge", NULL, NULL, NULL);
	hw_recording_close(&recording);
	return code;
}

static int check_twice(const char *const *files, size_t count, struct hw_error *error)
{
	struct stat one, other;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (stat(files[i], &one) == 0 && stat(files[j], &other) == 0 &&
				one.st_dev == other.st_dev && one.st_ino == other.st_ino) {
				hw_error_set(error, -EINVAL, "'%s' and '%s' are one recording",
					files[j], files[i]);
				hw_error_hint(error, "name every recording once");
				return -EINVAL;
			}
	return 0;
}

/* An empty recording, and a transaction in which it is filled. */
static int begin(struct merge *m)
{
	int code = execute(m, m->db, hw_schema_sql);

	if (!code)
		code = execute(m, m->db, "BEGIN");
	if (!code && (hw_event_table_register(m->db) != SQLITE_OK ||
			     hw_event_writer_create(m->db, HW_EVENT_FORM_AUTO, &m->events) !=
				     SQLITE_OK))
		code = failed(m, m->db);
	return code;
}

static int settle_events(const struct merge *m)
{
	int code = hw_event_writer_flush(m->events) == SQLITE_OK ? 0 : failed(m, m->db);

	if (!code && hw_event_writer_wants_rows(m->events) &&
		hw_event_writer_make_rows(m->events) != SQLITE_OK)
		code = failed(m, m->db);
	return code;
}

int hw_merge_files(
	sqlite3 *db, const char *const *files, size_t file_count, struct hw_error *error)
{
	struct merge m = { .db = db, .file = "the recordings", .error = error };
	int code = check_twice(files, file_count, error);

	if (code)
		return code;
	code = begin(&m);
	for (size_t i = 0; i < file_count && !code; i++) {
		m.file = files[i];
		code = merge_file(&m);
	}
	if (!code)
		code = hw_merge_meta_finish(db, error);
	if (!code)
		code = settle_events(&m);
	if (!code)
		code = execute(&m, db, "COMMIT");
	hw_event_writer_destroy(m.events);
	hw_table_finish(&m.modules);
	hw_table_finish(&m.classes);
	return code;
}
