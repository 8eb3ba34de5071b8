/* SPDX-License-Identifier: MIT */
/*
 * holdwait check: findings as an exit status, of recordings or of a program that is
 * recorded for it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/check_write.h"
#include "analyzer/input.h"
#include "analyzer/output.h"
#include "analyzer/program.h"
#include "analyzer/supervise.h"
#include "analyzer/verb.h"
#include "trace/memory.h"

enum { KEY_BASELINE = 0x1000, KEY_WRITE_BASELINE, KEY_SUPPRESSIONS };

/* Tests that run side by side in one folder must not share a recording. */
#define RECORDING_OF_A_CHECK "holdwait-%e-%p.db"

struct names {
	const char **all;
	size_t count, capacity;
};

struct arguments {
	struct hw_options common;
	struct hw_analysis_options analysis;
	bool json;
	const char *baseline, *write_baseline;
	struct names suppressions, files;
	char **command; /* of the program to record; NULL when there are files */
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0, "How to write it: text (default) or json", 0 },
	{ "baseline", KEY_BASELINE, "FILE", 0, "Findings in FILE are known and do no harm", 0 },
	{ "write-baseline", KEY_WRITE_BASELINE, "FILE", 0,
		"Write the findings to FILE, for --baseline, and end with 0", 0 },
	{ "suppressions", KEY_SUPPRESSIONS, "FILE", 0,
		"Leave out what FILE suppresses (default: the nearest .holdwait-suppressions "
		"in this folder or above); may be repeated", 0 },
	{ 0 },
};

static void add(struct names *names, const char *name)
{
	HW_GROW(names->all, names->count, names->capacity);
	names->all[names->count++] = name;
}

static void take_word(struct arguments *a, struct argp_state *state, const char *word)
{
	if (!state->quoted || state->next - 1 < state->quoted) {
		add(&a->files, word);
		return;
	}
	a->command = &state->argv[state->next - 1];
	state->next = state->argc;
}

