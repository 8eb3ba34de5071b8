/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_LIVE_H
#define HW_ANALYZER_LIVE_H

/*
 * Deadlocks of a program that still runs: looks at a recording each time the
 * collector has stored a new waiting state, and tells of what it has not told before.
 */

#include <stddef.h>
#include <stdint.h>

#include "analyzer/term.h"
#include "trace/error.h"

struct hw_live {
	const char *file; /* the recording */
	enum hw_color color;
	bool verbose;
	bool quiet;
	bool silent;	/* only count what is new */
	uint64_t *told; /* fingerprints */
	size_t told_count, told_capacity;
};

/*
 * Look, and write new deadlocks to stderr. How many were new; a recording that cannot be read is
 * an error (negative).
 */
int hw_live_look(struct hw_live *live, struct hw_error *error);

void hw_live_finish(struct hw_live *live);

#endif
