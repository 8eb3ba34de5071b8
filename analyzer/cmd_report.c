/* SPDX-License-Identifier: MIT */
/*
 * holdwait report: what is wrong, as a recording shows it.
 */
#include <stdlib.h>

#include "analyzer/input.h"
#include "analyzer/output.h"
#include "analyzer/report.h"
#include "analyzer/verb.h"

enum { KEY_ALL = 0x1000 };

struct arguments {
	struct hw_options common;
	struct hw_analysis_options analysis;
	const struct hw_report_format *format;
	bool all;
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "How to write it: text (default) or json", 0 },
	{ "all", KEY_ALL, NULL, 0, "Also show lock-order cycles that cannot happen, and why", 0 },
	{ 0 },
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->analysis;
		return 0;
	case 'f':
		a->format = hw_report_find_format(argument);
		if (!a->format)
			argp_error(state, "a report has format text or json, not '%s'", argument);
		return 0;
	case KEY_ALL:
		a->all = true;
		return 0;
	case ARGP_KEY_ARG:
		hw_options_add_file(&a->common, argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int report(void *arguments, const struct hw_input *input, struct hw_error *error)
{
	const struct arguments *a = arguments;
	struct hw_analysis analysis;
	struct hw_output output;
	int code = hw_output_open(a->common.output, &output, error);

	if (code)
		return code;
	hw_analysis_run(&input->model, input->recording.db, &a->analysis, &analysis);
	hw_report_write(a->format, &(struct hw_report){
					   .out = output.file,
					   .analysis = &analysis,
					   .model = &input->model,
					   .file = input->file,
					   .all = a->all,
					   .verbose = a->common.verbose,
					   .quiet = a->common.quiet,
					   .term = hw_term_of(output.file, a->common.color),
				   });
	hw_analysis_finish(&analysis);
	return hw_output_commit(&output, error);
}

int hw_cmd_report(int argc, char **argv)
{
	static const struct argp_child children[] = { { &hw_options_argp, 0, NULL, 0 },
		{ &hw_analysis_options_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[FILE...]",
		.doc = "Report the deadlocks and lock-order cycles of a recording, worst first. "
		       "Of several, also the cycles that exist only across them."
		       "\v" HW_OPTIONS_EXIT_STATUS,
		.children = children,
	};
	struct arguments arguments = {
		.analysis = HW_ANALYSIS_DEFAULTS, .format = &hw_report_text };
	struct hw_error error;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	code = hw_input_use(
		&arguments.common, HW_RECORDING_WITH_NAMES, report, &arguments, &error);
	free(arguments.common.more);
	return hw_verb_status(code, &error);
}
