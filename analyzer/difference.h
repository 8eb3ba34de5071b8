/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_DIFFERENCE_H
#define HW_ANALYZER_DIFFERENCE_H

/*
 * What one recording shows and another does not: lock orders, that is, which class of
 * locks was held when one of which class was taken; those that the program declares; and findings.
 * Orders compare by the keys of their classes, findings by their ids: both are the same in the
 * next run, so what is left is a change of the program, or code that only one of the runs reached.
 */

#include "analyzer/analysis.h"
#include "analyzer/graph_declared.h"

/* One side of a comparison. */
struct hw_difference_side {
	const struct hw_model *model;
	const struct hw_analysis *analysis;
	struct hw_graph classes; /* its lock-order graph, by class */
	struct hw_graph_declared declared; /* likewise */
};

struct hw_difference {
	struct hw_difference_side sides[2];
	uint32_t *orders[2];   /* edges of `classes` that only this side has, by keys */
	uint32_t order_count[2];
	uint32_t *declared[2]; /* edges of `declared` that only this side has, by keys */
	uint32_t declared_count[2];
	uint32_t *findings[2]; /* findings that only this side has, worst first */
	uint32_t finding_count[2];
};

/* Compare two analyses, which must outlive the result. The caller finishes it. */
void hw_difference_find(const struct hw_analysis *old, const struct hw_analysis *new,
	struct hw_difference *ret_difference);
void hw_difference_finish(struct hw_difference *difference);

/* Whether there is any. */
bool hw_difference_exists(const struct hw_difference *difference);

/* The classes of an order: what is taken first, and what while it is held. */
const struct hw_class *hw_difference_first(const struct hw_difference_side *side, uint32_t order);
const struct hw_class *hw_difference_second(const struct hw_difference_side *side, uint32_t order);

/* Where the second is taken; one of the places. HW_NONE when not known. */
uint32_t hw_difference_site(const struct hw_difference_side *side, uint32_t order);

#endif
