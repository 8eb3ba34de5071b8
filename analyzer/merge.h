/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_MERGE_H
#define HW_ANALYZER_MERGE_H

/*
 * Several recordings written into one, as if the runs had happened one after
 * the other: processes, threads and objects get new ids and stay what they are,
 * different ones in different runs; times of a run begin where those of the run
 * before ended. Only what has no life of its own is shared: classes, by
 * their keys, and modules, by path and build id.
 *
 * The result is a recording like any other, plus rows of meta that say what it was
 * made of: for run N (1, 2, 3 ...) "merged.N" is the file, as the user named it, and
 * "merged.N.process" and "merged.N.object" are the first ids that its processes and
 * objects may have. So nothing of a run is lost, and what each run shows by itself is
 * found again in the result; what only all of them show is the matter of across.h.
 * Merging what was merged keeps its runs.
 *
 * Findings that a run stored are left out: they tell of ids that are no more.
 */

#include <sqlite3.h>
#include <stddef.h>

#include "trace/error.h"

/*
 * Merge the recordings of these paths into `db`, an empty database. The names of all
 * are looked up first. Fails, with what is in `db` of no use, when one cannot be
 * read or is named twice.
 */
int hw_merge_files(
	sqlite3 *db, const char *const *files, size_t file_count, struct hw_error *error);

#endif
