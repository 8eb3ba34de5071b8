/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_RECORDING_H
#define HW_ANALYZER_RECORDING_H

/*
 * A recording opened for reading. The file is never changed: when its names
 * were not looked up yet (the collector was killed, or still runs), it is copied
 * into memory and completed there.
 *
 * A recording of a running or killed collector is in write-ahead mode, where
 * SQLite wants to put a file next to it. Where that is not possible, in a
 * read-only directory, it is opened as unchanging; and when committed data still
 * waits in its `-wal` file, both are copied away first.
 */

#include <sqlite3.h>

#include "trace/error.h"

/* The newest PRAGMA user_version that is understood. */
#define HW_RECORDING_VERSION 2

/* Where recordings go, and are looked for, when no file is given. */
#define HW_RECORDING_DEFAULT "holdwait.db"

struct hw_recording {
	sqlite3 *db;
	char *path;
};

enum hw_recording_names {
	HW_RECORDING_AS_IT_IS,
	HW_RECORDING_WITH_NAMES, /* functions, source lines and names of locks looked up */
};

/*
 * Open and check a recording. Every way in which it can be something else
 * (missing, no database, another program's database, of a newer holdwait) has its
 * message and hint. The caller closes a recording that was opened.
 */
int hw_recording_open(const char *path, enum hw_recording_names names,
	struct hw_recording *ret_recording, struct hw_error *error);

/* Close; also one of all zeroes. */
void hw_recording_close(struct hw_recording *recording);

#endif
