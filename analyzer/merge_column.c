/* SPDX-License-Identifier: MIT */
#include "analyzer/merge_column.h"

#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

static const char missing[] = "NULL";

bool hw_merge_has(sqlite3 *db, const char *table, const char *column)
{
	return sqlite3_table_column_metadata(
		       db, NULL, table, column, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

char *hw_merge_columns(sqlite3 *db, const char *table, const char *columns)
{
	char *names = hw_xstrdup(columns), *rest = names, *name;
	/* A name has a letter at least, and a comma after it. */
	char *text = hw_xmalloc(strlen(columns) * sizeof(missing) + 1), *at = text;

	while ((name = strsep(&rest, ","))) {
		name += strspn(name, " ");
		if (at != text)
			at = stpcpy(at, ", ");
		at = stpcpy(at, hw_merge_has(db, table, name) ? name : missing);
	}
	free(names);
	return text;
}
