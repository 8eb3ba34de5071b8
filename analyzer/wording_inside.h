/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_WORDING_INSIDE_H
#define HW_ANALYZER_WORDING_INSIDE_H

/* The sentences of findings of waits inside of locks: for wording.c only. They live in `arena`. */

#include "analyzer/finding.h"

/* Whether the rule of a finding is one of these. */
bool hw_wording_inside_has(enum hw_rule rule);

const char *hw_wording_inside_title(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena);
const char *hw_wording_inside_help(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena);

#endif
