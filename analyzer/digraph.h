/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_DIGRAPH_H
#define HW_ANALYZER_DIGRAPH_H

/*
 * A directed graph with parallel arcs, as compact as it gets: the arcs of node
 * n are first[n] .. first[n + 1] - 1, and arc a leads to to[a]. What nodes and
 * arcs stand for is the caller's business.
 */

#include <stdbool.h>
#include <stdint.h>

struct hw_digraph {
	uint32_t node_count;
	uint32_t arc_count;
	uint32_t *first; /* node_count + 1 of them */
	uint32_t *to;
};

/* A graph without arcs yet: the caller fills `to`, and `first` through hw_digraph_index. */
void hw_digraph_init(struct hw_digraph *graph, uint32_t node_count, uint32_t arc_count);
void hw_digraph_finish(struct hw_digraph *graph);

/* Fill `first` from the arcs' sources, which are in ascending order. */
void hw_digraph_index(struct hw_digraph *graph, const uint32_t *sources);

/* The same graph with every arc turned round. The caller finishes it. */
void hw_digraph_reverse(const struct hw_digraph *graph, struct hw_digraph *ret_reverse);

/*
 * Strongly connected components: ret_component[n] is the number of the one n
 * is in. Returns how many there are. Tarjan (SIAM J. Comput. 1972), without
 * recursion, so a chain of a million locks is no problem. A component has a higher number than
 * those that arcs lead to from it.
 */
uint32_t hw_digraph_components(const struct hw_digraph *graph, uint32_t *ret_component);

#endif
