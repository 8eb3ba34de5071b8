/* SPDX-License-Identifier: MIT */
#include "analyzer/analysis_options.h"

#include <stdlib.h>

enum { KEY_ANY_THREAD = 0x3000, KEY_STALL };

static const struct argp_option options[] = {
	{ "any-thread", KEY_ANY_THREAD, NULL, 0,
		"Suppose that any thread may run any code at any time, as of tests that run one "
		"thing after the other: what only one thread does, or one after the other, is "
		"reported too", 0 },
	{ "stall", KEY_STALL, "SEC", 0,
		"Tell of threads that were blocked on a lock for SEC seconds or longer", 0 },
	{ 0 },
};

static int64_t nanoseconds(struct argp_state *state, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	if (*end || end == text || !(seconds > 0) || seconds > 1e9)
		argp_error(state, "--stall takes a number of seconds, such as 0.5, not '%s'", text);
	/* Nothing is shorter than the clock can tell. */
	return seconds < 1e-9 ? 1 : (int64_t)(seconds * 1e9);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct hw_analysis_options *o = state->input;

	switch (key) {
	case KEY_ANY_THREAD:
		o->any_thread = true;
		return 0;
	case KEY_STALL:
		o->stall_ns = nanoseconds(state, argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp hw_analysis_options_argp = { .options = options, .parser = parse };
