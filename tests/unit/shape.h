/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_SHAPE_H
#define HW_TESTS_UNIT_SHAPE_H

/*
 * Small directed graphs for tests, written as their arcs in the order of their sources:
 * GRAPH(3, { 0, 1 }, { 1, 2 }, { 2, 0 }) is a ring of three.
 */

#include <stdlib.h>

#include "analyzer/digraph.h"

static inline struct hw_digraph graph_of(
	uint32_t node_count, const uint32_t (*arcs)[2], uint32_t count)
{
	struct hw_digraph graph;
	uint32_t *sources = calloc(count + 1, sizeof(*sources));

	hw_digraph_init(&graph, node_count, count);
	for (uint32_t i = 0; i < count; i++) {
		sources[i] = arcs[i][0];
		graph.to[i] = arcs[i][1];
	}
	hw_digraph_index(&graph, sources);
	free(sources);
	return graph;
}

#define GRAPH(nodes, ...)                                     \
	graph_of(nodes, (const uint32_t[][2]){ __VA_ARGS__ }, \
		sizeof((const uint32_t[][2]){ __VA_ARGS__ }) / (2 * sizeof(uint32_t)))

#endif
