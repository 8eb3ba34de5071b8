/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_ENDING_H
#define HW_TRACE_ENDING_H

/*
 * How a recording ends.
 *
 * Mostly with the last process. It ends early, while programs go on without being recorded,
 *
 *   when it has the size that was allowed: records are taken in the order of their times, and
 *   from the first that has no room none is taken. So what is recorded is all that
 *   happened up to an instant, and nothing after it. The same when the disk is nearly full.
 *
 *   when a program has waited for the collector in vain (it was stopped, say): the logs end where
 *   each thread gave up, and the records that were not written count as lost.
 *
 * Either way the file is put in order like any other, says in a note why it ended, and is not
 * complete.
 */

#include "trace/collector.h"

/* A round of the readers, up to what there is room for. How many records were taken. */
uint64_t hw_ending_round(struct hw_collector *collector, uint64_t cut_ticks);

/* Whether recording ends now. If so, programs are told: nobody waits for the collector any more. */
bool hw_ending_is_early(struct hw_collector *collector);

/* Close the recording; `collector` has no store after that. */
void hw_ending_close(struct hw_collector *collector);

#endif
