/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_CONTRADICTION_H
#define HW_ANALYZER_CONTRADICTION_H

/*
 * Where a recording contradicts itself, beyond what doubt.h sees in single events:
 * dependencies that its events know nothing of; and how to tell people, in one
 * note, what was not believed.
 *
 * Events that were lost, or not recorded at all, contradict nothing; nor does a thread whose
 * own events are doubted.
 */

#include "analyzer/history_rows.h"

/* What contradicts the recording before events are looked at: those not there, or of nobody. */
struct hw_contradictions hw_contradiction_begin(
	const struct hw_model *model, const struct hw_history_rows *rows);

/*
 * Which of the dependencies for which `wanted` is true contradict the events: their thread never
 * had to do with what they wait for, or with what they hold. Returns one flag per dependency,
 * for free().
 */
bool *hw_contradiction_dependencies(const struct hw_model *model,
	const struct hw_history *history, const bool *wanted);

/* What to tell of contradictions and of rows left out; NULL for none. Lives in `arena`. */
const char *hw_contradiction_note(const struct hw_model *model,
	const struct hw_contradictions *contradictions, struct hw_arena *arena);

#endif
