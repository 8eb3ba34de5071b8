/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <graphviz/cgraph.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/graph_dot.h"
#include "analyzer/textbuf.h"
#include "tests/unit/golden.h"
#include "tests/unit/reported.h"

static struct reported r;
static struct hw_graph graph;
static char *text;
static Agraph_t *parsed;

static void setup(void)
{
	reported_init(&r);
}

static void teardown(void)
{
	if (parsed)
		agclose(parsed);
	free(text);
	hw_graph_finish(&graph);
	reported_finish(&r);
}

/* Write the graph of the scenario, and read it as Graphviz does. */
static void write_and_parse(enum hw_graph_by by, bool cycles_only)
{
	struct hw_graph_declared declared;
	struct hw_graph_dot dot = { .graph = &graph, .declared = &declared,
		.cycles_only = cycles_only };
	enum hw_graph_mark *marks;
	struct hw_textbuf out;

	free(reported_write(&r, "json"));
	hw_graph_build(&r.model, by, &graph);
	hw_graph_declared_find(&r.model, by, &declared);
	marks = hw_graph_mark_edges(&r.analysis, &graph);
	dot.analysis = &r.analysis;
	dot.marks = marks;
	hw_textbuf_init(&out);
	hw_graph_dot_write(&dot, out.out);
	text = hw_textbuf_finish(&out);
	free(marks);
	hw_graph_declared_finish(&declared);
	parsed = agmemread(text);
	cr_assert_not_null(parsed, "%s", text);
}

static const char *attribute(void *what, const char *name)
{
	const char *value = agget(what, (char *)name);

	cr_assert_not_null(value, "no %s in %s", name, text);
	return value;
}

static Agnode_t *node(const char *name)
{
	Agnode_t *found = agnode(parsed, (char *)name, 0);

	cr_assert_not_null(found, "no node %s in %s", name, text);
	return found;
}

static Agedge_t *edge(const char *from, const char *to)
{
	return agedge(parsed, node(from), node(to), NULL, 0);
}

TestSuite(graph_dot, .init = setup, .fini = teardown);

Test(graph_dot, marks_what_is_found)
{
	reported_inversion(&r);
	write_and_parse(HW_GRAPH_BY_OBJECT, false);
	cr_assert_eq(agnnodes(parsed), 3);
	cr_assert_eq(agnedges(parsed), 4);
	cr_assert_str_eq(attribute(node("lock-1"), "label"), "a\\nmutex");
	cr_assert_str_eq(attribute(node("lock-1"), "id"), "lock-1");
	cr_assert_str_eq(attribute(node("lock-1"), "class"), "mutex found");
	cr_assert_str_eq(attribute(edge("lock-1", "lock-2"), "class"), "found");
	cr_assert_str_eq(attribute(edge("lock-1", "lock-2"), "id"), "edge-1-2");
	cr_assert_str_eq(attribute(edge("lock-3", "lock-1"), "class"), "plain");
	cr_assert(strstr(attribute(edge("lock-1", "lock-2"), "label"), "reader"));
	cr_assert(strstr(attribute(edge("lock-1", "lock-2"), "tooltip"),
		"a taken in read_all (bank.c:10), then b in read_all (bank.c:20)"));
}

Test(graph_dot, leaves_out_what_is_on_no_cycle)
{
	reported_inversion(&r);
	write_and_parse(HW_GRAPH_BY_OBJECT, true);
	cr_assert_eq(agnnodes(parsed), 2);
	cr_assert_eq(agnedges(parsed), 2);
}

Test(graph_dot, tells_cycles_that_are_ruled_out_from_those_that_are_not)
{
	int64_t t = scenario_thread(&r.s, "t"), a = scenario_object(&r.s, "mutex", "a");
	int64_t b = scenario_object(&r.s, "mutex", "b");

	scenario_nest(&r.s, t, "f", a, b, NULL_OBJECT);
	scenario_nest(&r.s, t, "g", b, a, NULL_OBJECT);
	write_and_parse(HW_GRAPH_BY_OBJECT, false);
	cr_assert_str_eq(attribute(edge("lock-1", "lock-2"), "class"), "cyclic");
}

Test(graph_dot, shows_any_name_as_it_is)
{
	reported_inversion(&r);
	scenario_sql(&r.s, "UPDATE object SET name = 'quote \" back\\slash \\N & <b> \n' || "
			   "'für' || CAST(x'ff' AS TEXT) WHERE id = 1");
	write_and_parse(HW_GRAPH_BY_OBJECT, false);
	/* In a label \\ is a backslash, \n a new line and &amp; an ampersand. */
	cr_assert_str_eq(attribute(node("lock-1"), "label"),
		"quote \" back\\\\slash \\\\N &amp; <b> \\nf\u00fcr\ufffd\\nmutex");
}

static const char *const legend = "; dashed: the declared order";

