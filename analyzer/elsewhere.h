/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_ELSEWHERE_H
#define HW_ANALYZER_ELSEWHERE_H

/*
 * How much of the time that threads were blocked in futexes was in futexes that holdwait does
 * not intercept, as the collector measured it (trace/elsewhere.h), in words.
 */

#include <stdbool.h>

#include "analyzer/arena.h"
#include "analyzer/model.h"

/* In percent; negative when it was not measured. */
double hw_elsewhere_percent(const struct hw_meta *meta);

/* Whether it is so much, and was seen so often, that a report should say so. */
bool hw_elsewhere_matters(const struct hw_meta *meta);

/* One line, with the modules where it was; or why it is not known. The arena's. */
const char *hw_elsewhere_tell(const struct hw_meta *meta, struct hw_arena *arena);

#endif
