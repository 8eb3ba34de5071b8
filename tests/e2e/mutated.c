/* SPDX-License-Identifier: MIT */
#include "tests/e2e/mutated.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGES_MAX = 4, NAMES_MAX = 32 };

static sqlite3 *open_file(const char *file, int flags)
{
	sqlite3 *db = NULL;

	cr_assert_eq(sqlite3_open_v2(file, &db, flags, NULL), SQLITE_OK, "cannot open '%s'", file);
	return db;
}

void hw_mutated_copy(const char *from, const char *to)
{
	sqlite3 *source = open_file(from, SQLITE_OPEN_READONLY), *target;
	sqlite3_backup *backup;

	remove(to);
	target = open_file(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	backup = sqlite3_backup_init(target, "main", source, "main");
	cr_assert(backup);
	sqlite3_backup_step(backup, -1);
	cr_assert_eq(sqlite3_backup_finish(backup), SQLITE_OK);
	sqlite3_close(target);
	sqlite3_close(source);
}

void hw_mutated_change(const char *file, const char *sql)
{
	sqlite3 *db = open_file(file, SQLITE_OPEN_READWRITE);

	cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s in %s",
		sqlite3_errmsg(db), sql);
	sqlite3_close(db);
}

/* Marsaglia's xorshift: the same numbers on every machine. */
static uint64_t next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

struct names {
	char all[NAMES_MAX][64];
	unsigned count;
};

static void read_names(sqlite3 *db, const char *sql, struct names *ret_names)
{
	sqlite3_stmt *row = NULL;

	ret_names->count = 0;
	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK, "%s",
		sqlite3_errmsg(db));
	while (sqlite3_step(row) == SQLITE_ROW && ret_names->count < NAMES_MAX)
		snprintf(ret_names->all[ret_names->count++], sizeof(ret_names->all[0]), "%s",
			sqlite3_column_text(row, 0));
	sqlite3_finalize(row);
	cr_assert(ret_names->count, "nothing: %s", sql);
}

/* Half of all changes are to events. */
static const char *choose_table(sqlite3 *db, uint64_t *state, struct names *tables)
{
	read_names(db,
		"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
		"ORDER BY name",
		tables);
	return next(state) % 2 ? "event" : tables->all[next(state) % tables->count];
}

static char *choose_value(uint64_t *state, const char *table, const char *column)
{
	static const char *const absurd[] = { "NULL", "0", "-1", "1", "4294967295", "4294967296",
		"9223372036854775807", "-9223372036854775807 - 1", "'nonsense'", "x'ff00'", "''",
		"1e300" };

	if (next(state) % 2)
		return sqlite3_mprintf("%s",
			absurd[next(state) % (sizeof(absurd) / sizeof(absurd[0]))]);
	return sqlite3_mprintf("(SELECT \"%w\" FROM \"%w\" LIMIT 1 OFFSET %llu %% "
			       "(SELECT count(*) FROM \"%w\"))", column, table,
		(unsigned long long)(next(state) >> 1), table);
}

/* A condition that some rows of a table meet; without rowid, all of them may. */
static char *choose_rows(uint64_t *state, const char *table, const char *column)
{
	uint64_t modulus = 1 + next(state) % 50, rest = next(state) % modulus;

	if (next(state) % 2)
		return sqlite3_mprintf("\"%w\" = (SELECT \"%w\" FROM \"%w\" LIMIT 1 OFFSET %llu %% "
				       "(SELECT count(*) FROM \"%w\"))", column, column, table,
			(unsigned long long)(next(state) >> 1), table);
	return sqlite3_mprintf("abs(ifnull(\"%w\", 0) %% 1000003) %% %llu = %llu", column,
		(unsigned long long)modulus, (unsigned long long)rest);
}

/* One statement; rows that break a constraint of the schema are left as they are. */
static char *choose_change(sqlite3 *db, uint64_t *state)
{
	struct names tables, columns;
	const char *table = choose_table(db, state, &tables), *column;
	char *sql, *query = sqlite3_mprintf("SELECT name FROM pragma_table_info('%q')", table);
	char *rows, *value;

	read_names(db, query, &columns);
	sqlite3_free(query);
	column = columns.all[next(state) % columns.count];
	rows = choose_rows(state, table, columns.all[0]);
	value = choose_value(state, table, column);
	switch (next(state) % 4) {
	case 0:
		sql = sqlite3_mprintf("DELETE FROM \"%w\" WHERE %s", table, rows);
		break;
	default:
		sql = sqlite3_mprintf("UPDATE OR IGNORE \"%w\" SET \"%w\" = %s WHERE %s", table,
			column, value, rows);
		break;
	}
	sqlite3_free(rows);
	sqlite3_free(value);
	return sql;
}

char *hw_mutated_at_random(const char *file, unsigned number)
{
	sqlite3 *db = open_file(file, SQLITE_OPEN_READWRITE);
	uint64_t state = 88172645463325252u ^ (uint64_t)(number + 1) * 2654435761u;
	unsigned count = 1 + next(&state) % CHANGES_MAX;
	char *all = NULL;
	size_t size;
	FILE *out = open_memstream(&all, &size);

	cr_assert(out);
	fprintf(out, "mutation %u: ", number);
	for (unsigned i = 0; i < count; i++) {
		char *sql = choose_change(db, &state);

		sqlite3_exec(db, sql, NULL, NULL, NULL);
		fprintf(out, "%s; ", sql);
		sqlite3_free(sql);
	}
	fclose(out);
	sqlite3_close(db);
	return all;
}
