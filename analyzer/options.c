/* SPDX-License-Identifier: MIT */
#include "analyzer/options.h"

#include <string.h>

#include "trace/memory.h"

enum { KEY_COLOR = 0x1000 };

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Common options:", 10 },
	{ "input", 'i', "FILE", 0, "Read the recording FILE (default holdwait.db)", 10 },
	{ "output", 'o', "FILE", 0, "Write to FILE instead of standard output", 10 },
	{ "color", KEY_COLOR, "WHEN", 0, "Use colours: auto (on a terminal), always, never", 10 },
	{ "quiet", 'q', NULL, 0, "Say less", 10 },
	{ "verbose", 'v', NULL, 0, "Say more", 10 },
	{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, -1 },
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

void hw_options_take_file(struct argp_state *state, struct hw_options *o, const char *file)
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
		hw_options_take_file(state, o, argument);
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
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp hw_options_argp = { .options = options, .parser = parse };
