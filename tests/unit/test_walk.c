/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "analyzer/walk.h"
#include "tests/unit/shape.h"

/* Cycles seen by a walk: how many of each length, and the last one's length. */
struct seen {
	unsigned by_length[16];
	uint32_t last_length;
	bool ascending;
	int depth;
	uint32_t forbidden; /* an arc that is refused; UINT32_MAX for none */
};

static bool enter(void *user, uint32_t arc, uint32_t position, uint32_t length)
{
	struct seen *seen = user;

	if (arc == seen->forbidden)
		return false;
	seen->depth++;
	return true;
}

static void leave(void *user, uint32_t arc, uint32_t position)
{
	((struct seen *)user)->depth--;
}

static void found(void *user, const uint32_t *arcs, uint32_t length)
{
	struct seen *seen = user;

	seen->ascending &= length >= seen->last_length;
	seen->last_length = length;
	seen->by_length[length < 16 ? length : 15]++;
}

static bool walk(
	const struct hw_digraph *graph, uint32_t length_max, int64_t budget, struct seen *ret_seen)
{
	struct hw_walk_visitor visitor = { enter, leave, found, ret_seen };
	struct hw_walk_rest rest;

	*ret_seen = (struct seen){ .ascending = true, .forbidden = UINT32_MAX };
	rest = hw_walk_cycles(graph, length_max, &budget, &visitor);
	cr_assert_eq(ret_seen->depth, 0, "every enter has its leave");
	cr_assert(ret_seen->ascending, "shortest first");
	return !rest.node_count;
}

/* The complete graph of n nodes. */
static struct hw_digraph complete_graph(uint32_t n)
{
	uint32_t(*arcs)[2] = calloc((size_t)n * n, sizeof(*arcs)), count = 0;
	struct hw_digraph graph;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < n; j++)
			if (i != j) {
				arcs[count][0] = i;
				arcs[count++][1] = j;
			}
	graph = graph_of(n, (const uint32_t(*)[2])arcs, count);
	free(arcs);
	return graph;
}

Test(walk, finds_each_cycle_of_a_complete_graph_once)
{
	struct hw_digraph graph = complete_graph(6);
	struct seen seen;

	/* choose k of 6, times (k - 1)! orders */
	cr_assert(walk(&graph, 6, 1000000, &seen));
	cr_assert_eq(seen.by_length[2], 15);
	cr_assert_eq(seen.by_length[3], 40);
	cr_assert_eq(seen.by_length[4], 90);
	cr_assert_eq(seen.by_length[5], 144);
	cr_assert_eq(seen.by_length[6], 120);
	cr_assert(walk(&graph, 3, 1000000, &seen));
	cr_assert_eq(seen.by_length[3], 40);
	cr_assert_eq(seen.by_length[4], 0);
	hw_digraph_finish(&graph);
}

Test(walk, counts_parallel_arcs_as_different_cycles)
{
	struct hw_digraph graph = GRAPH(2, { 0, 1 }, { 0, 1 }, { 1, 0 }, { 1, 0 }, { 1, 0 });
	struct seen seen;

	cr_assert(walk(&graph, 9, 1000, &seen));
	cr_assert_eq(seen.by_length[2], 6);
	hw_digraph_finish(&graph);
}

Test(walk, does_not_go_where_it_may_not)
{
	struct hw_digraph graph = complete_graph(4);
	struct seen seen = { .ascending = true, .forbidden = 0 }; /* from 0 to 1 */
	struct hw_walk_visitor visitor = { enter, leave, found, &seen };
	int64_t budget = 10000;

	cr_assert_eq(hw_walk_cycles(&graph, 2, &budget, &visitor).node_count, 0);
	cr_assert_eq(seen.by_length[2], 5);
	hw_digraph_finish(&graph);
}

Test(walk, leaves_trees_and_self_loops_alone)
{
	struct hw_digraph graph = GRAPH(4, { 0, 0 }, { 0, 1 }, { 0, 2 }, { 1, 3 }, { 2, 3 });
	struct seen seen;

	cr_assert(walk(&graph, 9, 1000, &seen));
	cr_assert_eq(seen.last_length, 0);
	hw_digraph_finish(&graph);
}

Test(walk, finds_a_long_ring_with_little_work)
{
	enum { COUNT = 2000 };
	uint32_t(*arcs)[2] = calloc(COUNT, sizeof(*arcs));
	struct hw_digraph graph;
	struct seen seen;

	for (uint32_t i = 0; i < COUNT; i++) {
		arcs[i][0] = i;
		arcs[i][1] = (i + 1) % COUNT;
	}
	graph = graph_of(COUNT, (const uint32_t(*)[2])arcs, COUNT);
	cr_assert(walk(&graph, COUNT, 5 * COUNT * COUNT, &seen));
	cr_assert_eq(seen.last_length, COUNT);
	hw_digraph_finish(&graph);
	free(arcs);
}

Test(walk, stops_and_says_so_when_the_budget_is_used_up)
{
	struct hw_digraph graph = complete_graph(30);
	struct seen seen;

	cr_assert_not(walk(&graph, 30, 100000, &seen));
	cr_assert_eq(seen.by_length[2], 435);
	hw_digraph_finish(&graph);
}
