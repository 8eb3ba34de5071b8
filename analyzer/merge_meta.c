/* SPDX-License-Identifier: MIT */
/*
 * Rows of all runs are first gathered in a temporary table, and then made into one
 * row for each key.
 */
#include "analyzer/merge_meta.h"

#include <errno.h>
#include <stddef.h>

static int failed(sqlite3 *db, const char *file, struct hw_error *error)
{
	return hw_error_set(error, -EIO, "cannot merge '%s': %s", file, sqlite3_errmsg(db));
}

static int gather(sqlite3 *db, sqlite3 *source, const char *file, int64_t run,
	struct hw_error *error)
{
	sqlite3_stmt *from = NULL, *to = NULL;
	int code = 0, step = SQLITE_ERROR;

	/* A collector that was killed has not said how many events there are. */
	if (sqlite3_prepare_v2(source,
		    "SELECT key, value FROM meta UNION ALL SELECT 'events', count(*) FROM event"
		    " WHERE NOT EXISTS (SELECT 1 FROM meta WHERE key = 'events')",
		    -1, &from, NULL) != SQLITE_OK)
		return failed(source, file, error);
	if (sqlite3_prepare_v2(db, "INSERT INTO temp.gathered VALUES(?, ?, ?, ?)", -1, &to,
		    NULL) != SQLITE_OK)
		code = failed(db, file, error);
	while (!code && (step = sqlite3_step(from)) == SQLITE_ROW) {
		sqlite3_bind_int64(to, 1, run);
		sqlite3_bind_text(to, 2, file, -1, SQLITE_STATIC);
		sqlite3_bind_value(to, 3, sqlite3_column_value(from, 0));
		sqlite3_bind_value(to, 4, sqlite3_column_value(from, 1));
		if (sqlite3_step(to) != SQLITE_DONE)
			code = failed(db, file, error);
		sqlite3_reset(to);
	}
	if (!code && step != SQLITE_DONE)
		code = failed(source, file, error);
	sqlite3_finalize(from);
	sqlite3_finalize(to);
	return code;
}

/* The runs that the newest file brings, with the numbers that they get here. */
static const char add_runs[] =
	"WITH here AS (SELECT * FROM temp.gathered WHERE file_number = :number),"
	" known AS (SELECT count(*) AS count FROM meta"
	"   WHERE key GLOB 'merged.*' AND key NOT GLOB 'merged.*.*'),"
	" parts AS ("
	"  SELECT 1 AS number, :file AS file, 1 AS process, 1 AS object"
	"   WHERE NOT EXISTS (SELECT 1 FROM here WHERE key = 'merged.1')"
	"  UNION ALL SELECT CAST(substr(key, 8) AS INTEGER), value,"
	"   (SELECT value FROM here h WHERE h.key = here.key || '.process'),"
	"   (SELECT value FROM here h WHERE h.key = here.key || '.object')"
	"   FROM here WHERE key GLOB 'merged.*' AND key NOT GLOB 'merged.*.*'),"
	" rows(key, value) AS ("
	"  SELECT 'merged.' || (count + number), file FROM parts, known"
	"  UNION ALL SELECT 'merged.' || (count + number) || '.process', process + :process"
	"   FROM parts, known"
	"  UNION ALL SELECT 'merged.' || (count + number) || '.object', object + :object"
	"   FROM parts, known)"
	" INSERT INTO meta SELECT key, value FROM rows";

static const char add_end[] =
	"INSERT INTO meta SELECT key, value + :begin FROM temp.gathered"
	" WHERE file_number = :number AND key = 'ended_ns'"
	" ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)";

static void bind_number(sqlite3_stmt *statement, const char *name, int64_t value)
{
	int parameter = sqlite3_bind_parameter_index(statement, name);

	if (parameter)
		sqlite3_bind_int64(statement, parameter, value);
}