static void end_words(struct arguments *a, struct argp_state *state)
{
	if (a->common.input)
		add(&a->files, a->common.input);
	if (a->command && a->files.count)
		argp_error(state, "either a recording, '%s', or a program, '%s'", a->files.all[0],
			a->command[0]);
	if (state->quoted && !a->command)
		argp_error(state, "no program follows '--'");
	if (!a->command && !a->files.count)
		add(&a->files, HW_RECORDING_DEFAULT);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		state->child_inputs[1] = &a->analysis;
		return 0;
	case 'f':
		a->json = strcmp(argument, "json") == 0;
		if (!a->json && strcmp(argument, "text") != 0)
			argp_error(state, "a check has format text or json, not '%s'", argument);
		return 0;
	case KEY_BASELINE:
		a->baseline = argument;
		return 0;
	case KEY_WRITE_BASELINE:
		a->write_baseline = argument;
		return 0;
	case KEY_SUPPRESSIONS:
		add(&a->suppressions, argument);
		return 0;
	case ARGP_KEY_ARG:
		take_word(a, state, argument);
		return 0;
	case ARGP_KEY_END:
		end_words(a, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int load_suppressions(
	const struct arguments *a, struct hw_check *check, struct hw_error *error)
{
	char *found = a->suppressions.count ? NULL : hw_suppressions_find();
	int code = found ? hw_suppressions_load(&check->suppressions, found, error) : 0;

	for (size_t i = 0; !code && i < a->suppressions.count; i++)
		code = hw_suppressions_load(&check->suppressions, a->suppressions.all[i], error);
	free(found);
	return code;
}

static int load(const struct arguments *a, struct hw_check *check, struct hw_error *error)
{
	int code = load_suppressions(a, check, error);

	if (!code && a->baseline)
		code = hw_baseline_load(&check->baseline, a->baseline, error);
	if (!code && a->write_baseline && access(a->write_baseline, F_OK) == 0)
		code = hw_baseline_load(&check->written, a->write_baseline, error);
	return code;
}

/* With `keep`, findings become part of the recording, as those of `holdwait run`. */
static void check_file(const struct arguments *a, struct hw_check *check,
	struct hw_check_writer *writer, const char *file, bool keep)
{
	const struct hw_options options_of_file = { .input = file };
	struct hw_analysis analysis;
	struct hw_checked checked;
	struct hw_error error;
	struct hw_input input;

	if (hw_input_open(&options_of_file, HW_RECORDING_WITH_NAMES, &input, &error)) {
		hw_error_print(&error);
		hw_check_fail(check);
		hw_check_write_failure(writer, file, &error);
		return;
	}
	hw_analysis_run(&input.model, input.recording.db, &a->analysis, &analysis);
	if (keep)
		hw_supervise_keep_findings(file, &analysis);
	hw_check_sort(check, &analysis, &checked);
	hw_check_write_recording(writer, check, file, &analysis, &checked);
	hw_analysis_finish(&analysis);
	hw_input_close(&input);
}

/* The exit status, unless a baseline was all that was wanted. */
static int conclude(const struct arguments *a, const struct hw_check *check)
{
	struct hw_error error;

	if (!a->write_baseline)
		return (int)hw_check_status(check);
	if (!hw_baseline_write(&check->written, a->write_baseline, &error))
		return check->troubles ? HW_CHECK_CANNOT_SAY : HW_CHECK_CLEAN;
	hw_error_print(&error);
	return HW_CHECK_CANNOT_SAY;
}

static struct hw_check_writer writer_to(const struct arguments *a, FILE *out)
{
	return (struct hw_check_writer){
		.out = out,
		.term = hw_term_of(out, a->common.color),
		.json = a->json,
		.quiet = a->common.quiet,
		.verbose = a->common.verbose,
	};
}

static int check_files(const struct arguments *a, struct hw_check *check)
{
	struct hw_check_writer writer;
	struct hw_output output;
	struct hw_error error;

	if (hw_output_open(a->common.output, &output, &error)) {
		hw_error_print(&error);
		return HW_CHECK_CANNOT_SAY;
	}
	writer = writer_to(a, output.file);
	hw_check_write_begin(&writer);
	for (size_t i = 0; i < a->files.count; i++)
		check_file(a, check, &writer, a->files.all[i], false);
	hw_check_write_end(&writer, check);
	if (!hw_output_commit(&output, &error))
		return conclude(a, check);
	hw_error_print(&error);
	return HW_CHECK_CANNOT_SAY;
}

/* What ended before it could be checked: its own failure comes first. */
static int status_of_run(const struct hw_supervised *run, int status)
{
	if (run->ended_by_us)
		return status == HW_CHECK_FINDINGS ? status : HW_EXIT_HUNG;
	if (!WIFEXITED(run->launch.status) || WEXITSTATUS(run->launch.status))
		hw_launch_exit_alike(&run->launch);
	return status;
}

static int prepare(const struct arguments *a, struct hw_run_options *run_options, bool *ret_keep,
	struct hw_error *error)
{
	const char *file = a->common.output;
	int code = hw_run_options_init(run_options, error);

	if (code)
		return code;
	*ret_keep = file || strcmp(run_options->recording.file, HW_RECORDING_DEFAULT) != 0;
	run_options->common = a->common;
	run_options->command = a->command;
	run_options->on_deadlock = HW_ON_DEADLOCK_EXIT;
	run_options->silent = true;
	if (!file && !*ret_keep)
		file = RECORDING_OF_A_CHECK;
	return file ? hw_recording_options_set(&run_options->recording, "file", file, error) : 0;
}

static int check_program(const struct arguments *a, struct hw_check *check)
{
	struct hw_run_options run_options;
	struct hw_check_writer writer;
	struct hw_supervised run;
	struct hw_error error;
	bool keep;
	int status;

	if (prepare(a, &run_options, &keep, &error)) {
		hw_error_print(&error);
		return HW_CHECK_CANNOT_SAY;
	}
	status = hw_supervise_record(&run_options, &run);
	if (status)
		return status == HW_EXIT_FAILED ? HW_CHECK_CANNOT_SAY : status;
	writer = writer_to(a, stderr);
	writer.beside_program = true;
	hw_check_write_begin(&writer);
	check_file(a, check, &writer, run.file, run.closed);
	hw_check_write_end(&writer, check);
	if (!keep && run.closed && hw_check_status(check) == HW_CHECK_CLEAN)
		unlink(run.file);
	status = status_of_run(&run, conclude(a, check));
	hw_supervise_finish(&run);
	return status;
}

int hw_cmd_check(int argc, char **argv)
{
	static const struct argp_child children[] = { { &hw_options_argp, 0, NULL, 0 },
		{ &hw_analysis_options_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[FILE...]\n-- PROGRAM [ARGUMENT...]",
		.doc = "Check recordings for deadlocks, or record a program and check that."
		       "\vExit status: 0 without findings, 1 with findings, 2 when nothing can be "
		       "said: no recording, an incomplete one, bad usage. A program that fails "
		       "decides by its own status.",
		.children = children,
	};
	struct arguments arguments = { .analysis = HW_ANALYSIS_DEFAULTS };
	struct hw_check check = { 0 };
	struct hw_error error;
	int status = HW_CHECK_CANNOT_SAY;

	/* In order, so that it can be told what stands before the two dashes. */
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &arguments);
	if (load(&arguments, &check, &error))
		hw_error_print(&error);
	else
		status = arguments.command ? check_program(&arguments, &check) :
					     check_files(&arguments, &check);
	hw_check_finish(&check);
	free(arguments.files.all);
	free(arguments.suppressions.all);
	return status;
}
