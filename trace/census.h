/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_CENSUS_H
#define HW_TRACE_CENSUS_H

/*
 * Who is there: takes new processes and threads of the session into the roster,
 * and notices which have ended. Only here are slots given back.
 */

#include "trace/collector.h"

/* Take in every slot that was filled since the last time. */
void hw_census_arrivals(struct hw_collector *collector);

/* Let go of threads and processes that ended and whose logs were read to the end. */
void hw_census_departures(struct hw_collector *collector);

/* Whether a process has ended that the next round will let go of. */
bool hw_census_departing(const struct hw_collector *collector);

/* Whether any process is there, or was announced and may still come. */
bool hw_census_anybody(struct hw_collector *collector);

#endif
