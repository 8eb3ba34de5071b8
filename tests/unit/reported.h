/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_REPORTED_H
#define HW_TESTS_UNIT_REPORTED_H

/*
 * From a scenario to a report, in memory.
 */

#include "analyzer/report.h"
#include "tests/unit/recording.h"

struct reported {
	struct scenario s;
	struct hw_model model;
	struct hw_analysis analysis;
	struct hw_report report; /* options; `out` is filled in */
	bool with_events;	 /* the analysis reads them, too */
	int64_t stall_ns;	 /* and tells of stalls, as of their end in the recording */
};

/* An empty scenario, to be filled. */
void reported_init(struct reported *r);

/* Analyse the scenario and write the report; the caller frees it. Once for each scenario. */
char *reported_write(struct reported *r, const char *format);

void reported_finish(struct reported *r);

/* Scenario: n philosophers, each with his left fork, waiting for his right one. */
void reported_philosophers(struct reported *r, int n);

/* Scenario: reader takes a and then b, writer b and then a, and holds "log" meanwhile. */
void reported_inversion(struct reported *r);

#endif
