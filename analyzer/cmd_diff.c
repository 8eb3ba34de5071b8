/* SPDX-License-Identifier: MIT */
/*
 * holdwait diff: what a recording shows that an older one did not, and the other way
 * round.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/difference.h"
#include "analyzer/input.h"
#include "analyzer/json.h"
#include "analyzer/output.h"
#include "analyzer/stack.h"
#include "analyzer/utf8.h"
#include "analyzer/verb.h"

/* Exit status when there are differences, as of diff(1). */
enum { EXIT_DIFFERENT = 1 };

enum { OLD, NEW };

struct arguments {
	struct hw_options common;
	const char *files[2];
	bool json;
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "How to write it: text (default) or json", 0 },
	{ 0 },
};

static void take_file(struct argp_state *state, struct arguments *a, const char *file)
{
	if (a->files[NEW])
		argp_error(state, "two recordings are compared, not a third, '%s'", file);
	a->files[a->files[OLD] ? NEW : OLD] = file;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case 'f':
		a->json = strcmp(argument, "json") == 0;
		if (!a->json && strcmp(argument, "text") != 0)
			argp_error(state, "a difference has format text or json, not '%s'",
				argument);
		return 0;
	case ARGP_KEY_ARG:
		take_file(state, a, argument);
		return 0;
	case ARGP_KEY_END:
		if (a->common.input)
			argp_error(state, "name both recordings as arguments, not with -i");
		if (!a->files[NEW])
			argp_error(state, "two recordings are needed: the old and the new one");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *const side_names[] = { "gone", "new" };

static void print_order(FILE *out, const struct hw_difference_side *side, uint32_t order)
{
	struct hw_arena arena = { 0 };

	hw_utf8_print(out, hw_difference_first(side, order)->name);
	fputs(" before ", out);
	hw_utf8_print(out, hw_difference_second(side, order)->name);
	fputs(", in ", out);
	hw_utf8_print(out, hw_stack_place(side->model, hw_difference_site(side, order), &arena));
	fputc('\n', out);
	hw_arena_finish(&arena);
}

/* Where an order was declared that is one of a side's `declared`. */
static const char *declared_place(
	const struct hw_difference_side *side, uint32_t declared, struct hw_arena *arena)
{
	uint32_t declaration = side->declared.edges[declared].declaration;

	return hw_stack_place(side->model,
		hw_stack_site(side->model, side->model->declared[declaration].stack), arena);
}

static void print_declared(FILE *out, const struct hw_difference_side *side, uint32_t declared)
{
	const struct hw_graph_declared_edge *edge = &side->declared.edges[declared];
	struct hw_arena arena = { 0 };

	hw_utf8_print(out, side->model->classes[edge->from].name);
	fputs(" before ", out);
	hw_utf8_print(out, side->model->classes[edge->to].name);
	fputs(", in ", out);
	hw_utf8_print(out, declared_place(side, declared, &arena));
	fputc('\n', out);
	hw_arena_finish(&arena);
}

static void print_finding(FILE *out, const struct hw_finding *finding)
{
	const char *verdict = hw_finding_verdict_name(finding->verdict);

	fprintf(out, "%s[%s] %s: ", verdict ? verdict : hw_finding_headline(finding),
		hw_finding_rule_name(finding->rule), finding->id);
	hw_utf8_print(out, finding->title);
	fputc('\n', out);
}

static void print_headed(FILE *out, const struct hw_term *term, int side, const char *what)
{
	fprintf(out, "%s%s %s%s: ",
		hw_term_begin(term, side == NEW ? HW_STYLE_POSSIBLE : HW_STYLE_RULED_OUT),
		side_names[side], what, hw_term_end(term));
}

static void write_text(FILE *out, const struct hw_difference *d, const struct hw_term *term)
{
	for (int side = NEW; side >= OLD; side--)
		for (uint32_t i = 0; i < d->finding_count[side]; i++) {
			print_headed(out, term, side, "finding");
			print_finding(out,
				&d->sides[side].analysis->findings[d->findings[side][i]]);
		}
	for (int side = NEW; side >= OLD; side--)
		for (uint32_t i = 0; i < d->order_count[side]; i++) {
			print_headed(out, term, side, "order");
			print_order(out, &d->sides[side], d->orders[side][i]);
		}
	for (int side = NEW; side >= OLD; side--)
		for (uint32_t i = 0; i < d->declared_count[side]; i++) {
			print_headed(out, term, side, "declared order");
			print_declared(out, &d->sides[side], d->declared[side][i]);
		}
	if (!hw_difference_exists(d))
		fputs("no difference in lock orders and findings\n", out);
}

static void write_class(struct hw_json *json, const char *key, const struct hw_class *class_)
{
	hw_json_begin_object(json, key, true);
	hw_json_string(json, "name", class_->name);
	hw_json_string(json, "class", class_->key);
	hw_json_end(json);
}

static void write_orders(struct hw_json *json, const struct hw_difference *d, int side)
{
	struct hw_arena arena = { 0 };

	hw_json_begin_array(json, side_names[side], false);
	for (uint32_t i = 0; i < d->order_count[side]; i++) {
		const struct hw_difference_side *s = &d->sides[side];
		uint32_t order = d->orders[side][i];

		hw_json_begin_object(json, NULL, false);
		write_class(json, "first", hw_difference_first(s, order));
		write_class(json, "second", hw_difference_second(s, order));
		hw_json_string(json, "place",
			hw_stack_place(s->model, hw_difference_site(s, order), &arena));
		hw_json_end(json);
	}
	hw_json_end(json);
	hw_arena_finish(&arena);
}

static void write_declared(struct hw_json *json, const struct hw_difference *d, int side)
{
	const struct hw_difference_side *s = &d->sides[side];
	struct hw_arena arena = { 0 };

	hw_json_begin_array(json, side_names[side], false);
	for (uint32_t i = 0; i < d->declared_count[side]; i++) {
		uint32_t declared = d->declared[side][i];

		hw_json_begin_object(json, NULL, false);
		write_class(json, "first",
			&s->model->classes[s->declared.edges[declared].from]);
		write_class(json, "second", &s->model->classes[s->declared.edges[declared].to]);
		hw_json_string(json, "place", declared_place(s, declared, &arena));
		hw_json_end(json);
	}
	hw_json_end(json);
	hw_arena_finish(&arena);
}

static void write_findings(struct hw_json *json, const struct hw_difference *d, int side)
{
	hw_json_begin_array(json, side_names[side], false);
	for (uint32_t i = 0; i < d->finding_count[side]; i++) {
		const struct hw_finding *f =
			&d->sides[side].analysis->findings[d->findings[side][i]];

		hw_json_begin_object(json, NULL, true);
		hw_json_string(json, "id", f->id);
		hw_json_string(json, "rule", hw_finding_rule_name(f->rule));
		hw_json_string(json, "verdict", hw_finding_verdict_name(f->verdict));
		hw_json_string(json, "title", f->title);
		hw_json_end(json);
	}
	hw_json_end(json);
}

static void write_json(
	FILE *out, const struct hw_difference *d, const struct hw_input inputs[2])
{
	struct hw_json json;

	hw_json_init(&json, out);
	hw_json_begin_object(&json, NULL, false);
	hw_json_string(&json, "holdwait", HW_VERSION);
	hw_json_string(&json, "old", inputs[OLD].file);
	hw_json_string(&json, "new", inputs[NEW].file);
	hw_json_begin_object(&json, "findings", false);
	write_findings(&json, d, NEW);
	write_findings(&json, d, OLD);
	hw_json_end(&json);
	hw_json_begin_object(&json, "orders", false);
	write_orders(&json, d, NEW);
	write_orders(&json, d, OLD);
	hw_json_end(&json);
	hw_json_begin_object(&json, "declared", false);
	write_declared(&json, d, NEW);
	write_declared(&json, d, OLD);
	hw_json_end(&json);
	hw_json_end(&json);
}

static int compare(const struct arguments *a, const struct hw_input inputs[2], bool *ret_different,
	struct hw_error *error)
{
	struct hw_analysis analyses[2];
	struct hw_difference difference;
	struct hw_output output;
	int code = hw_output_open(a->common.output, &output, error);

	if (code)
		return code;
	for (int i = 0; i < 2; i++)
		hw_analysis_run(&inputs[i].model, inputs[i].recording.db, NULL,
			&analyses[i]);
	hw_difference_find(&analyses[OLD], &analyses[NEW], &difference);
	if (a->json) {
		write_json(output.file, &difference, inputs);
	} else if (!a->common.quiet) {
		struct hw_term term = hw_term_of(output.file, a->common.color);

		write_text(output.file, &difference, &term);
	}
	*ret_different = hw_difference_exists(&difference);
	hw_difference_finish(&difference);
	for (int i = 0; i < 2; i++)
		hw_analysis_finish(&analyses[i]);
	return hw_output_commit(&output, error);
}

static int open_both(const struct arguments *a, struct hw_input inputs[2], struct hw_error *error)
{
	int code = 0;

	for (int i = 0; i < 2 && !code; i++) {
		struct hw_options one = { .input = a->files[i] };

		code = hw_input_open(&one, HW_RECORDING_WITH_NAMES, &inputs[i], error);
		if (code && i == 1)
			hw_input_close(&inputs[0]);
	}
	return code;
}

int hw_cmd_diff(int argc, char **argv)
{
	static const struct argp_child children[] = { { &hw_options_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "OLD NEW",
		.doc = "List the lock orders and findings that only one of two recordings has."
		       "\vExit status: 0 when they do not differ; 1 when they do; 2 when a file "
		       "cannot be read or the command line makes no sense.",
		.children = children,
	};
	struct arguments arguments = { 0 };
	struct hw_input inputs[2];
	struct hw_error error;
	bool different = false;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	code = open_both(&arguments, inputs, &error);
	if (!code) {
		code = compare(&arguments, inputs, &different, &error);
		hw_input_close(&inputs[OLD]);
		hw_input_close(&inputs[NEW]);
	}
	return !code && different ? EXIT_DIFFERENT : hw_verb_status(code, &error);
}
