/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "analyzer/digraph.h"
#include "tests/unit/shape.h"

Test(digraph, components_of_two_rings_and_a_bridge)
{
	struct hw_digraph graph =
		GRAPH(6, { 0, 1 }, { 1, 0 }, { 1, 2 }, { 2, 3 }, { 3, 4 }, { 4, 2 });
	uint32_t component[6];

	cr_assert_eq(hw_digraph_components(&graph, component), 3);
	cr_assert_eq(component[0], component[1]);
	cr_assert_eq(component[2], component[3]);
	cr_assert_eq(component[2], component[4]);
	cr_assert_neq(component[0], component[2]);
	cr_assert_neq(component[5], component[0]);
	cr_assert_neq(component[5], component[2]);
	hw_digraph_finish(&graph);
}

Test(digraph, components_of_a_very_long_chain)
{
	enum { COUNT = 1000000 };
	struct hw_digraph graph;
	uint32_t *sources = calloc(COUNT, sizeof(*sources));
	uint32_t *component = calloc(COUNT, sizeof(*component));

	hw_digraph_init(&graph, COUNT, COUNT);
	for (uint32_t i = 0; i < COUNT; i++) {
		sources[i] = i;
		graph.to[i] = (i + 1) % COUNT;
	}
	hw_digraph_index(&graph, sources);
	cr_assert_eq(hw_digraph_components(&graph, component), 1);
	graph.to[COUNT - 1] = COUNT - 1;
	cr_assert_eq(hw_digraph_components(&graph, component), COUNT);
	hw_digraph_finish(&graph);
	free(sources);
	free(component);
}

Test(digraph, reverse_turns_every_arc)
{
	struct hw_digraph graph = GRAPH(3, { 0, 1 }, { 0, 2 }, { 1, 2 }), reverse;

	hw_digraph_reverse(&graph, &reverse);
	cr_assert_eq(reverse.first[0], 0);
	cr_assert_eq(reverse.first[1], 0);
	cr_assert_eq(reverse.first[2], 1);
	cr_assert_eq(reverse.first[3], 3);
	cr_assert_eq(reverse.to[0], 0);
	cr_assert_eq(reverse.to[1], 0);
	cr_assert_eq(reverse.to[2], 1);
	hw_digraph_finish(&graph);
	hw_digraph_finish(&reverse);
}
