/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_EVENT_H
#define HW_TRACE_EVENT_H

/*
 * One thing that happened: what a row of `event` says, in numbers.
 *
 * A row has one word for how it was done, and a mode. So of `how` at most one bit is set
 * besides HW_HOW_SHARED in whatever is read back: hw_event_plain_how() says which.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/record.h"

struct hw_event {
	int64_t time_ns;
	int64_t result;
	uint32_t thread;
	uint32_t object; /* 0 for none */
	uint32_t stack;  /* 0 for none */
	uint8_t op;      /* enum hw_op */
	uint8_t how;     /* enum hw_how */
	bool has_result;
};

/* Of all that can be said of how, what a row says: the word of hw_name_of_how(). */
static inline uint8_t hw_event_plain_how(uint32_t how)
{
	uint32_t one = how & HW_HOW_REFUSED   ? HW_HOW_REFUSED :
		how & HW_HOW_FREED     ? HW_HOW_FREED :
		how & HW_HOW_REACQUIRE ? HW_HOW_REACQUIRE :
		how & HW_HOW_TRY       ? HW_HOW_TRY :
		how & HW_HOW_TIMED     ? HW_HOW_TIMED :
					 how & HW_HOW_MORE;

	return how ? (uint8_t)(one | (how & HW_HOW_SHARED)) : 0;
}

/* "shared"; NULL for exclusive. */
static inline const char *hw_event_mode_name(uint32_t how)
{
	return how & HW_HOW_SHARED ? "shared" : NULL;
}

#endif
