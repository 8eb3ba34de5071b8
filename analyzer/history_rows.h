/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_HISTORY_ROWS_H
#define HW_ANALYZER_HISTORY_ROWS_H

/* Events as they are stored, on their way into a history: read from a table, then put in order. */

#include "analyzer/history.h"

/* What is wrong with an event by itself. */
enum hw_row_wrong {
	HW_ROW_FINE,
	HW_ROW_UNKNOWN,	  /* its operation or object is not known */
	HW_ROW_BACKWARDS, /* its time is negative, or before that of its thread's event before */
};

struct hw_history_row {
	int64_t time_ns;
	int64_t result;
	uint32_t thread;
	uint8_t wrong; /* enum hw_row_wrong */
	struct hw_moment moment;
};

struct hw_history_rows {
	struct hw_history_row *all;
	size_t count, capacity;
	uint64_t nobodys; /* events that were left out, as their thread is not known */
};

/* The history of events that are in the order of the recorded run. */
void hw_history_build(const struct hw_model *model, const struct hw_history_rows *rows,
	struct hw_history *ret_history);

#endif
