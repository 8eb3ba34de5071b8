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

/*
 * A file on the command line, of a verb whose own parser leaves it alone, is the recording
 * that -i would name.
 */
extern const struct argp hw_options_argp;

/* What every verb's --help ends with. */
#define HW_OPTIONS_EXIT_STATUS                                                                 \
	"Exit status: 0, also when there are findings; 2 when the file cannot be read or the " \
	"command line makes no sense."

/* For the parser of a verb that takes several recordings, which are then one (merge.h). */
void hw_options_add_file(struct hw_options *options, const char *file);

/*
 * Parse the command line of a verb that takes one word, or none, and no option but --help:
 * the word, or NULL. `what` says what it is a word for, "topic", and `doc` is for --help.
 */
const char *hw_options_parse_word(const char *what, const char *doc, int argc, char **argv);

#endif
