/* SPDX-License-Identifier: MIT */
/*
 * holdwait graph: the lock-order graph, for other programs or as a picture.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/graph_dot.h"
#include "analyzer/graph_render.h"
#include "analyzer/input.h"
#include "analyzer/output.h"
#include "analyzer/textbuf.h"
#include "analyzer/verb.h"

enum { KEY_BY = 0x1000, KEY_CYCLES, KEY_TIME_LIMIT, TIME_LIMIT_DEFAULT_S = 30 };

struct arguments {
	struct hw_options common;
	const char *format;
	enum hw_graph_by by;
	bool cycles_only;
	unsigned limit_s;
};

static const struct argp_option options[] = {
	{ NULL, 'T', "FORMAT", 0, "What to write: dot (default), svg, png or pdf", 0 },
	{ "by", KEY_BY, "WHAT", 0,
		"A node for each object (default), or for each class of objects that come from "
		"one place",
		0 },
	{ "cycles", KEY_CYCLES, NULL, 0, "Only what is on a cycle", 0 },
	{ "time-limit", KEY_TIME_LIMIT, "SEC", 0,
		"Give up a layout after SEC seconds (default 30) and try a simpler one", 0 },
	{ 0 },
};

static unsigned seconds(struct argp_state *state, const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || value < 1 || value > 86400)
		argp_error(state, "--time-limit is a number of seconds, not '%s'", text);
	return (unsigned)value;
}

static const char *format_of(struct argp_state *state, const char *word)
{
	static const char *const formats[] = { "dot", "svg", "png", "pdf" };

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i], word) == 0)
			return formats[i];
	argp_error(state, "a graph has format dot, svg, png or pdf, not '%s'", word);
	return NULL;
}

static enum hw_graph_by by_of(struct argp_state *state, const char *word)
{
	if (strcmp(word, "class") != 0 && strcmp(word, "object") != 0)
		argp_error(state, "--by is object or class, not '%s'", word);
	return strcmp(word, "class") == 0 ? HW_GRAPH_BY_CLASS : HW_GRAPH_BY_OBJECT;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case 'T':
		a->format = format_of(state, argument);
		return 0;
	case KEY_BY:
		a->by = by_of(state, argument);
		return 0;
	case KEY_CYCLES:
		a->cycles_only = true;
		return 0;
	case KEY_TIME_LIMIT:
		a->limit_s = seconds(state, argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int render(const struct arguments *a, const struct hw_graph_dot *dot, const char *engine,
	FILE *out, struct hw_error *error)
{
	struct hw_textbuf text;
	char *bytes;
	int code;

	hw_textbuf_init(&text);
	hw_graph_dot_write(dot, text.out);
	bytes = hw_textbuf_finish(&text);
	code = hw_graph_render(bytes, engine, a->format, a->limit_s, out, error);
	free(bytes);
	return code;
}

static void note(const struct arguments *a, const char *text)
{
	if (!a->common.quiet)
		fprintf(stderr, "note: laying out the graph takes too long: %s\n", text);
}

/* The whole graph; else what matters of it; else the whole, more coarsely. */
static int draw(
	const struct arguments *a, struct hw_graph_dot *dot, FILE *out, struct hw_error *error)
{
	uint32_t edge_count = hw_graph_dot_edge_count(dot), cyclic_count;
	int code = render(a, dot, NULL, out, error);

	if (code != -ETIMEDOUT || dot->cycles_only)
		return code;
	dot->cycles_only = true;
	cyclic_count = hw_graph_dot_edge_count(dot);
	if (cyclic_count > 0 && cyclic_count < edge_count) {
		note(a, "drawing only what is on a cycle");
		code = render(a, dot, NULL, out, error);
		if (code != -ETIMEDOUT)
			return code;
	}
	dot->cycles_only = false;
	note(a, "drawing it with sfdp, without a direction");
	return render(a, dot, "sfdp", out, error);
}

static int write_graph(const struct arguments *a, const struct hw_model *model,
	const struct hw_analysis *analysis, FILE *out, struct hw_error *error)
{
	struct hw_graph_declared declared;
	struct hw_graph graph;
	struct hw_graph_dot dot = { .analysis = analysis, .graph = &graph,
		.declared = &declared, .cycles_only = a->cycles_only };
	enum hw_graph_mark *marks;
	int code = 0;

	hw_graph_build(model, a->by, &graph);
	hw_graph_declared_find(model, a->by, &declared);
	marks = hw_graph_mark_edges(analysis, &graph);
	dot.marks = marks;
	if (strcmp(a->format, "dot") == 0)
		hw_graph_dot_write(&dot, out);
	else
		code = draw(a, &dot, out, error);
	free(marks);
	hw_graph_declared_finish(&declared);
	hw_graph_finish(&graph);
	return code;
}

static int graph(void *arguments, const struct hw_input *input, struct hw_error *error)
{
	const struct arguments *a = arguments;
	bool is_text = strcmp(a->format, "dot") == 0 || strcmp(a->format, "svg") == 0;
	struct hw_analysis analysis;
	struct hw_output output;
	int code;

	if (!is_text && !a->common.output && isatty(STDOUT_FILENO)) {
		code = hw_error_set(error, -EINVAL, "a terminal cannot show %s", a->format);
		hw_error_hint(error, "write it to a file: -o locks.%s", a->format);
		return code;
	}
	code = hw_output_open(a->common.output, &output, error);
	if (code)
		return code;
	hw_analysis_run(&input->model, input->recording.db, NULL, &analysis);
	code = write_graph(a, &input->model, &analysis, output.file, error);
	hw_analysis_finish(&analysis);
	if (!code)
		return hw_output_commit(&output, error);
	hw_output_discard(&output);
	return code;
}

int hw_cmd_graph(int argc, char **argv)
{
	static const struct argp_child children[] = { { &hw_options_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[FILE]",
		.doc = "Write the lock-order graph of a recording: an arrow from each lock to "
		       "those "
		       "that were waited for while it was held."
		       "\v" HW_OPTIONS_EXIT_STATUS,
		.children = children,
	};
	struct arguments arguments = { .format = "dot", .limit_s = TIME_LIMIT_DEFAULT_S };
	struct hw_error error;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	code = hw_input_use(
		&arguments.common, HW_RECORDING_WITH_NAMES, graph, &arguments, &error);
	return hw_verb_status(code, &error);
}
