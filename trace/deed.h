/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_DEED_H
#define HW_TRACE_DEED_H

/*
 * What threads did to objects that are known: nearly every record.
 *
 * So they are taken many at a time, in one loop from the log to the packed events, which
 * does for a lock and an unlock only what these need (order_quick.h); for the rest it does what
 * is done for a single one. It leaves what is anything else: definitions, what tells of threads,
 * objects that are not known or are ignored.
 */

#include "trace/reading.h"

/* The object is known, and not ignored: what it means for it and who waits. The result. */
int64_t hw_deed(const struct hw_reading *reading);

/* What the event's row says as its result, as far as the record alone tells; 0: nothing. */
int64_t hw_deed_result(const struct hw_reading *reading);

void hw_deed_store(const struct hw_reading *reading, int64_t result);

/* For hw_readers_round: hw_interpret() for the deeds among these, up to the first that is none. */
size_t hw_deed_take(void *interpreter, struct hw_window *window);

/* The same for so many of them at most. */
size_t hw_deed_take_some(struct hw_interpreter *interpreter, struct hw_window *window,
	size_t most);

/* Make an interpreter with a store ready for that. */
void hw_deed_prepare(struct hw_interpreter *interpreter);

#endif
