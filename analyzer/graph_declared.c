/* SPDX-License-Identifier: MIT */
#include "analyzer/graph_declared.h"

#include <stdlib.h>

#include "analyzer/declared_arcs.h"
#include "trace/memory.h"

static int compare_edges(const void *a, const void *b)
{
	const struct hw_graph_declared_edge *left = a, *right = b;

	if (left->from != right->from)
		return left->from < right->from ? -1 : 1;
	if (left->to != right->to)
		return left->to < right->to ? -1 : 1;
	return (left->declaration > right->declaration) - (left->declaration < right->declaration);
}

static uint32_t subject(const struct hw_model *model, enum hw_graph_by by, uint32_t object)
{
	return by == HW_GRAPH_BY_CLASS ? model->objects[object].class_ : object;
}

void hw_graph_declared_find(const struct hw_model *model, enum hw_graph_by by,
	struct hw_graph_declared *ret_declared)
{
	struct hw_graph_declared result = { 0 };
	struct hw_declared_arcs arcs;
	uint32_t kept = 0;

	hw_declared_arcs_gather(model, &arcs);
	result.edges = hw_xcalloc(arcs.count, sizeof(*result.edges));
	for (size_t i = 0; i < arcs.count; i++) {
		struct hw_graph_declared_edge edge = { subject(model, by, arcs.all[i].from),
			subject(model, by, arcs.all[i].to), arcs.all[i].declaration };

		if (by == HW_GRAPH_BY_OBJECT || edge.from != edge.to)
			result.edges[result.edge_count++] = edge;
	}
	if (result.edge_count)
		qsort(result.edges, result.edge_count, sizeof(*result.edges), compare_edges);
	for (uint32_t i = 0; i < result.edge_count; i++)
		if (!kept || result.edges[i].from != result.edges[kept - 1].from ||
			result.edges[i].to != result.edges[kept - 1].to)
			result.edges[kept++] = result.edges[i];
	result.edge_count = kept;
	free(arcs.all);
	*ret_declared = result;
}

struct arcs {
	struct hw_graph_declared_edge *all;
	uint32_t count;
};

/* All that a circle can be made of, by where it begins. */
static struct arcs gather_arcs(const struct hw_graph_declared *declared,
	const struct hw_graph *graph, const enum hw_graph_mark *marks)
{
	struct arcs arcs = { 0 };

	arcs.all = hw_xcalloc(
		(size_t)declared->edge_count + graph->edge_count, sizeof(*arcs.all));
	for (uint32_t e = 0; e < declared->edge_count; e++)
		arcs.all[arcs.count++] = declared->edges[e];
	for (uint32_t e = 0; e < graph->edge_count; e++)
		if (marks[e] != HW_GRAPH_PLAIN)
			arcs.all[arcs.count++] = (struct hw_graph_declared_edge){
				.from = graph->nodes[graph->edges[e].from].subject,
				.to = graph->nodes[graph->edges[e].to].subject,
			};
	if (arcs.count)
		qsort(arcs.all, arcs.count, sizeof(*arcs.all), compare_edges);
	return arcs;
}

/* By subject: those that each other can be reached from have the same number. */
static uint32_t *find_components(const struct arcs *arcs, uint32_t subject_count)
{
	uint32_t *numbers = hw_xcalloc(subject_count, sizeof(*numbers));
	uint32_t *sources = hw_xcalloc(arcs->count, sizeof(*sources));
	struct hw_digraph shape;

	hw_digraph_init(&shape, subject_count, arcs->count);
	for (uint32_t i = 0; i < arcs->count; i++) {
		sources[i] = arcs->all[i].from;
		shape.to[i] = arcs->all[i].to;
	}
	hw_digraph_index(&shape, sources);
	hw_digraph_components(&shape, numbers);
	hw_digraph_finish(&shape);
	free(sources);
	return numbers;
}

bool *hw_graph_declared_cyclic(const struct hw_graph_declared *declared,
	const struct hw_graph *graph, const enum hw_graph_mark *marks, uint32_t subject_count)
{
	struct arcs arcs = gather_arcs(declared, graph, marks);
	uint32_t *numbers = find_components(&arcs, subject_count);
	bool *result = hw_xcalloc(declared->edge_count, sizeof(*result));

	for (uint32_t e = 0; e < declared->edge_count; e++)
		result[e] = numbers[declared->edges[e].from] == numbers[declared->edges[e].to];
	free(numbers);
	free(arcs.all);
	return result;
}

void hw_graph_declared_finish(struct hw_graph_declared *declared)
{
	free(declared->edges);
	*declared = (struct hw_graph_declared){ 0 };
}
