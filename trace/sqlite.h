/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_SQLITE_H
#define HW_TRACE_SQLITE_H

/*
 * SQLite, for files that are also part of the extension holdwait_event.so: there its
 * functions are those of the program that loads it, which may have an SQLite of its own.
 */

#ifdef HW_SQLITE_EXTENSION
#include <sqlite3ext.h>
extern const sqlite3_api_routines *sqlite3_api;
#else
#include <sqlite3.h>
#endif

#endif
