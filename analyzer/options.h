/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_OPTIONS_H
#define HW_ANALYZER_OPTIONS_H

/*
 * The options that all verbs understand: -i, -o, --color, -q, -v, -h. A verb puts
 * hw_options_argp among the children of its own argp, and gives it a struct hw_options
 * when its parser is asked to initialise (ARGP_KEY_INIT: child_inputs).
 */

#include <argp.h>
#include <stdbool.h>

#include "analyzer/term.h"

/* Exit status when a verb cannot do what it was asked to. */
enum { HW_EXIT_TROUBLE = 2 };

struct hw_options {
	const char *input;  /* NULL: the default recording */
	const char **more;  /* recordings after the first, of verbs that take several */
	size_t more_count, more_capacity;
	const char *output; /* NULL: standard output */
	enum hw_color color;
	bool quiet, verbose;
};

extern const struct argp hw_options_argp;

/* What every verb's --help ends with. */
#define HW_OPTIONS_EXIT_STATUS                                                                 \
	"Exit status: 0, also when there are findings; 2 when the file cannot be read or the " \
	"command line makes no sense."

/* For a verb's parser: take a file from the command line, which is where -i would name one. */
void hw_options_take_file(struct argp_state *state, struct hw_options *options, const char *file);

/* Likewise for a verb that takes several, which are then one recording (merge.h). */
void hw_options_add_file(struct hw_options *options, const char *file);

#endif
