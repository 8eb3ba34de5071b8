/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_DOWNLOAD_OPTIONS_H
#define DEMOS_DOWNLOAD_OPTIONS_H

/* The command line of the two download programs, which is the same for both. */

#include <stdbool.h>

struct download_options {
	unsigned count;	       /* of pictures */
	unsigned parallel;     /* at most so many of them at once */
	const char *url;       /* NULL: from a server of our own */
	const char *directory; /* where they go */
	unsigned delay_ms;     /* of the server of our own */
	bool inverted;	       /* half of the workers take the locks in the other order */
	bool compare;	       /* with doing it one by one */
};

/*
 * Fill the options with defaults and with what the command line says; ends the
 * program for --help and for wrong usage. `worker` is what does the work, for the help
 * text: "thread" or "process". The strings belong to argv.
 */
void download_options_parse(
	int argc, char **argv, const char *worker, struct download_options *ret_options);

#endif
