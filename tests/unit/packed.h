/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_PACKED_H
#define HW_TESTS_UNIT_PACKED_H

/* Events made up by a fixed rule, and databases in memory with them in one form or another. */

#include <sqlite3.h>

#include "trace/event.h"
#include "trace/event_writer.h"

/*
 * Event number `at`: any op, any how, a result now and then, `threads` threads and `objects`
 * objects. Times go up, but for a few that come late.
 */
struct hw_event packed_event(uint32_t at, uint32_t threads, uint32_t objects);

/* A recording without events, and what writes them. */
struct hw_event_writer *packed_begin(enum hw_event_form form, sqlite3 **ret_db);

/* A recording with the first `count` of them; `rows` makes them rows in the end. */
sqlite3 *packed_recording(enum hw_event_form form, uint32_t count, uint32_t threads,
	uint32_t objects);

/* The test fails unless these are the same in all that a row can say. */
void packed_expect_same(const struct hw_event *found, const struct hw_event *expected, uint32_t at);

#endif
