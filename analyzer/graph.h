/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_GRAPH_H
#define HW_ANALYZER_GRAPH_H

/*
 * The lock-order graph. A node is a lock, or a class of locks; an edge from A to B
 * says that some thread, holding A, waited for B or could have. Each edge knows
 * its uses: the dependencies, and which of their holds, that made it.
 *
 * Acquisitions by try wait for nobody; edges that have no other uses are marked. A
 * lock that is waited for while itself held makes no edge; between classes such an edge is
 * there (two forks, one class).
 *
 * Nodes are in the order of the model's objects (classes), edges in that of
 * their nodes, the uses of an edge in that of the dependencies.
 */

#include "analyzer/digraph.h"
#include "analyzer/model.h"

enum hw_graph_by { HW_GRAPH_BY_OBJECT, HW_GRAPH_BY_CLASS };

struct hw_graph_node {
	uint32_t subject; /* index of the object, or of the class */
	uint32_t component;
	bool cyclic; /* on a cycle of the graph */
};

struct hw_graph_use {
	uint32_t dependency;
	uint32_t hold; /* in the model's `holds` */
};

struct hw_graph_edge {
	uint32_t from, to;
	uint32_t first_use, use_count;
	uint32_t thread_count; /* different ones */
	int64_t count;	       /* how often it happened */
	bool cyclic;	       /* on a cycle of the graph */
	bool tried;	       /* only ever by a try */
};

struct hw_graph {
	enum hw_graph_by by;
	struct hw_graph_node *nodes;
	uint32_t node_count;
	struct hw_graph_edge *edges;
	uint32_t edge_count;
	struct hw_graph_use *uses;
	uint32_t use_count;
	struct hw_digraph shape; /* arcs are the edges */
	uint32_t *node_of;	 /* of a subject; HW_NONE when it has no edge */
};

/* Build the graph of a model. The caller finishes it, before the model. */
void hw_graph_build(const struct hw_model *model, enum hw_graph_by by, struct hw_graph *ret_graph);
void hw_graph_finish(struct hw_graph *graph);

/* The index of the edge between two nodes, or HW_NONE. */
uint32_t hw_graph_find_edge(const struct hw_graph *graph, uint32_t from, uint32_t to);

#endif
