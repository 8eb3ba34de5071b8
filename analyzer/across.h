/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_ACROSS_H
#define HW_ANALYZER_ACROSS_H

/*
 * Lock-order cycles that exist only across the runs of a merged recording: one run
 * takes A before B, another B before A.
 *
 * Which locks of different runs are the same: those of one class and one name, that is,
 * a static lock (table.forks[3] with its index), a semaphore by its name, the lock that
 * one place in the code makes. Where a run has several such (the locks of all accounts, a global
 * in two processes), any of them may be the one that another run means, as with the
 * lock classes of Linux' lockdep; but two waits of one run meet only at a lock
 * that is really one in that run. So locks stay distinct inside a run, and no order inside a
 * run is made up.
 *
 * A cycle is found when
 *   - no single run has all its steps (step.h: classes and functions); else that run has
 *     judged it, by its own threads and events, and the others do not know better;
 *   - its threads are different, and no two of them the first threads of the
 *     same program, of which every run has one: these never meet;
 *   - no gate, try, reader or capacity stands in the way, as in pattern.h.
 * It is `possible` and never more: no run shows that its threads live together.
 *
 * Limits: an order between two locks of one class and name in one run counts
 * for nothing here. A lock held by both sides counts as a gate even where it is only of one
 * class and not one lock, so cycles may be missed.
 */

#include "analyzer/cycle.h"
#include "analyzer/graph.h"

struct hw_across {
	struct hw_model model; /* the merged one, in which locks that are the same are one */
	struct hw_graph graph;
	struct hw_steps steps;
	struct hw_cycles found; /* with rings that satisfy all of the above */
};

/* Search a model with runs, which must outlive the result. The caller finishes that. */
void hw_across_find(const struct hw_model *model, const struct hw_analysis_options *options,
	struct hw_across *ret_across);
void hw_across_finish(struct hw_across *across);

#endif
