/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_HISTORY_AHEAD_H
#define HW_ANALYZER_HISTORY_AHEAD_H

/*
 * Rows of a history, read ahead by a thread of its own and handed over in batches: taking events
 * out of a recording costs about as much as what is made of them, and two processors can do
 * both at once.
 *
 * Until it is closed, what the rows come from (a connection and a scan of it) belongs to that
 * thread. Where there can be no thread, rows are read when they are asked for. They come in the
 * same order as from where they are read, and errors come after them.
 */

#include "analyzer/history_rows.h"

struct hw_history_ahead;

/* The next row of `rows`: 1, or 0 when there are no more, or a negative errno. */
typedef int hw_history_next(struct hw_history_rows *rows, struct hw_history_row *ret_row,
	struct hw_error *error);

/* Begin to read. The caller closes it. */
struct hw_history_ahead *hw_history_ahead_open(hw_history_next *next,
	struct hw_history_rows *rows);

/* As hw_history_rows_next. */
int hw_history_ahead_next(struct hw_history_ahead *ahead, struct hw_history_row **ret_rows,
	size_t *ret_count, struct hw_error *error);

/* Stop, wherever it is. NULL is allowed. */
void hw_history_ahead_close(struct hw_history_ahead *ahead);

#endif
