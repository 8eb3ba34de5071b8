/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_EVENT_TABLE_H
#define HW_TRACE_EVENT_TABLE_H

/*
 * Packed events as a table: the SQLite module `holdwait_event`, with exactly the columns of
 * `event`, in the order of their ids.
 *
 * A recording that keeps its events packed declares `event` as a virtual table of this
 * module, over the blocks of the same database. Any connection that is to read it needs
 * the module: holdwait registers it in each that it opens, and for other
 * programs it is the loadable extension holdwait_event.so. Without a declaration,
 * `holdwait_event` itself is the same table, of the main database.
 *
 * What a query says about id, time_ns, thread and object by =, <, <=, >, >= and BETWEEN is
 * used to pass over blocks (event_blocks.h); that is never more than a shortcut, and
 * SQLite checks every row. The table cannot be written to.
 */

#include "trace/sqlite.h"

/* Register the module; an SQLite code. */
int hw_event_table_register(sqlite3 *db);

#endif
