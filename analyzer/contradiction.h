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

/*
 * Once all events were looked at: count those of nobody, and those that are not there. When any
 * is missing, nothing is sound.
 */
void hw_contradiction_end(const struct hw_model *model, uint64_t nobodys,
	struct hw_history *history);

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