/* Run a statement about the newest file. */
static int run(sqlite3 *db, const char *sql, int64_t number, const char *file,
	struct hw_merge_start start, struct hw_error *error)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL), parameter;

	if (code == SQLITE_OK) {
		bind_number(statement, ":number", number);
		bind_number(statement, ":process", start.process);
		bind_number(statement, ":object", start.object);
		bind_number(statement, ":begin", start.begin_ns);
		parameter = sqlite3_bind_parameter_index(statement, ":file");
		if (parameter)
			sqlite3_bind_text(statement, parameter, file, -1, SQLITE_STATIC);
		code = sqlite3_step(statement);
	}
	sqlite3_finalize(statement);
	return code == SQLITE_DONE ? 0 : failed(db, file, error);
}

static int64_t next_number(sqlite3 *db)
{
	sqlite3_stmt *statement = NULL;
	int64_t number = 1;

	if (sqlite3_prepare_v2(db, "SELECT 1 + ifnull(max(file_number), 0) FROM temp.gathered",
		    -1, &statement, NULL) == SQLITE_OK &&
		sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

int hw_merge_meta_add(sqlite3 *db, sqlite3 *source, const char *file, struct hw_merge_start start,
	struct hw_error *error)
{
	int64_t number;
	int code;

	if (sqlite3_exec(db,
		    "CREATE TEMP TABLE IF NOT EXISTS gathered(file_number, file, key, value)",
		    NULL, NULL, NULL) != SQLITE_OK)
		return failed(db, file, error);
	number = next_number(db);
	code = gather(db, source, file, number, error);
	if (!code)
		code = run(db, add_runs, number, file, start, error);
	if (!code)
		code = run(db, add_end, number, file, start, error);
	return code;
}

int hw_merge_meta_finish(sqlite3 *db, struct hw_error *error)
{
	static const char sql[] =
		"INSERT INTO meta VALUES('version', '" HW_VERSION "');"
		"INSERT INTO meta SELECT 'command', group_concat(value, '; ')"
		" FROM (SELECT DISTINCT value FROM temp.gathered WHERE key = 'command')"
		" HAVING count(*) > 0;"
		"INSERT INTO meta SELECT key, min(value) FROM temp.gathered"
		" WHERE key IN ('directory', 'host', 'clock', 'depth', 'unwind')"
		" GROUP BY key HAVING count(DISTINCT value) = 1;"
		"INSERT INTO meta SELECT key, min(value) FROM temp.gathered"
		" WHERE key = 'started_at' GROUP BY key;"
		"INSERT INTO meta SELECT 'complete', min(complete) FROM (SELECT"
		" ifnull(max(CASE WHEN key = 'complete' THEN value END), 0) AS complete"
		" FROM temp.gathered GROUP BY file_number) HAVING count(*) > 0;"
		"INSERT INTO meta SELECT 'cut', min(1) FROM (SELECT max(key = 'cut') AS cut,"
		" ifnull(max(CASE WHEN key = 'complete' THEN value END), 0) AS complete"
		" FROM temp.gathered GROUP BY file_number)"
		" HAVING min(complete) = 0 AND min(complete OR cut);"
		"INSERT INTO meta SELECT key, sum(value) FROM temp.gathered"
		" WHERE key IN ('events', 'lost', 'ignored', 'blocked_ns',"
		" 'blocked_elsewhere_ns', 'stack_hits', 'stack_misses')"
		" GROUP BY key;"
		"INSERT INTO meta SELECT 'blocked_elsewhere.' || row_number() OVER (),"
		" blocked_ns || ' ' || module"
		" FROM (SELECT sum(CAST(value AS INTEGER)) AS blocked_ns,"
		" substr(value, instr(value, ' ') + 1) AS module"
		" FROM temp.gathered"
		" WHERE key GLOB 'blocked_elsewhere.*' GROUP BY module ORDER BY blocked_ns DESC);"
		"INSERT INTO meta SELECT 'note.' || row_number() OVER (), file || ': ' || value"
		" FROM temp.gathered WHERE key GLOB 'note.*'"
		" ORDER BY file_number, length(key), key;"
		"INSERT INTO meta SELECT 'named', (SELECT ifnull(max(id), 0) FROM frame) || ' ' ||"
		" (SELECT ifnull(max(id), 0) FROM object);"
		"DROP TABLE temp.gathered";

	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return failed(db, "the recordings", error);
	return 0;
}
