/* SPDX-License-Identifier: MIT */
#include "analyzer/walk.h"

#include <stdlib.h>

#include "trace/memory.h"

#define NEVER UINT32_MAX

/* Looked at without a second thought. */
enum { ENOUGH_ARCS = 64 };

struct walk {
	const struct hw_digraph *graph;
	struct hw_digraph reverse;
	const struct hw_walk_visitor *visitor;
	int64_t *budget;
	uint32_t *component;
	uint32_t *sizes;       /* of components */
	uint32_t *next_length; /* of each start: no cycle from it is shorter; NEVER when none is
				  left */

	/* Of the current start. */
	uint32_t *distance; /* back to it; NEVER beyond the horizon, or without a way */
	uint32_t *reached;  /* nodes whose distance is set */
	uint32_t reached_count;
	uint32_t horizon; /* nodes that are further away are not known; NEVER: all are */

	/* The path: position p enters by arcs[p]; cursors[p] is tried next. */
	uint32_t *arcs;
	uint32_t *cursors;
	bool *on_path;
};

static bool inside(const struct walk *w, uint32_t start, uint32_t node)
{
	return node >= start && w->component[node] == w->component[start];
}

/*
 * Distances back to `start` of all nodes within `needed` steps, and further as long as
 * that costs little: so that long rings are not measured anew for each length, and
 * dense graphs no further than needed.
 */
static void measure(struct walk *w, uint32_t start, uint32_t needed)
{
	int64_t budget = *w->budget, enough = 0;

	for (uint32_t i = 0; i < w->reached_count; i++)
		w->distance[w->reached[i]] = NEVER;
	w->reached_count = 0;
	w->horizon = NEVER;
	w->distance[start] = 0;
	w->reached[w->reached_count++] = start;
	for (uint32_t i = 0; i < w->reached_count; i++) {
		uint32_t node = w->reached[i], distance = w->distance[node];

		if (distance == needed && !enough)
			enough = 2 * (budget - *w->budget) + ENOUGH_ARCS;
		if (enough && budget - *w->budget > enough) {
			w->horizon = distance;
			return;
		}
		for (uint32_t arc = w->reverse.first[node]; arc < w->reverse.first[node + 1];
			arc++) {
			uint32_t from = w->reverse.to[arc];

			--*w->budget;
			if (!inside(w, start, from) || w->distance[from] != NEVER)
				continue;
			w->distance[from] = distance + 1;
			w->reached[w->reached_count++] = from;
		}
	}
}

/* The length of the shortest cycle from `start`, or a lower bound beyond the horizon. */
static uint32_t shortest(const struct walk *w, uint32_t start)
{
	uint32_t best = w->horizon == NEVER ? NEVER : w->horizon + 2;

	for (uint32_t arc = w->graph->first[start]; arc < w->graph->first[start + 1]; arc++) {
		uint32_t to = w->graph->to[arc];

		if (to != start && inside(w, start, to) && w->distance[to] < best - 1)
			best = w->distance[to] + 1;
	}
	return best;
}

/* Whether a path of `position` arcs may go on along `arc` and still close at `length`. */
static bool promising(
	const struct walk *w, uint32_t start, uint32_t arc, uint32_t position, uint32_t length)
{
	uint32_t to = w->graph->to[arc];

	if (to == start)
		return position + 1 == length;
	return to > start && w->component[to] == w->component[start] && !w->on_path[to] &&
	       w->distance[to] != NEVER && w->distance[to] < length - position;
}

