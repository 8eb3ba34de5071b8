/* SPDX-License-Identifier: MIT */
/*
 * The loadable extension holdwait_event.so: .load it, or sqlite3_load_extension(), and
 * `event` of a recording can be read whatever its form.
 */
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

#include "trace/event_table.h"

int sqlite3_holdwaitevent_init(sqlite3 *db, char **ret_message,
	const sqlite3_api_routines *routines);

__attribute__((visibility("default")))
int sqlite3_holdwaitevent_init(sqlite3 *db, char **ret_message,
	const sqlite3_api_routines *routines)
{
	SQLITE_EXTENSION_INIT2(routines);
	return hw_event_table_register(db);
}
