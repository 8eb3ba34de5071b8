/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_GRAPH_DOT_H
#define HW_ANALYZER_GRAPH_DOT_H

/*
 * A lock-order graph in Graphviz's language, made to be drawn as it is and to be
 * worked with: nodes have ids "lock-ID" ("class-NUMBER"), edges "edge-ID-ID", and both
 * have classes by which a style sheet or a script can find them: the kind of the
 * lock, and "cyclic" or "found" as in graph_mark.h.
 *
 * The declared order is drawn dashed, by edges "declared-ID-ID" of class "declared"; also
 * between locks that were never locked one inside the other. Where only cycles are drawn, those
 * that it makes together with the other edges count.
 */

#include <stdio.h>

#include "analyzer/graph_declared.h"
#include "analyzer/graph_mark.h"

struct hw_graph_dot {
	const struct hw_analysis *analysis;
	const struct hw_graph *graph;
	const enum hw_graph_mark *marks; /* of its edges */
	const struct hw_graph_declared *declared;
	bool cycles_only;		 /* leave out what is on no cycle, nor part of a finding */
};

/* What there is to draw but for what is declared. */
uint32_t hw_graph_dot_edge_count(const struct hw_graph_dot *dot);

void hw_graph_dot_write(const struct hw_graph_dot *dot, FILE *out);

#endif
