/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_RESOLVE_PART_H
#define HW_ANALYZER_RESOLVE_PART_H

/*
 * What resolve.c and its parts share: the database, the open modules and
 * the error. resolve_frame.c names frames; resolve_object.c then names objects
 * and gives them classes, for which it reads the named frames; resolve_module.c adds
 * notes about locks that modules have and that are not seen.
 */

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/symbol.h"
#include "trace/error.h"

struct hw_resolver {
	sqlite3 *db;
	struct hw_symbols *symbols;
	struct hw_error *error;
};

/* Report the database's last error; returns a negative errno. */
int hw_resolve_fail(struct hw_resolver *resolver);

/* Compile one statement; 0, or a negative errno. Finalised by the caller, NULL after a failure. */
int hw_resolve_prepare(struct hw_resolver *resolver, const char *sql, sqlite3_stmt **ret_statement);

/* The next row: 1, 0 after the last, or a negative errno. */
int hw_resolve_step(struct hw_resolver *resolver, sqlite3_stmt *statement);

/* Run a bound statement that gives no rows, and make it ready to be bound again. */
int hw_resolve_run(struct hw_resolver *resolver, sqlite3_stmt *statement);

/* Bind text, or NULL for NULL; the text must live until the statement was run. */
void hw_resolve_bind(sqlite3_stmt *statement, int parameter, const char *text);

/* Bind a number, or NULL for 0, which stands for "not known". */
void hw_resolve_bind_known(sqlite3_stmt *statement, int parameter, int64_t number);

/* Add one line for people to the recording, unless it is there. */
int hw_resolve_note(struct hw_resolver *resolver, const char *text);

/* The parts, in this order. */
int hw_resolve_frames(struct hw_resolver *resolver);
int hw_resolve_objects(struct hw_resolver *resolver);
int hw_resolve_modules(struct hw_resolver *resolver);
int hw_resolve_bypasses(struct hw_resolver *resolver);
int hw_resolve_unrecorded(struct hw_resolver *resolver);

#endif
