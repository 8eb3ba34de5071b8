/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_WITNESS_H
#define HW_ANALYZER_WITNESS_H

/*
 * The witness of a predicted deadlock: the part of the recorded run that is needed
 * to get there, in the recorded order, and then the waits that never end.
 */

#include "analyzer/finding.h"
#include "analyzer/predict.h"

/* Longer witnesses keep their last steps only. */
enum { HW_WITNESS_STEPS_MAX = 100000 };

/* Give a finding the witness of its prediction; it lives in `arena`. */
void hw_witness_fill(const struct hw_history *history, const struct hw_prediction *prediction,
	struct hw_finding *finding, struct hw_arena *arena);

#endif
