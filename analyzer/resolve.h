/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_RESOLVE_H
#define HW_ANALYZER_RESOLVE_H

/*
 * Completes a recording with what people want to read: function, file and line
 * of every frame (with a row more for each function it was inlined into), names
 * of static objects, and the classes of all objects (origin.h).
 *
 * The collector stores only numbers; this looks into the modules, once, when
 * the recording is whole. It fills what is missing and leaves the rest alone,
 * so it can be run again, for instance after debug information was installed.
 * Whatever cannot be found stays NULL. All happens in one transaction on any
 * database with the tables of a recording: the file itself, or a copy in
 * memory when the file must not change or is still being written (new rows
 * take ids that the collector would use next).
 */

#include <sqlite3.h>
#include <stdbool.h>

#include "trace/error.h"

/* This was run on all that the recording holds. */
bool hw_resolve_done(sqlite3 *db);

/*
 * Complete the recording. Modules that changed since the recording get a note in
 * meta and no names. Fails, and changes nothing, when the database does.
 */
int hw_resolve_recording(sqlite3 *db, struct hw_error *error);

#endif
