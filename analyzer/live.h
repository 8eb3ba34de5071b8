/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_LIVE_H
#define HW_ANALYZER_LIVE_H

/*
 * Deadlocks of a program that still runs: looks at a recording each time the
 * collector has stored a new waiting state, and tells of what it has not told before.
 * Stalls too, when they are asked for: those become one without a new state, by going on.
 */

#include <stddef.h>
#include <stdint.h>

#include "analyzer/term.h"
#include "trace/error.h"
#include "trace/table.h"

struct hw_live {
	const char *file; /* the recording */
	enum hw_color color;
	bool verbose;
	bool quiet;
	bool silent;	/* only count what is new */
	uint64_t *told; /* fingerprints */
	size_t told_count, told_capacity;
	int64_t stall_ns; /* tell of waits for locks of this length; 0: do not */
	int64_t due_ns;	  /* when the next one may be as long; INT64_MAX: none */
	struct hw_table stalls_told; /* waits: hash of thread and beginning */
};

/*
 * Look, and write new deadlocks and stalls to stderr. How many deadlocks were new; a
 * recording that cannot be read is an error (negative). `now_ns` is on the recording's clock.
 */
int hw_live_look(struct hw_live *live, int64_t now_ns, struct hw_error *error);

/*
 * Write every deadlock there is, and every wait for a lock, to stderr, told of before or not.
 * How many there are, or an error as above.
 */
int hw_live_tell(struct hw_live *live, int64_t now_ns, struct hw_error *error);

void hw_live_finish(struct hw_live *live);

#endif
