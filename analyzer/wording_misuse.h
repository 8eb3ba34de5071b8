/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_WORDING_MISUSE_H
#define HW_ANALYZER_WORDING_MISUSE_H

/*
 * The sentences of findings of misuse, and of locks shared with signal handlers: for wording.c
 * only. What they return lives in `arena`.
 */

#include "analyzer/finding.h"

/* Whether the rule of a finding is one of these. */
bool hw_wording_misuse_has(enum hw_rule rule);

const char *hw_wording_misuse_title(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena);
const char *hw_wording_misuse_help(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena);

/* What to do about a thread that waits in a signal handler. */
const char *hw_wording_misuse_handler_help(const struct hw_model *model,
	const struct hw_finding_thread *thread, struct hw_arena *arena);

#endif
