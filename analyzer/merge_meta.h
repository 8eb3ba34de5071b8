/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_MERGE_META_H
#define HW_ANALYZER_MERGE_META_H

/*
 * What a merged recording says of itself (see merge.h). Of the runs it is made of:
 * numbers of events are added up, the earliest start counts, and it is complete when
 * all are; commands are listed; directory, host, clock and depth are there when all
 * runs agree; a note names the run that it is about.
 */

#include <sqlite3.h>
#include <stdint.h>

#include "trace/error.h"

/* Where the rows of a run begin: the last id and time before it. */
struct hw_merge_start {
	int64_t process, object;
	int64_t begin_ns;
};

/* Add what the recording `source`, which the user calls `file`, says of its run. */
int hw_merge_meta_add(sqlite3 *db, sqlite3 *source, const char *file, struct hw_merge_start start,
	struct hw_error *error);

/* All runs were added. */
int hw_merge_meta_finish(sqlite3 *db, struct hw_error *error);

#endif
