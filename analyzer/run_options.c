/* SPDX-License-Identifier: MIT */
#include "analyzer/run_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/program.h"

enum {
	OPTION_FOLLOW = 0x200,
	OPTION_HIDE,
	OPTION_DEPTH,
	OPTION_PYTHON,
	OPTION_LOSSY,
	OPTION_MAX_SIZE,
	OPTION_PATIENCE,
	OPTION_STORE,
	OPTION_ON_DEADLOCK,
	OPTION_ERROR_EXITCODE,
	OPTION_UNWIND,
};

static const struct argp_option option_table[] = {
	{ NULL, 0, NULL, 0, "What to record:", 1 },
	{ "events", 'e', "KINDS", 0,
		"Only these kinds: mutex,rwlock,sem,cond,spin,barrier,thread,once (default: all)",
		1 },
	{ "follow", OPTION_FOLLOW, "WHAT", 0,
		"Follow the program into its children: fork, exec, fork,exec (default) or none",
		1 },
	{ "hide-environment", OPTION_HIDE, NULL, 0,
		"Give the program the environment it would have without holdwait", 1 },
	{ "depth", OPTION_DEPTH, "N", 0, "Keep at most N frames of a call stack (default: 64)", 1 },
	{ "python", OPTION_PYTHON, "WHAT", 0,
		"Show the functions of Python programs in call stacks: auto (default) or off", 1 },
	{ "lossy", OPTION_LOSSY, NULL, 0,
		"Drop events rather than let the program wait for the collector", 1 },
	{ "max-size", OPTION_MAX_SIZE, "SIZE", 0,
		"End recording, not the program, when the file has SIZE bytes; 20M, 1G", 1 },
	{ "patience", OPTION_PATIENCE, "SEC", 0,
		"Let the program go on unrecorded when nothing was stored for SEC seconds while it "
		"waits (default: 30)", 1 },
	{ "store", OPTION_STORE, "FORM", 0,
		"Keep events as rows, packed or zstd (packed and compressed); auto (default): as "
		"rows up to a million, else packed",
		1 },
	{ "unwind", OPTION_UNWIND, "HOW", 0,
		"Find call stacks by what compilers wrote down: auto (default); or by frame "
		"pointers alone: fp",
		1 },
	{ NULL, 0, NULL, 0, "When it hangs, or could:", 2 },
	{ "on-deadlock", OPTION_ON_DEADLOCK, "WHAT", 0,
		"report (default) lets it hang, abort and kill end it by a signal, exit ends it "
		"with status 124",
		2 },
	{ "error-exitcode", OPTION_ERROR_EXITCODE, "N", 0, "Exit with N when there are findings",
		2 },
	{ 0 }
};

static void set(struct argp_state *state, const char *name, const char *value)
{
	struct hw_run_options *options = state->input;
	struct hw_error error;

	if (hw_recording_options_set(&options->recording, name, value, &error)) {
		hw_error_print(&error);
		exit(argp_err_exit_status);
	}
}

static void set_on_deadlock(struct argp_state *state, const char *what)
{
	static const char *const names[] = {
		[HW_ON_DEADLOCK_REPORT] = "report",
		[HW_ON_DEADLOCK_ABORT] = "abort",
		[HW_ON_DEADLOCK_KILL] = "kill",
		[HW_ON_DEADLOCK_EXIT] = "exit",
	};
	struct hw_run_options *options = state->input;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(what, names[i])) {
			options->on_deadlock = (enum hw_on_deadlock)i;
			return;
		}
	argp_error(state, "--on-deadlock takes report, abort, kill or exit, not '%s'", what);
}

static void set_error_exitcode(struct argp_state *state, const char *text)
{
	struct hw_run_options *options = state->input;
	char *end;
	long status = strtol(text, &end, 10);

	if (*end || end == text || status < 1 || status > 255)
		argp_error(state, "'%s' is no exit status from 1 to 255", text);
	options->error_exitcode = (int)status;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct hw_run_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->common;
		state->child_inputs[1] = &options->analysis;
		return 0;
	case 'e':
		set(state, "events", text);
		return 0;
	case OPTION_FOLLOW:
		set(state, "follow", text);
		return 0;
	case OPTION_HIDE:
		set(state, "hide-environment", NULL);
		return 0;
	case OPTION_DEPTH:
		set(state, "depth", text);
		return 0;
	case OPTION_PYTHON:
		set(state, "python", text);
		return 0;
	case OPTION_LOSSY:
		set(state, "lossy", NULL);
		return 0;
	case OPTION_MAX_SIZE:
		set(state, "max-size", text);
		return 0;
	case OPTION_PATIENCE:
		set(state, "patience", text);
		return 0;
	case OPTION_STORE:
		set(state, "store", text);
		return 0;
	case OPTION_ON_DEADLOCK:
		set_on_deadlock(state, text);
		return 0;
	case OPTION_ERROR_EXITCODE:
		set_error_exitcode(state, text);
		return 0;
	case OPTION_UNWIND:
		set(state, "unwind", text);
		return 0;
	case ARGP_KEY_ARG:
		options->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no program to run");
		return 0;
	case ARGP_KEY_END:
		if (options->common.input)
			argp_error(state, "-i names a recording to read; -o names one to write");
		if (options->common.output)
			set(state, "file", options->common.output);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &hw_options_argp, 0, NULL, 3 },
	{ &hw_analysis_options_argp, 0, NULL, 2 }, { 0 } };

void hw_run_options_parse(struct hw_run_options *options, const char *doc, int argc, char **argv)
{
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.args_doc = "[--] PROGRAM [ARGUMENT...]",
		.doc = doc,
		.children = children,
	};

	argp_err_exit_status = HW_EXIT_FAILED;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, options);
}

int hw_run_options_init(struct hw_run_options *options, struct hw_error *error)
{
	*options = (struct hw_run_options){
		.analysis = HW_ANALYSIS_DEFAULTS, .on_deadlock = HW_ON_DEADLOCK_REPORT };
	hw_recording_options_init(&options->recording);
	return hw_recording_options_environment(&options->recording, error);
}
