/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_CHECK_H
#define HW_ANALYZER_CHECK_H

/*
 * Whether recordings are good enough to go on, for machines to act on: which findings are
 * new, which are known or suppressed, and whether a recording without
 * findings is whole enough to say that there are none.
 *
 * Findings that are new decide before everything else: they are sound however
 * little of a run was recorded. What is suppressed is in no baseline.
 */

#include <stdio.h>

#include "analyzer/analysis.h"
#include "analyzer/baseline.h"
#include "analyzer/suppression.h"

enum hw_check_status {
	HW_CHECK_CLEAN = 0,
	HW_CHECK_FINDINGS = 1,
	HW_CHECK_CANNOT_SAY = 2,
};

/* Over all recordings. All zeroes is a beginning. */
struct hw_check {
	struct hw_suppressions suppressions;
	struct hw_baseline baseline; /* what is known */
	struct hw_baseline written;  /* what --write-baseline is to write */
	struct hw_baseline told;     /* what is new, once whatever the number of recordings */
	struct hw_baseline known, suppressed; /* likewise */
	unsigned recordings;
	unsigned troubles; /* of which so many can not be told about */
};

/* One recording. Its findings are now in this order: new, known, suppressed. */
struct hw_checked {
	uint32_t new_count, known_count, suppressed_count;
	const char *cannot_say; /* why it says nothing that it has no finding; else NULL */
};

/* Sort the findings of a recording, and count it. */
void hw_check_sort(struct hw_check *check, struct hw_analysis *analysis,
	struct hw_checked *ret_checked);

/* Count a recording that could not be read. */
void hw_check_fail(struct hw_check *check);

/* The conclusion. */
enum hw_check_status hw_check_status(const struct hw_check *check);

void hw_check_finish(struct hw_check *check);

#endif
