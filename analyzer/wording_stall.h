/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_WORDING_STALL_H
#define HW_ANALYZER_WORDING_STALL_H

/* The sentences of findings of stalls: for wording.c only. What they return lives in `arena`. */

#include "analyzer/finding.h"

const char *hw_wording_stall_title(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena);
const char *hw_wording_stall_help(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena);

#endif
