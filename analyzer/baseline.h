/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_BASELINE_H
#define HW_ANALYZER_BASELINE_H

/*
 * The findings of a moment, to be told from those that come later: a text
 * file with a line for each, its id and, as a comment, what it is:
 *
 *   hw-5f3a91c2  # HW001 a and b are taken in both orders
 *
 * Lines are sorted by id, and one whose finding is still there stays as it is when the file
 * is written again: what is told of a finding differs from run to run, and people may have
 * added why it is there. So the differences are those of the findings.
 */

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/arena.h"
#include "analyzer/finding.h"

struct hw_baseline_entry {
	const char *id;
	const char *text; /* its line; without comment it is the id */
	bool found;
};

/* All zeroes is empty. Entries are sorted by id, without duplicates. */
struct hw_baseline {
	struct hw_baseline_entry *all;
	size_t count, capacity;
	struct hw_arena arena;
};

/* Read a file into an empty baseline; a line that makes no sense is an error that names it. */
int hw_baseline_load(struct hw_baseline *baseline, const char *path, struct hw_error *error);
void hw_baseline_finish(struct hw_baseline *baseline);

/* Whether it has this finding, which then is found. */
bool hw_baseline_find(struct hw_baseline *baseline, const char *id);

/* Add a finding, which is found, unless it is there. */
void hw_baseline_add(struct hw_baseline *baseline, const struct hw_finding *finding);

/* Write the entries that were found; a file appears whole or not at all. */
int hw_baseline_write(const struct hw_baseline *baseline, const char *path, struct hw_error *error);

#endif