/* Also where nothing was locked one inside the other, and of what was locked otherwise. */
Test(graph_dot, draws_the_declared_order_dashed)
{
	int64_t t = scenario_thread(&r.s, "t"), a = scenario_object(&r.s, "mutex", "a");
	int64_t b = scenario_object(&r.s, "mutex", "b"), c = scenario_object(&r.s, "unknown", "c");

	scenario_nest(&r.s, t, "f", b, a, NULL_OBJECT);
	scenario_declare(&r.s, t, a, b, "main:7");
	scenario_declare(&r.s, t, b, c, "main:8");
	write_and_parse(HW_GRAPH_BY_OBJECT, false);
	cr_assert_eq(agnnodes(parsed), 3);
	cr_assert_eq(agnedges(parsed), 3);
	cr_assert_str_eq(attribute(edge("lock-2", "lock-1"), "class"), "found");
	cr_assert_str_eq(attribute(edge("lock-1", "lock-2"), "class"), "declared");
	cr_assert_str_eq(attribute(edge("lock-1", "lock-2"), "style"), "dashed");
	cr_assert_str_eq(attribute(edge("lock-1", "lock-2"), "id"), "declared-1-2");
	cr_assert_str_eq(attribute(edge("lock-1", "lock-2"), "tooltip"),
		"t (thread 1): a before b, declared in main (bank.c:7)");
	cr_assert_str_eq(attribute(edge("lock-2", "lock-3"), "class"), "declared");
	cr_assert(strstr(attribute(parsed, "label"), legend));
}

/* What leads from one end of it to the other is as much of a cycle. */
Test(graph_dot, draws_of_the_declared_order_what_is_on_a_cycle)
{
	int64_t t = scenario_thread(&r.s, "t"), a = scenario_object(&r.s, "mutex", "a");
	int64_t b = scenario_object(&r.s, "mutex", "b"), c = scenario_object(&r.s, "mutex", "c");
	int64_t d = scenario_object(&r.s, "mutex", "d");

	scenario_nest(&r.s, t, "f", b, a, NULL_OBJECT);
	scenario_nest(&r.s, t, "f", c, d, NULL_OBJECT);
	scenario_declare(&r.s, t, a, c, "main:7");
	scenario_declare(&r.s, t, c, b, "main:8");
	scenario_declare(&r.s, t, b, d, "main:9");
	write_and_parse(HW_GRAPH_BY_OBJECT, true);
	cr_assert_eq(agnnodes(parsed), 3);
	cr_assert_eq(agnedges(parsed), 3);
	cr_assert_str_eq(attribute(edge("lock-1", "lock-3"), "class"), "declared");
	cr_assert_str_eq(attribute(edge("lock-3", "lock-2"), "class"), "declared");
}

Test(graph_dot, declared_order_of_classes)
{
	int64_t t = scenario_thread(&r.s, "t"), f[2], b = scenario_object(&r.s, "mutex", "b");

	for (int i = 0; i < 2; i++)
		f[i] = scenario_object(
			&r.s, "mutex", (char[]){ 'f', '[', (char)('0' + i), ']', 0 });
	scenario_declare(&r.s, t, f[0], f[1], "main:7");
	scenario_declare(&r.s, t, b, f[0], "main:8");
	scenario_declare(&r.s, t, b, f[1], "main:9");
	write_and_parse(HW_GRAPH_BY_CLASS, false);
	cr_assert_eq(agnnodes(parsed), 2);
	cr_assert_eq(agnedges(parsed), 1);
	cr_assert_str_eq(attribute(edge("class-1", "class-2"), "class"), "declared");
}

Test(graph_dot, by_class)
{
	reported_philosophers(&r, 3);
	write_and_parse(HW_GRAPH_BY_CLASS, false);
	cr_assert_eq(agnnodes(parsed), 1);
	cr_assert_eq(agnedges(parsed), 1);
	cr_assert_str_eq(attribute(node("class-1"), "label"), "forks[]\\n3 mutexes");
	cr_assert_str_eq(attribute(edge("class-1", "class-1"), "class"), "found");
	cr_assert(strstr(attribute(edge("class-1", "class-1"), "label"), "3 threads"));
}

Test(graph_dot, classes_that_only_look_like_a_cycle_are_plain)
{
	int64_t t = scenario_thread(&r.s, "t"), f[3];

	for (int i = 0; i < 3; i++)
		f[i] = scenario_object(
			&r.s, "mutex", (char[]){ 'f', '[', (char)('0' + i), ']', 0 });
	scenario_nest(&r.s, t, "take", f[0], f[1], f[2], NULL_OBJECT);
	write_and_parse(HW_GRAPH_BY_CLASS, false);
	cr_assert_str_eq(attribute(edge("class-1", "class-1"), "class"), "plain");
}

Test(graph_dot, nothing_to_draw_is_a_graph_too)
{
	write_and_parse(HW_GRAPH_BY_OBJECT, false);
	cr_assert_eq(agnnodes(parsed), 1);
	cr_assert(strstr(attribute(node("nothing"), "label"), "no lock was taken"));
}

Test(graph_dot, looks_as_it_did)
{
	reported_philosophers(&r, 3);
	write_and_parse(HW_GRAPH_BY_OBJECT, false);
	golden_compare("graph.dot", text);
}
