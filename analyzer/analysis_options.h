/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_ANALYSIS_OPTIONS_H
#define HW_ANALYZER_ANALYSIS_OPTIONS_H

/*
 * How a recording is to be analysed, and the options of verbs that analyse one to say so. A
 * verb puts hw_analysis_options_argp among the children of its own argp, and gives it a
 * struct hw_analysis_options when its parser is asked to initialise.
 */

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

struct hw_analysis_options {
	int64_t budget;	 /* work that is spent on cycles; see hw_walk_cycles */
	bool any_thread; /* any thread may run any code at any time */
	int64_t stall_ns; /* tell of waits for locks of this length; 0: do not */
	int64_t now_ns;	  /* the end of waits that are not over; HW_UNKNOWN: of the recording */
};

/* Unless told otherwise: about a second, and the threads as they were recorded. */
#define HW_ANALYSIS_DEFAULTS { .budget = 100000000, .now_ns = INT64_MIN }

extern const struct argp hw_analysis_options_argp;

#endif
