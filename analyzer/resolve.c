/* SPDX-License-Identifier: MIT */
#include "analyzer/resolve.h"

#include <errno.h>

#include "analyzer/resolve_part.h"

/* What the row `named` of meta says after this was run on all frames and objects there are. */
#define EXTENT                                              \
	"(SELECT ifnull(max(id), 0) FROM frame) || ' ' || " \
	"(SELECT ifnull(max(id), 0) FROM object)"

int hw_resolve_fail(struct hw_resolver *resolver)
{
	int code = -EIO;

	switch (sqlite3_errcode(resolver->db) & 0xff) {
	case SQLITE_READONLY:
		code = -EROFS;
		break;
	case SQLITE_FULL:
		code = -ENOSPC;
		break;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		code = -EBUSY;
		break;
	}
	return hw_error_set(resolver->error, code, "cannot add names to the recording: %s",
		sqlite3_errmsg(resolver->db));
}

int hw_resolve_prepare(struct hw_resolver *resolver, const char *sql, sqlite3_stmt **ret_statement)
{
	if (sqlite3_prepare_v2(resolver->db, sql, -1, ret_statement, NULL) != SQLITE_OK)
		return hw_resolve_fail(resolver);
	return 0;
}

int hw_resolve_step(struct hw_resolver *resolver, sqlite3_stmt *statement)
{
	switch (sqlite3_step(statement)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		return 0;
	default:
		return hw_resolve_fail(resolver);
	}
}

int hw_resolve_run(struct hw_resolver *resolver, sqlite3_stmt *statement)
{
	int code = hw_resolve_step(resolver, statement);

	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return code < 0 ? code : 0;
}

void hw_resolve_bind(sqlite3_stmt *statement, int parameter, const char *text)
{
	sqlite3_bind_text(statement, parameter, text, -1, SQLITE_STATIC);
}

void hw_resolve_bind_known(sqlite3_stmt *statement, int parameter, int64_t number)
{
	if (number)
		sqlite3_bind_int64(statement, parameter, number);
	else
		sqlite3_bind_null(statement, parameter);
}

static int execute(struct hw_resolver *resolver, const char *sql)
{
	if (sqlite3_exec(resolver->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return hw_resolve_fail(resolver);
	return 0;
}

int hw_resolve_note(struct hw_resolver *resolver, const char *text)
{
	sqlite3_stmt *statement;
	int code = hw_resolve_prepare(resolver,
		"INSERT INTO meta (key, value)"
		" SELECT 'note.' || (1 + ifnull(max(CAST(substr(key, 6) AS INTEGER)), 0)), ?1"
		" FROM meta WHERE key LIKE 'note.%'"
		" HAVING NOT EXISTS (SELECT 1 FROM meta WHERE key LIKE 'note.%' AND value = ?1)",
		&statement);

	if (code)
		return code;
	hw_resolve_bind(statement, 1, text);
	code = hw_resolve_run(resolver, statement);
	sqlite3_finalize(statement);
	return code;
}

static int add_notes(struct hw_resolver *resolver)
{
	const char *note;

	for (size_t i = 0; (note = hw_symbol_note(resolver->symbols, i)); i++) {
		int code = hw_resolve_note(resolver, note);

		if (code)
			return code;
	}
	return 0;
}

static int complete(struct hw_resolver *resolver)
{
	int code = hw_resolve_frames(resolver);

	if (!code)
		code = hw_resolve_objects(resolver);
	if (!code)
		code = add_notes(resolver);
	if (!code)
		code = hw_resolve_modules(resolver);
	if (!code)
		code = hw_resolve_bypasses(resolver);
	if (!code)
		code = hw_resolve_unrecorded(resolver);
	if (!code)
		code = execute(resolver,
			"INSERT INTO meta (key, value) SELECT 'named', " EXTENT " WHERE true"
			" ON CONFLICT (key) DO UPDATE SET value = excluded.value"
			" WHERE value IS NOT excluded.value");
	return code;
}

/* One number from the recording; 0 when it is not there. */
static int64_t read_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;
	int64_t number = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		return 0;
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

bool hw_resolve_done(sqlite3 *db)
{
	return read_number(db, "SELECT value = " EXTENT " FROM meta WHERE key = 'named'") == 1;
}

int hw_resolve_recording(sqlite3 *db, struct hw_error *error)
{
	struct hw_resolver resolver = { .db = db, .error = error };
	int code = execute(&resolver, "SAVEPOINT names");

	if (code)
		return code;
	resolver.symbols = hw_symbol_create(
		read_number(db, "SELECT value FROM meta WHERE key = 'started_at'"));
	code = complete(&resolver);
	if (!code)
		code = execute(&resolver, "RELEASE names");
	if (code)
		sqlite3_exec(db, "ROLLBACK TO names; RELEASE names", NULL, NULL, NULL);
	hw_symbol_destroy(resolver.symbols);
	return code;
}
