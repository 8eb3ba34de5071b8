/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/graph_render.h"
#include "analyzer/textbuf.h"

static struct hw_error error;

/* A picture of `dot` in memory. */
static int render(const char *dot, const char *engine, const char *format, unsigned limit_s,
	char **ret_picture, size_t *ret_size)
{
	FILE *out = open_memstream(ret_picture, ret_size);
	int code = hw_graph_render(dot, engine, format, limit_s, out, &error);

	fclose(out);
	return code;
}

static void expect_picture(const char *format, const char *magic, size_t magic_bytes)
{
	char *picture;
	size_t size;

	cr_assert_eq(render("digraph { a -> b }", NULL, format, 30, &picture, &size), 0, "%s",
		error.message);
	cr_assert_gt(size, magic_bytes);
	cr_assert_eq(memcmp(picture, magic, magic_bytes), 0);
	free(picture);
}

Test(graph_render, svg)
{
	expect_picture("svg", "<?xml", 5);
}

Test(graph_render, png)
{
	expect_picture("png", "\x89PNG\r\n\x1a\n", 8);
}

Test(graph_render, pdf)
{
	expect_picture("pdf", "%PDF-", 5);
}

Test(graph_render, keeps_ids_and_classes)
{
	char *picture;
	size_t size;

	cr_assert_eq(render("digraph { a [id=\"lock-1\", class=\"mutex found\"] }", NULL, "svg", 30,
			     &picture, &size),
		0);
	/* As Graphviz writes a hyphen in an id. */
	cr_assert(strstr(picture, "id=\"lock&#45;1\""));
	cr_assert(strstr(picture, "mutex found"));
	free(picture);
}

Test(graph_render, takes_the_engine_of_the_graph_or_of_the_caller)
{
	static const char graph[] = "digraph { layout=circo; a -> b -> c -> d -> a }";
	char *round, *flat;
	size_t size;

	cr_assert_eq(render(graph, NULL, "svg", 30, &round, &size), 0);
	cr_assert_eq(render(graph, "dot", "svg", 30, &flat, &size), 0);
	cr_assert_str_neq(round, flat);
	free(round);
	free(flat);
}

Test(graph_render, what_cannot_be_parsed_is_an_error)
{
	char *picture;
	size_t size;

	cr_assert_eq(render("digraph { a -> ", NULL, "svg", 30, &picture, &size), -EIO);
	cr_assert_eq(size, 0);
	cr_assert(strstr(error.message, "Graphviz"));
	free(picture);
}

/* A random graph that takes dot half a minute or more. */
static char *write_hard_graph(void)
{
	struct hw_textbuf text;
	unsigned seed = 1;

	hw_textbuf_init(&text);
	fputs("digraph {\n", text.out);
	for (int i = 0; i < 1200; i++) {
		int from = rand_r(&seed) % 400, to = rand_r(&seed) % 400;

		fprintf(text.out, "n%d -> n%d\n", from, to);
	}
	fputs("}\n", text.out);
	return hw_textbuf_finish(&text);
}

Test(graph_render, is_ended_when_its_time_is_over)
{
	char *hard = write_hard_graph(), *picture;
	size_t size;

	cr_assert_eq(render(hard, NULL, "svg", 1, &picture, &size), -ETIMEDOUT);
	cr_assert_eq(size, 0, "nothing is written then");
	cr_assert(strstr(error.hint, "--cycles"));
	free(picture);
	free(hard);
}
