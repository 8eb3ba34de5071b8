/* SPDX-License-Identifier: MIT */
#include "analyzer/options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

enum { KEY_COLOR = 0x1000 };

/* argp knows --help by itself, but not -h. */
static const struct argp_option help_options[] = {
	{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, -1 },
	{ 0 },
};

static error_t parse_help(int key, char *argument, struct argp_state *state)
{
	if (key != 'h')
		return ARGP_ERR_UNKNOWN;
	argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
	return 0;
}

static const struct argp help_argp = { .options = help_options, .parser = parse_help };
static const struct argp_child help_child[] = { { &help_argp, 0, NULL, 0 }, { 0 } };

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Common options:", 10 },
	{ "input", 'i', "FILE", 0, "Read the recording FILE (default holdwait.db)", 10 },
	{ "output", 'o', "FILE", 0, "Write to FILE instead of standard output", 10 },
	{ "color", KEY_COLOR, "WHEN", 0, "Use colours: auto (on a terminal), always, never", 10 },
	{ "quiet", 'q', NULL, 0, "Say less", 10 },
	{ "verbose", 'v', NULL, 0, "Say more", 10 },
	{ 0 },
};

static enum hw_color color_of(struct argp_state *state, const char *word)
{
	if (strcmp(word, "always") == 0)
		return HW_COLOR_ALWAYS;
	if (strcmp(word, "never") == 0)
		return HW_COLOR_NEVER;
	if (strcmp(word, "auto") != 0)
		argp_error(state, "--color is auto, always or never, not '%s'", word);
	return HW_COLOR_AUTO;
}

static void take_file(struct argp_state *state, struct hw_options *o, const char *file)
{
	if (o->input)
		argp_error(state, "two recordings, '%s' and '%s', but one can be read", o->input,
			file);
	o->input = file;
}

void hw_options_add_file(struct hw_options *o, const char *file)
{
	if (!o->input) {
		o->input = file;
		return;
	}
	HW_GROW(o->more, o->more_count, o->more_capacity);
	o->more[o->more_count++] = file;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct hw_options *o = state->input;

	switch (key) {
	case 'i':
	case ARGP_KEY_ARG:
		take_file(state, o, argument);
		return 0;
	case 'o':
		o->output = argument;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case 'v':
		o->verbose = true;
		return 0;
	case KEY_COLOR:
		o->color = color_of(state, argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp hw_options_argp = {
	.options = options, .parser = parse, .children = help_child
};

struct word {
	const char *what, *word;
};

static error_t parse_word(int key, char *argument, struct argp_state *state)
{
	struct word *word = state->input;

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (word->word)
		argp_error(state, "one %s at a time", word->what);
	word->word = argument;
	return 0;
}

const char *hw_options_parse_word(const char *what, const char *doc, int argc, char **argv)
{
	char *shown = hw_xasprintf("[%s]", what);
	struct argp argp = {
		.parser = parse_word, .args_doc = shown, .doc = doc, .children = help_child
	};
	struct word word = { .what = what };

	for (char *letter = shown; *letter; letter++)
		*letter = (char)toupper((unsigned char)*letter);
	argp_parse(&argp, argc, argv, 0, NULL, &word);
	free(shown);
	return word.word;
}
