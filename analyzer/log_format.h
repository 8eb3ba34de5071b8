/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_LOG_FORMAT_H
#define HW_ANALYZER_LOG_FORMAT_H

/*
 * How events are written, one line for each: in columns for people, as CSV
 * (RFC 4180) for tables, as lines of JSON for programs.
 */

#include <stdio.h>

#include "analyzer/event_log.h"
#include "analyzer/term.h"

struct hw_log_writer {
	FILE *out;
	const struct hw_model *model;
	struct hw_term term;
	size_t thread_columns, object_columns; /* of the longest labels */
	size_t blanks;			       /* due before the next column */
	struct hw_arena arena;
};

struct hw_log_format {
	const char *name;
	void (*begin)(struct hw_log_writer *writer);
	void (*event)(struct hw_log_writer *writer, const struct hw_event_row *row);
};

/* A format by its name, or NULL. */
const struct hw_log_format *hw_log_format_find(const char *name);

#endif
