/* SPDX-License-Identifier: MIT */
#include "analyzer/graph.h"

#include <stdlib.h>

#include "trace/memory.h"

/* A use before edges exist: from and to are subjects, later nodes. */
struct raw_use {
	uint32_t from, to;
	struct hw_graph_use use;
};

struct raw_uses {
	struct raw_use *all;
	size_t count, capacity;
};

static void collect(const struct hw_model *model, enum hw_graph_by by, struct raw_uses *uses)
{
	for (uint32_t d = 0; d < model->dependency_count; d++) {
		const struct hw_dependency *dependency = &model->dependencies[d];

		if (!hw_model_is_lock(model, dependency->object))
			continue;
		for (uint32_t i = 0; i < dependency->hold_count; i++) {
			uint32_t hold = dependency->first_hold + i,
				 held = model->holds[hold].object;
			struct raw_use use = { held, dependency->object, { d, hold } };

			if (held == dependency->object || !hw_model_is_lock(model, held))
				continue;
			if (by == HW_GRAPH_BY_CLASS) {
				use.from = model->objects[use.from].class_;
				use.to = model->objects[use.to].class_;
			}
			HW_GROW(uses->all, uses->count, uses->capacity);
			uses->all[uses->count++] = use;
		}
	}
}

#define COMPARE(a, b)   \
	if ((a) != (b)) \
	return (a) < (b) ? -1 : 1

static int compare_uses(const void *a, const void *b)
{
	const struct raw_use *left = a, *right = b;

	COMPARE(left->from, right->from);
	COMPARE(left->to, right->to);
	COMPARE(left->use.dependency, right->use.dependency);
	COMPARE(left->use.hold, right->use.hold);
	return 0;
}

/* Number the subjects that have edges, and replace them by their nodes. */
static void make_nodes(struct hw_graph *graph, struct raw_uses *uses, uint32_t subject_count)
{
	graph->node_of = hw_xcalloc(subject_count, sizeof(*graph->node_of));
	for (size_t i = 0; i < uses->count; i++)
		graph->node_of[uses->all[i].from] = graph->node_of[uses->all[i].to] = 1;
	for (uint32_t s = 0; s < subject_count; s++)
		graph->node_of[s] = graph->node_of[s] ? graph->node_count++ : HW_NONE;
	graph->nodes = hw_xcalloc(graph->node_count, sizeof(*graph->nodes));
	for (uint32_t s = 0; s < subject_count; s++)
		if (graph->node_of[s] != HW_NONE)
			graph->nodes[graph->node_of[s]].subject = s;
	for (size_t i = 0; i < uses->count; i++) {
		uses->all[i].from = graph->node_of[uses->all[i].from];
		uses->all[i].to = graph->node_of[uses->all[i].to];
	}
}

static void make_edges(struct hw_graph *graph, const struct raw_uses *uses)
{
	size_t capacity = 0;

	graph->use_count = (uint32_t)uses->count;
	graph->uses = hw_xcalloc(uses->count, sizeof(*graph->uses));
	for (uint32_t i = 0; i < graph->use_count; i++) {
		const struct raw_use *use = &uses->all[i];

		graph->uses[i] = use->use;
		if (i == 0 || use->from != use[-1].from || use->to != use[-1].to) {
			HW_GROW(graph->edges, graph->edge_count, capacity);
			graph->edges[graph->edge_count++] = (struct hw_graph_edge){
				.from = use->from, .to = use->to, .first_use = i
			};
		}
		graph->edges[graph->edge_count - 1].use_count++;
	}
}

/* How often, and by how many threads. */
static void count_uses(const struct hw_model *model, struct hw_graph *graph)
{
	uint32_t *last_edge = hw_xcalloc(model->thread_count, sizeof(*last_edge));

	for (uint32_t e = 0; e < graph->edge_count; e++) {
		struct hw_graph_edge *edge = &graph->edges[e];
		uint32_t previous = HW_NONE;

		edge->tried = true;

		for (uint32_t i = 0; i < edge->use_count; i++) {
			uint32_t d = graph->uses[edge->first_use + i].dependency;
			const struct hw_dependency *dependency = &model->dependencies[d];

			edge->tried &= (dependency->how & HW_HOW_TRY) != 0;
			/* By class, one dependency can hold several locks of the class. */
			if (d != previous)
				edge->count += dependency->count;
			previous = d;
			if (last_edge[dependency->thread] != e + 1)
				edge->thread_count++;
			last_edge[dependency->thread] = e + 1;
		}
	}
	free(last_edge);
}

static void find_cyclic(struct hw_graph *graph)
{
	uint32_t *numbers = hw_xcalloc(graph->node_count, sizeof(*numbers));
	uint32_t *sources = hw_xcalloc(graph->edge_count, sizeof(*sources));

	hw_digraph_init(&graph->shape, graph->node_count, graph->edge_count);
	for (uint32_t e = 0; e < graph->edge_count; e++) {
		graph->shape.to[e] = graph->edges[e].to;
		sources[e] = graph->edges[e].from;
	}
	hw_digraph_index(&graph->shape, sources);
	hw_digraph_components(&graph->shape, numbers);
	for (uint32_t n = 0; n < graph->node_count; n++)
		graph->nodes[n].component = numbers[n];
	for (uint32_t e = 0; e < graph->edge_count; e++) {
		struct hw_graph_edge *edge = &graph->edges[e];

		/* Also true of an edge from a node to itself. */
		edge->cyclic = numbers[edge->from] == numbers[edge->to];
		if (edge->cyclic)
			graph->nodes[edge->from].cyclic = graph->nodes[edge->to].cyclic = true;
	}
	free(numbers);
	free(sources);
}

void hw_graph_build(const struct hw_model *model, enum hw_graph_by by, struct hw_graph *ret_graph)
{
	struct raw_uses uses = { 0 };
	struct hw_graph graph = { .by = by };

	collect(model, by, &uses);
	make_nodes(
		&graph, &uses, by == HW_GRAPH_BY_CLASS ? model->class_count : model->object_count);
	if (uses.count)
		qsort(uses.all, uses.count, sizeof(*uses.all), compare_uses);
	make_edges(&graph, &uses);
	count_uses(model, &graph);
	find_cyclic(&graph);
	free(uses.all);
	*ret_graph = graph;
}

void hw_graph_finish(struct hw_graph *graph)
{
	free(graph->nodes);
	free(graph->edges);
	free(graph->uses);
	free(graph->node_of);
	hw_digraph_finish(&graph->shape);
	*graph = (struct hw_graph){ 0 };
}

uint32_t hw_graph_find_edge(const struct hw_graph *graph, uint32_t from, uint32_t to)
{
	uint32_t low = graph->shape.first[from], high = graph->shape.first[from + 1];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (graph->edges[middle].to < to)
			low = middle + 1;
		else
			high = middle;
	}
	return low < graph->shape.first[from + 1] && graph->edges[low].to == to ? low : HW_NONE;
}