static void search_from(struct walk *w, uint32_t start, uint32_t length)
{
	const struct hw_walk_visitor *v = w->visitor;
	uint32_t position = 0, node = start;

	w->cursors[0] = w->graph->first[start];
	for (;;) {
		uint32_t arc = w->cursors[position]++;

		if (arc == w->graph->first[node + 1] || *w->budget <= 0) {
			w->on_path[node] = false;
			if (position-- == 0)
				return;
			arc = w->arcs[position];
			v->leave(v->user, arc, position);
			node = position ? w->graph->to[w->arcs[position - 1]] : start;
			continue;
		}
		--*w->budget;
		if (!promising(w, start, arc, position, length) ||
			!v->enter(v->user, arc, position, length))
			continue;
		w->arcs[position] = arc;
		if (w->graph->to[arc] == start) {
			v->found(v->user, w->arcs, length);
			v->leave(v->user, arc, position);
			continue;
		}
		node = w->graph->to[arc];
		w->on_path[node] = true;
		w->cursors[++position] = w->graph->first[node];
	}
}

/* After those of one length, the next that cycles can have. */
static uint32_t next_of(const struct walk *w, uint32_t start, uint32_t length)
{
	return length < w->sizes[w->component[start]] ? length + 1 : NEVER;
}

/* All cycles of one length. Returns the next length that may have some. */
static uint32_t search_length(struct walk *w, uint32_t length)
{
	uint32_t next = NEVER;

	for (uint32_t start = 0; start<w->graph->node_count && * w->budget> 0; start++) {
		uint32_t *own = &w->next_length[start];

		if (*own <= length) {
			measure(w, start, length - 1);
			*own = shortest(w, start);
			if (*own <= length) {
				search_from(w, start, length);
				*own = *w->budget <= 0 ? length : next_of(w, start, length);
			}
		}
		if (*own < next)
			next = *own;
	}
	return next;
}

/* A cycle is at most as long as its component is large. */
static uint32_t largest_component(const struct walk *w)
{
	uint32_t largest = 0;

	for (uint32_t node = 0; node < w->graph->node_count; node++)
		if (++w->sizes[w->component[node]] > largest)
			largest = w->sizes[w->component[node]];
	for (uint32_t node = 0; node < w->graph->node_count; node++)
		w->next_length[node] = w->sizes[w->component[node]] > 1 ? 2 : NEVER;
	return largest;
}

static struct hw_walk_rest rest(const struct walk *w, uint32_t length_max)
{
	struct hw_walk_rest rest = { .length = length_max + 1 };

	for (uint32_t start = 0; start < w->graph->node_count; start++) {
		if (w->next_length[start] > length_max)
			continue;
		rest.node_count++;
		if (w->next_length[start] < rest.length)
			rest.length = w->next_length[start];
	}
	return rest;
}

struct hw_walk_rest hw_walk_cycles(const struct hw_digraph *graph, uint32_t length_max,
	int64_t *budget, const struct hw_walk_visitor *visitor)
{
	size_t count = graph->node_count;
	struct walk w = {
		.graph = graph,
		.visitor = visitor,
		.budget = budget,
		.component = hw_xcalloc(count, sizeof(uint32_t)),
		.sizes = hw_xcalloc(count, sizeof(uint32_t)),
		.next_length = hw_xcalloc(count, sizeof(uint32_t)),
		.distance = hw_xcalloc(count, sizeof(uint32_t)),
		.reached = hw_xcalloc(count, sizeof(uint32_t)),
		.arcs = hw_xcalloc(count, sizeof(uint32_t)),
		.cursors = hw_xcalloc(count, sizeof(uint32_t)),
		.on_path = hw_xcalloc(count, sizeof(bool)),
	};
	struct hw_walk_rest left;
	uint32_t largest;

	for (size_t node = 0; node < count; node++)
		w.distance[node] = NEVER;
	hw_digraph_reverse(graph, &w.reverse);
	hw_digraph_components(graph, w.component);
	largest = largest_component(&w);
	if (length_max > largest)
		length_max = largest;
	for (uint32_t length = 2; length <= length_max && *budget > 0;)
		length = search_length(&w, length);
	left = rest(&w, length_max);
	hw_digraph_finish(&w.reverse);
	free(w.component);
	free(w.sizes);
	free(w.next_length);
	free(w.distance);
	free(w.reached);
	free(w.arcs);
	free(w.cursors);
	free(w.on_path);
	return left;
}
