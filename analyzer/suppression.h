/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_SUPPRESSION_H
#define HW_ANALYZER_SUPPRESSION_H

/*
 * Findings that a project has decided to live with, as lines of a text file:
 *
 *   id hw-5f3a91c2                      exactly this finding
 *   rule HW009                          all of a rule
 *   class mutex static bank *           one of its locks is of such a class
 *   function Cache::evict*              in a call stack of one of its threads
 *   rule HW001 and function png_*       all of these
 *
 * Classes and functions are patterns as of fnmatch(3), and match as a whole. A class
 * is compared in both forms, that of JSON and that of reports, and a pattern also
 * matches itself, so that "table.forks[]" needs no escapes. A '#' that begins a line or follows a
 * blank begins a comment.
 *
 * Each line remembers whether it was of use: those that never are can go.
 */

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/finding.h"

/* Looked for in the current folder, and upward from it. */
#define HW_SUPPRESSION_FILE ".holdwait-suppressions"

struct hw_suppression {
	const char *file;
	unsigned line;
	const char *text; /* as written, without comment */
	struct hw_condition *conditions;
	size_t condition_count;
	bool used;
};

/* All zeroes is none. */
struct hw_suppressions {
	struct hw_suppression *all;
	size_t count, capacity;
	struct hw_arena arena;
};

/* Add those of a file; the first line that makes no sense is an error that names it. */
int hw_suppressions_load(
	struct hw_suppressions *suppressions, const char *path, struct hw_error *error);
void hw_suppressions_finish(struct hw_suppressions *suppressions);

/* The nearest HW_SUPPRESSION_FILE, for free(), or NULL. */
char *hw_suppressions_find(void);

/* Whether a finding is to be left out. All lines that say so have been of use. */
bool hw_suppressions_match(struct hw_suppressions *suppressions, const struct hw_model *model,
	const struct hw_finding *finding);

#endif
