/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "analyzer/graph.h"
#include "tests/unit/recording.h"

static struct scenario s;
static struct hw_model model;
static struct hw_graph graph;

static void setup(void)
{
	scenario_init(&s);
}

static void teardown(void)
{
	hw_graph_finish(&graph);
	hw_model_finish(&model);
	scenario_finish(&s);
}

static void build(enum hw_graph_by by)
{
	struct hw_error error;

	cr_assert_eq(hw_model_load(s.db, "test", &model, &error), 0, "%s", error.message);
	hw_graph_build(&model, by, &graph);
}

/* The edge between two objects, given by their ids. */
static const struct hw_graph_edge *edge(int64_t from, int64_t to)
{
	uint32_t f = graph.node_of[hw_model_find_object(&model, from)];
	uint32_t t = graph.node_of[hw_model_find_object(&model, to)];
	uint32_t e = f == HW_NONE || t == HW_NONE ? HW_NONE : hw_graph_find_edge(&graph, f, t);

	return e == HW_NONE ? NULL : &graph.edges[e];
}

TestSuite(graph, .init = setup, .fini = teardown);

Test(graph, has_an_edge_from_everything_held)
{
	int64_t t = scenario_thread(&s, "t"), a = scenario_object(&s, "mutex", "a");
	int64_t b = scenario_object(&s, "mutex", "b"), c = scenario_object(&s, "mutex", "c");

	scenario_object(&s, "mutex", "alone");
	scenario_nest(&s, t, "f", a, b, c, NULL_OBJECT);
	build(HW_GRAPH_BY_OBJECT);
	cr_assert_eq(graph.node_count, 3);
	cr_assert_eq(graph.edge_count, 3);
	cr_assert(edge(a, b) && edge(a, c) && edge(b, c));
	cr_assert_null(edge(b, a));
	cr_assert_not(edge(a, b)->cyclic);
}

Test(graph, counts_happenings_and_threads)
{
	int64_t t = scenario_thread(&s, "t"), u = scenario_thread(&s, "u");
	int64_t a = scenario_object(&s, "mutex", "a"), b = scenario_object(&s, "mutex", "b");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, t, "g", a, b, NULL_OBJECT);
	scenario_nest(&s, u, "f", a, b, NULL_OBJECT);
	scenario_sql(&s, "UPDATE dependency SET count = 7 WHERE id = 1");
	build(HW_GRAPH_BY_OBJECT);
	cr_assert_eq(edge(a, b)->count, 9);
	cr_assert_eq(edge(a, b)->thread_count, 2);
	cr_assert_eq(edge(a, b)->use_count, 3);
}

Test(graph, marks_what_is_on_a_cycle)
{
	int64_t t = scenario_thread(&s, "t"), a = scenario_object(&s, "mutex", "a");
	int64_t b = scenario_object(&s, "mutex", "b"), c = scenario_object(&s, "mutex", "c");

	scenario_nest(&s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&s, t, "f", b, a, NULL_OBJECT);
	scenario_nest(&s, t, "f", b, c, NULL_OBJECT);
	build(HW_GRAPH_BY_OBJECT);
	cr_assert(edge(a, b)->cyclic && edge(b, a)->cyclic);
	cr_assert_not(edge(b, c)->cyclic);
	cr_assert(graph.nodes[0].cyclic && graph.nodes[1].cyclic);
	cr_assert_not(graph.nodes[2].cyclic);
}

Test(graph, has_no_edge_where_nobody_waits)
{
	int64_t t = scenario_thread(&s, "t"), a = scenario_object(&s, "mutex", "a");
	int64_t room = scenario_object(&s, "sem", "ready");
	struct scenario_hold holds[] = { { a }, { 0 } };

	scenario_depend(&s, t, room, NULL, "block", NULL, holds);
	scenario_depend(&s, t, a, NULL, "block", NULL, holds);
	scenario_sql(&s, "UPDATE object SET role = 'signal', capacity = 3 WHERE id = %lld", room);
	build(HW_GRAPH_BY_OBJECT);
	cr_assert_eq(graph.edge_count, 0);
}

Test(graph, marks_what_is_only_tried)
{
	int64_t t = scenario_thread(&s, "t"), a = scenario_object(&s, "mutex", "a");
	int64_t b = scenario_object(&s, "mutex", "b"), c = scenario_object(&s, "mutex", "c");
	struct scenario_hold holds[] = { { a }, { 0 } };

	scenario_depend(&s, t, b, NULL, "try", NULL, holds);
	scenario_depend(&s, t, c, NULL, "try", NULL, holds);
	scenario_depend(&s, t, c, NULL, "block", NULL, holds);
	build(HW_GRAPH_BY_OBJECT);
	cr_assert(edge(a, b)->tried);
	cr_assert_not(edge(a, c)->tried);
}

Test(graph, takes_semaphores_for_locks_by_their_role)
{
	int64_t t = scenario_thread(&s, "t"), a = scenario_object(&s, "mutex", "a");
	int64_t taken = scenario_object(&s, "sem", "taken");
	int64_t units = scenario_object(&s, "sem", "units");
	int64_t empty = scenario_object(&s, "sem", "empty");
	struct scenario_hold holds[] = { { a }, { 0 } };

	scenario_depend(&s, t, taken, NULL, "block", NULL, holds);
	scenario_depend(&s, t, units, NULL, "block", NULL, holds);
	scenario_depend(&s, t, empty, NULL, "block", NULL, holds);
	scenario_sql(&s, "UPDATE object SET role = 'lock' WHERE id = %lld", taken);
	scenario_sql(&s, "UPDATE object SET capacity = 4 WHERE id = %lld", units);
	scenario_sql(&s, "UPDATE object SET capacity = 0 WHERE id = %lld", empty);
	build(HW_GRAPH_BY_OBJECT);
	cr_assert(edge(a, taken) && edge(a, units));
	cr_assert_null(edge(a, empty));
}

Test(graph, counts_what_was_taken_by_try_as_held)
{
	int64_t t = scenario_thread(&s, "t"), a = scenario_object(&s, "mutex", "a");
	int64_t b = scenario_object(&s, "mutex", "b");
	struct scenario_hold holds[] = { { b }, { 0 } };

	scenario_depend(&s, t, a, NULL, "reacquire", NULL, holds);
	build(HW_GRAPH_BY_OBJECT);
	cr_assert_not_null(edge(b, a));
}

Test(graph, by_class_joins_objects_and_keeps_loops)
{
	int64_t t = scenario_thread(&s, "t"), f0 = scenario_object(&s, "mutex", "forks[0]");
	int64_t f1 = scenario_object(&s, "mutex", "forks[1]");
	int64_t f2 = scenario_object(&s, "mutex", "forks[2]");
	int64_t log = scenario_object(&s, "mutex", "log");

	scenario_nest(&s, t, "take", f0, f1, log, NULL_OBJECT);
	scenario_nest(&s, t, "take", f1, f2, NULL_OBJECT);
	build(HW_GRAPH_BY_CLASS);
	cr_assert_eq(graph.node_count, 2);
	cr_assert_eq(graph.edge_count, 2);
	cr_assert_eq(graph.edges[0].from, graph.edges[0].to);
	cr_assert_eq(graph.edges[0].count, 2);
	cr_assert(graph.edges[0].cyclic);
	/* One acquisition of the log, though two forks were held. */
	cr_assert_eq(graph.edges[1].count, 1);
	cr_assert_not(graph.edges[1].cyclic);
}
