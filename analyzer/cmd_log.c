/* SPDX-License-Identifier: MIT */
/*
 * holdwait log: what happened, event by event.
 */
#include <errno.h>
#include <stdlib.h>

#include "analyzer/input.h"
#include "analyzer/log_format.h"
#include "analyzer/output.h"
#include "analyzer/verb.h"
#include "trace/memory.h"

enum { KEY_OBJECT = 0x1000, KEY_OP, KEY_SINCE, KEY_UNTIL, WORDS_MAX = 64 };

/* Words given with one option, as often as it was given. */
struct words {
	const char *words[WORDS_MAX];
	unsigned count;
};

struct arguments {
	struct hw_options common;
	const struct hw_log_format *format;
	struct words threads, objects;
	struct hw_event_filter filter;
};

static const struct argp_option options[] = {
	{ "format", 'f', "FORMAT", 0,
		"How to write it: text (default), csv, or json, a line for "
		"each event",
		0 },
	{ "thread", 't', "THREAD", 0,
		"Only events of this thread: a number of the recording, or a "
		"name, in which * stands for any text; may be repeated",
		0 },
	{ "object", KEY_OBJECT, "OBJECT", 0, "Only events on this object: number or name, likewise",
		0 },
	{ "op", KEY_OP, "OP[,OP...]", 0, "Only these: wait, lock, unlock, take, post, ...", 0 },
	{ "since", KEY_SINCE, "TIME", 0,
		"From TIME on; in seconds since the recording began, or "
		"with a unit: 250ms, 7us",
		0 },
	{ "until", KEY_UNTIL, "TIME", 0, "Up to TIME", 0 },
	{ "limit", 'n', "COUNT", 0, "The first COUNT of them", 0 },
	{ 0 },
};

static void add_word(struct argp_state *state, struct words *words, const char *word)
{
	if (words->count == WORDS_MAX)
		argp_error(state, "at most %d threads or objects can be named", WORDS_MAX);
	words->words[words->count++] = word;
}

static int64_t parse_time(struct argp_state *state, const char *word)
{
	int64_t time_ns = 0;

	if (!hw_event_log_parse_time(word, &time_ns))
		argp_error(state, "a time is a number with or without s, ms, us or ns, not '%s'",
			word);
	return time_ns;
}

static int64_t parse_limit(struct argp_state *state, const char *word)
{
	char *end;
	int64_t limit = strtoll(word, &end, 10);

	if (end == word || *end || limit < 0)
		argp_error(state, "--limit is a number of events, not '%s'", word);
	return limit;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->common;
		return 0;
	case 'f':
		a->format = hw_log_format_find(argument);
		if (!a->format)
			argp_error(state, "a log has format text, csv or json, not '%s'", argument);
		return 0;
	case 't':
		add_word(state, &a->threads, argument);
		return 0;
	case KEY_OBJECT:
		add_word(state, &a->objects, argument);
		return 0;
	case KEY_OP:
		a->filter.ops = argument;
		return 0;
	case KEY_SINCE:
		a->filter.since_ns = parse_time(state, argument);
		return 0;
	case KEY_UNTIL:
		a->filter.until_ns = parse_time(state, argument);
		return 0;
	case 'n':
		a->filter.limit = parse_limit(state, argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

typedef uint32_t match_function(const struct hw_model *model, const char *word, bool *ret_matches);

/* What the words name, as one flag for each of `count` things; NULL when there are no words. */
static int match(const struct hw_model *model, const struct words *words, const char *what,
	uint32_t count, match_function *function, bool **ret_matches, struct hw_error *error)
{
	if (!words->count)
		return 0;
	*ret_matches = hw_xcalloc(count, sizeof(**ret_matches));
	for (unsigned i = 0; i < words->count; i++)
		if (function(model, words->words[i], *ret_matches) == 0) {
			hw_error_set(error, -ENOENT, "the recording has no %s '%s'", what,
				words->words[i]);
			hw_error_hint(error, "holdwait info -v lists them");
			return -ENOENT;
		}
	return 0;
}

struct writing {
	const struct hw_log_format *format;
	struct hw_log_writer writer;
};

static void write_event(void *user, const struct hw_event_row *row)
{
	struct writing *writing = user;

	writing->format->event(&writing->writer, row);
}

static int write_log(
	const struct arguments *a, const struct hw_input *input, struct hw_error *error)
{
	struct hw_output output;
	struct writing writing = { .format = a->format };
	int code = hw_output_open(a->common.output, &output, error);

	if (code)
		return code;
	writing.writer = (struct hw_log_writer){
		.out = output.file,
		.model = &input->model,
		.term = hw_term_of(output.file, a->common.color),
	};
	a->format->begin(&writing.writer);
	code = hw_event_log_read(input->recording.db, input->file, &input->model, &a->filter,
		write_event, &writing, error);
	if (!code)
		return hw_output_commit(&output, error);
	hw_output_discard(&output);
	return code;
}

static int list(void *arguments, const struct hw_input *input, struct hw_error *error)
{
	struct arguments *a = arguments;
	const struct hw_model *m = &input->model;
	int code = match(m, &a->threads, "thread", m->thread_count, hw_event_log_match_threads,
		&a->filter.threads, error);

	if (!code)
		code = match(m, &a->objects, "object", m->object_count, hw_event_log_match_objects,
			&a->filter.objects, error);
	if (!code)
		code = write_log(a, input, error);
	free(a->filter.threads);
	free(a->filter.objects);
	return code;
}

int hw_cmd_log(int argc, char **argv)
{
	static const struct argp_child children[] = { { &hw_options_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.args_doc = "[FILE]",
		.doc = "List the events of a recording: time, thread, what it did to which object, "
		       "and where."
		       "\v" HW_OPTIONS_EXIT_STATUS,
		.children = children,
	};
	struct arguments arguments = {
		.format = hw_log_format_find("text"),
		.filter = { .until_ns = INT64_MAX, .limit = -1 },
	};
	struct hw_error error;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	code = hw_input_use(
		&arguments.common, HW_RECORDING_WITH_NAMES, list, &arguments, &error);
	return hw_verb_status(code, &error);
}
