/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_ANALYSIS_H
#define HW_ANALYZER_ANALYSIS_H

/*
 * Everything holdwait has to say about a recording: from its model to findings,
 * worst first, and to cycles that are ruled out. Pure: it reads the model,
 * and equal models give equal results.
 *
 * A deadlock that happened and the lock-order cycle that led to it are one
 * finding, the deadlock. Findings of equal fingerprint are one, with more instances.
 */

#include "analyzer/analysis_options.h"
#include "analyzer/finding.h"
#include "analyzer/history.h"

struct hw_analysis {
	const struct hw_model *model;
	struct hw_analysis_options options;
	struct hw_graph graph;
	struct hw_finding *findings;
	uint32_t finding_count;
	struct hw_finding *ruled_out;
	uint32_t ruled_out_count;
	bool *edge_found;   /* by edge of the graph: part of a finding */
	const char *stalls_unknown; /* why nothing is said of those that are over, or NULL */
	uint64_t events_unread;	       /* for want of memory */
	const char *events_unreadable; /* why nothing could be predicted, or NULL */
	struct hw_contradictions contradictions; /* of the events, as far as they were read */
	const char **notes; /* about what the analysis could not see or do */
	uint32_t note_count;
	struct hw_arena arena;
};

/*
 * Analyse. `db` is the recording, for its events: they are read when there are cycles that
 * they can say more about. Without it (NULL) cycles are possible or ruled out by their
 * locks alone. `options`: NULL for the defaults. `model` has to outlive the result, which the
 * caller finishes.
 */
void hw_analysis_run(const struct hw_model *model, sqlite3 *db,
	const struct hw_analysis_options *options, struct hw_analysis *ret_analysis);
void hw_analysis_finish(struct hw_analysis *analysis);

#endif
