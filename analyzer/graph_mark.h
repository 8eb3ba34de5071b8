/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_GRAPH_MARK_H
#define HW_ANALYZER_GRAPH_MARK_H

/*
 * How much an edge of a lock-order graph matters, for whoever draws it. Of an edge
 * between classes, the most that any edge between their objects does: classes that
 * only look like a cycle, because different objects of them are meant, are plain.
 */

#include "analyzer/analysis.h"

enum hw_graph_mark {
	HW_GRAPH_PLAIN,	 /* on no cycle */
	HW_GRAPH_CYCLIC, /* on a cycle, but in no finding */
	HW_GRAPH_FOUND,	 /* part of a finding */
};

/* The mark of each edge of a graph of the analysed model. The caller frees them. */
enum hw_graph_mark *hw_graph_mark_edges(
	const struct hw_analysis *analysis, const struct hw_graph *graph);

#endif
