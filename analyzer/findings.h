/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_FINDINGS_H
#define HW_ANALYZER_FINDINGS_H

/*
 * A growing list of findings, in which each is there once: what has the same fingerprint as
 * one that is there is one more instance of it.
 */

#include "analyzer/finding.h"

struct hw_findings {
	struct hw_finding *all; /* the caller's, when the list is finished */
	uint32_t count, capacity;
	struct hw_table by_fingerprint;
};

/* Join with what has the same fingerprint, or keep as a new one. Texts live in `arena`. */
void hw_findings_add(struct hw_findings *findings, const struct hw_model *model,
	const struct hw_finding *finding, struct hw_arena *arena);

/* Whether a finding is that of a deadlock that happened, which then speaks for it. */
bool hw_findings_know(const struct hw_findings *findings, const struct hw_finding *finding);

/* Worst first. The list takes nothing more in. */
void hw_findings_finish(struct hw_findings *findings);

#endif
