/* SPDX-License-Identifier: MIT */
#include "analyzer/analysis_options.h"

enum { KEY_ANY_THREAD = 0x3000 };

static const struct argp_option options[] = {
	{ "any-thread", KEY_ANY_THREAD, NULL, 0,
		"Suppose that any thread may run any code at any time, as of tests that run one "
		"thing after the other: what only one thread does, or one after the other, is "
		"reported too", 0 },
	{ 0 },
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct hw_analysis_options *o = state->input;

	switch (key) {
	case KEY_ANY_THREAD:
		o->any_thread = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp hw_analysis_options_argp = { .options = options, .parser = parse };
