/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_CHECK_WRITE_H
#define HW_ANALYZER_CHECK_WRITE_H

/*
 * What a check says, recording by recording, then in the end: a line for each new
 * finding, or JSON.
 */

#include "analyzer/check.h"
#include "analyzer/json.h"
#include "analyzer/term.h"

struct hw_check_writer {
	FILE *out;
	struct hw_term term;
	bool json; /* instead of text */
	bool quiet, verbose;
	bool beside_program; /* what a program prints is all around */
	struct hw_json state;
	const char *example_file; /* of the first finding */
	enum hw_rule example_rule;
};

void hw_check_write_begin(struct hw_check_writer *writer);

/* A recording whose findings were sorted; those that are new are told from now on. */
void hw_check_write_recording(struct hw_check_writer *writer, struct hw_check *check,
	const char *file, struct hw_analysis *analysis, const struct hw_checked *checked);

/* A recording that could not be read; for text, the caller prints the error. */
void hw_check_write_failure(
	struct hw_check_writer *writer, const char *file, const struct hw_error *error);

/* What was of no use, and the conclusion. */
void hw_check_write_end(struct hw_check_writer *writer, const struct hw_check *check);

#endif
