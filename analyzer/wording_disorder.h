/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_WORDING_DISORDER_H
#define HW_ANALYZER_WORDING_DISORDER_H

/*
 * The sentences of findings of what goes against the declared order: for wording.c only. What
 * they return lives in `arena`, or for ever.
 */

#include "analyzer/finding.h"

const char *hw_wording_disorder_title(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena);
const char *hw_wording_disorder_help(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena);

/* What else is to be known, or NULL. */
const char *hw_wording_disorder_note(
	const struct hw_model *model, const struct hw_finding *finding);

#endif
