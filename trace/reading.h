/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_READING_H
#define HW_TRACE_READING_H

/*
 * One record while it is interpreted (interpret.h), and what records say of threads and
 * processes: that they begin, end, are named.
 */

#include "trace/interpret.h"

/* One record being interpreted, and all that it names. */
struct hw_reading {
	struct hw_interpreter *interpreter;
	struct hw_thread *thread;
	enum hw_op op;
	struct hw_object *object;
	uint32_t stack;
	uint32_t detail;
	int64_t time_ns;
	const struct hw_record *payload;
	size_t payload_bytes;
};

void hw_reading_name_thread(const struct hw_reading *reading);
void hw_reading_start_thread(const struct hw_reading *reading);
void hw_reading_end_thread(const struct hw_reading *reading);

/* The id of the new thread. */
int64_t hw_reading_create_thread(const struct hw_reading *reading);

/* The id of the child, or 0 for a spawned one, which is known only by pid. */
int64_t hw_reading_expect_process(const struct hw_reading *reading);

/* The id of a child that has ended, or 0 when it was never heard of. */
int64_t hw_reading_reap_process(const struct hw_reading *reading);

#endif
