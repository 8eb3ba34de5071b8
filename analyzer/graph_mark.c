/* SPDX-License-Identifier: MIT */
#include "analyzer/graph_mark.h"

#include "trace/memory.h"

/* The node of `graph` that stands for an object. */
static uint32_t node_of(const struct hw_model *model, const struct hw_graph *graph, uint32_t object)
{
	return graph
		->node_of[graph->by == HW_GRAPH_BY_CLASS ? model->objects[object].class_ : object];
}

enum hw_graph_mark *hw_graph_mark_edges(
	const struct hw_analysis *analysis, const struct hw_graph *graph)
{
	const struct hw_graph *objects = &analysis->graph;
	enum hw_graph_mark *marks = hw_xcalloc(graph->edge_count, sizeof(*marks));

	for (uint32_t e = 0; e < objects->edge_count; e++) {
		const struct hw_graph_edge *edge = &objects->edges[e];
		enum hw_graph_mark mark = analysis->edge_found[e] ? HW_GRAPH_FOUND
					  : edge->cyclic	  ? HW_GRAPH_CYCLIC
								  : HW_GRAPH_PLAIN;
		uint32_t at = hw_graph_find_edge(graph,
			node_of(analysis->model, graph, objects->nodes[edge->from].subject),
			node_of(analysis->model, graph, objects->nodes[edge->to].subject));

		if (marks[at] < mark)
			marks[at] = mark;
	}
	return marks;
}
