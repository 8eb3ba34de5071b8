/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_AGAINST_H
#define HW_ANALYZER_AGAINST_H

/*
 * What goes against the declared order (disorder.h), for the analysis. It is a finding of its own
 * even where it is also one side of a cycle or of a deadlock: it is there whatever others do, so
 * that a list of findings does not depend on whether they did. That of the cycle says which of its
 * sides it is.
 */

#include "analyzer/analysis.h"
#include "analyzer/findings.h"

/*
 * Add findings, mark their edges as part of one, and tell of them in those that are there. Once
 * the cycles of the recorded run are.
 */
void hw_against_find(struct hw_analysis *analysis, struct hw_findings *findings);

#endif
