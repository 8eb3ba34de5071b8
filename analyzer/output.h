/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_OUTPUT_H
#define HW_ANALYZER_OUTPUT_H

/*
 * Where a verb writes to: standard output, or a file that is there whole or not
 * at all. It is written under another name in the same directory, and takes its
 * place when all went well. What is no regular file (a FIFO, /dev/null) is written
 * to directly.
 */

#include <stdio.h>

#include "trace/error.h"

struct hw_output {
	FILE *file;
	char *path;	 /* NULL: standard output */
	char *temporary; /* NULL: written directly */
};

/* Open for writing; a NULL path is standard output. The caller commits or discards it. */
int hw_output_open(const char *path, struct hw_output *ret_output, struct hw_error *error);

/* All was written: put it in place. Fails, and leaves nothing behind, when writing failed. */
int hw_output_commit(struct hw_output *output, struct hw_error *error);

/* Leave no trace. */
void hw_output_discard(struct hw_output *output);

#endif
