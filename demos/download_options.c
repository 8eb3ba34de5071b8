/* SPDX-License-Identifier: MIT */
#include "demos/download_options.h"

#include "demos/number.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PICTURES = 9999, MOST_PARALLEL = 64, LONGEST_DELAY_MS = 60000 };

enum { OPTION_INVERTED = 256, OPTION_NO_COMPARE };

static const char what_it_is[] =
	"Download pictures, several at once, each worker being a %s of its own, and measure how "
	"much faster that is than one by one."
	"\v"
	"URL may contain {}, which becomes the number of the picture: 1, 2, 3 and so on; without "
	"it the same URL is fetched again and again. Without --url the pictures come from "
	"picture_server, which is started for that and ended afterwards.\n"
	"\n"
	"There are twice as many workers as pictures that may be fetched at once; a semaphore "
	"lets the others wait. Pictures get the names picture-1.png, picture-2.png and so on, "
	"with leading zeros, and replace older ones. One that fails or arrives incomplete is "
	"reported, and leaves no file.\n"
	"\n"
	"With --inverted every second worker takes the locks of the statistics and of the "
	"progress bar in the wrong order. The program will most probably end all the same: the "
	"deadlock needs two workers that come at the same instant. If it does hang, end it with "
	"Ctrl-C.\n"
	"\n"
	"Exit status: 0 when all pictures are there, 1 when one is missing or something else "
	"failed, 2 for wrong usage.";

static const struct argp_option options[] = {
	{ "count", 'n', "N", 0, "Pictures, 1 to 9999 (default 20)", 1 },
	{ "parallel", 'k', "K", 0, "Fetch at most so many at once, 1 to 64 (default 4)", 1 },
	{ "out", 'o', "DIR", 0, "Put them there; made if missing (default pictures)", 1 },
	{ "url", 'u', "URL", 0, "Fetch them from there, by http or https", 2 },
	{ "delay-ms", 'd', "MS", 0, "Without --url: about how long the server takes (default 50)",
		2 },
	{ "inverted", OPTION_INVERTED, NULL, 0, "Take two locks in both orders, which is a bug",
		3 },
	{ "no-compare", OPTION_NO_COMPARE, NULL, 0,
		"Do not fetch all of them again, one by one, to measure the time", 3 },
	{ NULL, 'h', NULL, OPTION_HIDDEN, NULL, -1 },
	{ NULL },
};

static void check_together(struct argp_state *state, const struct download_options *settings)
{
	if (settings->inverted && settings->count < 2)
		argp_error(state, "--inverted needs two pictures at least, for two workers");
	if (settings->count > 1 && settings->url && !settings->url[0])
		argp_error(state, "--url is empty");
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct download_options *settings = state->input;

	switch (key) {
	case 'n':
		settings->count = number_parse(state, "count", text, 1, MOST_PICTURES);
		break;
	case 'k':
		settings->parallel = number_parse(state, "parallel", text, 1, MOST_PARALLEL);
		break;
	case 'o':
		settings->directory = text;
		break;
	case 'u':
		settings->url = text;
		break;
	case 'd':
		settings->delay_ms = number_parse(state, "delay-ms", text, 0, LONGEST_DELAY_MS);
		break;
	case OPTION_INVERTED:
		settings->inverted = true;
		break;
	case OPTION_NO_COMPARE:
		settings->compare = false;
		break;
	case 'h':
		argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "too many arguments: '%s'", text);
		break;
	case ARGP_KEY_END:
		check_together(state, settings);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

void download_options_parse(
	int argc, char **argv, const char *worker, struct download_options *ret_options)
{
	char text[sizeof(what_it_is) + 32];
	const struct argp argp = { options, parse_option, NULL, text };

	snprintf(text, sizeof(text), what_it_is, worker);
	*ret_options = (struct download_options){
		.count = 20,
		.parallel = 4,
		.directory = "pictures",
		.delay_ms = 50,
		.compare = true,
	};
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, ret_options);
}
