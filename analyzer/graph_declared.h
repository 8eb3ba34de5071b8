/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_GRAPH_DECLARED_H
#define HW_ANALYZER_GRAPH_DECLARED_H

/*
 * The declared order as edges for a picture of a lock-order graph: one for each pair of objects,
 * or of classes, wherever and however often it was declared. What follows from several is not
 * drawn, since the way through them is. An order of objects of one class is none of classes.
 *
 * Ends are subjects as of graph.h, objects or classes; they need not be nodes of the graph.
 */

#include "analyzer/graph_mark.h"

struct hw_graph_declared_edge {
	uint32_t from, to;    /* subjects */
	uint32_t declaration; /* one of them, in the model's `declared` */
};

struct hw_graph_declared {
	struct hw_graph_declared_edge *edges; /* by `from` and `to` */
	uint32_t edge_count;
};

/* The caller finishes the result. */
void hw_graph_declared_find(const struct hw_model *model, enum hw_graph_by by,
	struct hw_graph_declared *ret_declared);
void hw_graph_declared_finish(struct hw_graph_declared *declared);

/*
 * By edge: whether it is on a circle made of declared ones and of those of the graph that are
 * not plain. `subject_count` is how many objects, or classes, there are. For free().
 */
bool *hw_graph_declared_cyclic(const struct hw_graph_declared *declared,
	const struct hw_graph *graph, const enum hw_graph_mark *marks, uint32_t subject_count);

#endif
