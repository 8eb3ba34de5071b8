/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_INPUT_H
#define HW_ANALYZER_INPUT_H

/*
 * What a verb reads: the recording that its options name, opened, and as a model.
 * Several are merged in memory, and then are one (merge.h).
 */

#include "analyzer/model.h"
#include "analyzer/options.h"
#include "analyzer/recording.h"

struct hw_input {
	const char *file; /* as the user named it, or them: "a.db, b.db" */
	char *list;	  /* the same when they are several */
	struct hw_recording recording;
	struct hw_model model;
};

/* Open and load. The caller closes an input that was opened. */
int hw_input_open(const struct hw_options *options, enum hw_recording_names names,
	struct hw_input *ret_input, struct hw_error *error);
void hw_input_close(struct hw_input *input);

/* What a verb does with its input: 0, or a negative errno with an error. */
typedef int hw_input_work(void *arguments, const struct hw_input *input, struct hw_error *error);

/* Open, do the work of a verb with the arguments it was given, and close. */
int hw_input_use(const struct hw_options *options, enum hw_recording_names names,
	hw_input_work *work, void *arguments, struct hw_error *error);

#endif
