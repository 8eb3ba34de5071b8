/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_WALK_H
#define HW_ANALYZER_WALK_H

/*
 * All simple cycles of a directed graph, shortest first, each once, in the
 * order of their smallest node; the visitor may cut off a path as it grows.
 *
 * Iterative deepening: for each length, from each node, over larger nodes of the
 * same component only, and only along paths that can still return in time (the
 * distance back is known from a search backwards). So a ring of n costs about
 * n * n, and a graph without cycles nothing. There can be exponentially many
 * cycles: the walk spends at most `budget` and says when that was not enough.
 */

#include "analyzer/digraph.h"

/* What a walk left because its budget ran out. */
struct hw_walk_rest {
	uint32_t length;     /* all shorter cycles were visited */
	uint32_t node_count; /* each that is left goes through one of so many nodes; 0: none is */
};

struct hw_walk_visitor {
	/* May the path, of cycles of `length`, go on along `arc`? After true comes leave. */
	bool (*enter)(void *user, uint32_t arc, uint32_t position, uint32_t length);
	void (*leave)(void *user, uint32_t arc, uint32_t position);
	/* A cycle: the arcs that were entered, in order. */
	void (*found)(void *user, const uint32_t *arcs, uint32_t length);
	void *user;
};

/*
 * Visit the cycles of 2 to `length_max` nodes. `budget` counts down, one for each
 * arc looked at; the visitor may take from it for its own work.
 */
struct hw_walk_rest hw_walk_cycles(const struct hw_digraph *graph, uint32_t length_max,
	int64_t *budget, const struct hw_walk_visitor *visitor);

#endif
