/* SPDX-License-Identifier: MIT */
#include "analyzer/digraph.h"

#include <stdlib.h>

#include "trace/memory.h"

#define NOT_VISITED UINT32_MAX

void hw_digraph_init(struct hw_digraph *graph, uint32_t node_count, uint32_t arc_count)
{
	graph->node_count = node_count;
	graph->arc_count = arc_count;
	graph->first = hw_xcalloc((size_t)node_count + 1, sizeof(*graph->first));
	graph->to = hw_xcalloc(arc_count, sizeof(*graph->to));
}

void hw_digraph_finish(struct hw_digraph *graph)
{
	free(graph->first);
	free(graph->to);
	*graph = (struct hw_digraph){ 0 };
}

void hw_digraph_index(struct hw_digraph *graph, const uint32_t *sources)
{
	uint32_t node = 0;

	for (uint32_t arc = 0; arc < graph->arc_count; arc++)
		while (node <= sources[arc])
			graph->first[node++] = arc;
	while (node <= graph->node_count)
		graph->first[node++] = graph->arc_count;
}

void hw_digraph_reverse(const struct hw_digraph *graph, struct hw_digraph *ret_reverse)
{
	uint32_t *next;

	hw_digraph_init(ret_reverse, graph->node_count, graph->arc_count);
	next = hw_xcalloc((size_t)graph->node_count + 1, sizeof(*next));
	for (uint32_t arc = 0; arc < graph->arc_count; arc++)
		ret_reverse->first[graph->to[arc] + 1]++;
	for (uint32_t node = 0; node < graph->node_count; node++)
		ret_reverse->first[node + 1] += ret_reverse->first[node];
	for (uint32_t node = 0; node < graph->node_count; node++)
		next[node] = ret_reverse->first[node];
	for (uint32_t node = 0; node < graph->node_count; node++)
		for (uint32_t arc = graph->first[node]; arc < graph->first[node + 1]; arc++)
			ret_reverse->to[next[graph->to[arc]]++] = node;
	free(next);
}

/* One node being visited: its number and the arc to look at next. */
struct visit {
	uint32_t node;
	uint32_t arc;
};

struct tarjan {
	const struct hw_digraph *graph;
	uint32_t *order;     /* when a node was first seen */
	uint32_t *low;	     /* the oldest node reachable from it that is still open */
	uint32_t *component; /* NOT_VISITED while open */
	uint32_t *open;
	struct visit *visits;
	uint32_t seen_count, open_count, visit_count, component_count;
};

static void begin(struct tarjan *t, uint32_t node)
{
	t->order[node] = t->low[node] = t->seen_count++;
	t->open[t->open_count++] = node;
	t->visits[t->visit_count++] = (struct visit){ node, t->graph->first[node] };
}

static void end(struct tarjan *t)
{
	uint32_t node = t->visits[--t->visit_count].node, member;

	if (t->visit_count) {
		uint32_t parent = t->visits[t->visit_count - 1].node;

		if (t->low[node] < t->low[parent])
			t->low[parent] = t->low[node];
	}
	if (t->low[node] != t->order[node])
		return;
	do {
		member = t->open[--t->open_count];
		t->component[member] = t->component_count;
	} while (member != node);
	t->component_count++;
}

static void visit_from(struct tarjan *t, uint32_t root)
{
	begin(t, root);
	while (t->visit_count) {
		struct visit *v = &t->visits[t->visit_count - 1];
		uint32_t to;

		if (v->arc == t->graph->first[v->node + 1]) {
			end(t);
			continue;
		}
		to = t->graph->to[v->arc++];
		if (t->order[to] == NOT_VISITED)
			begin(t, to);
		else if (t->component[to] == NOT_VISITED && t->order[to] < t->low[v->node])
			t->low[v->node] = t->order[to];
	}
}

uint32_t hw_digraph_components(const struct hw_digraph *graph, uint32_t *ret_component)
{
	uint32_t count = graph->node_count;
	struct tarjan t = {
		.graph = graph,
		.order = hw_xcalloc(count, sizeof(uint32_t)),
		.low = hw_xcalloc(count, sizeof(uint32_t)),
		.component = ret_component,
		.open = hw_xcalloc(count, sizeof(uint32_t)),
		.visits = hw_xcalloc(count, sizeof(struct visit)),
	};

	for (uint32_t node = 0; node < count; node++)
		t.order[node] = t.component[node] = NOT_VISITED;
	for (uint32_t node = 0; node < count; node++)
		if (t.order[node] == NOT_VISITED)
			visit_from(&t, node);
	free(t.order);
	free(t.low);
	free(t.open);
	free(t.visits);
	return t.component_count;
}
