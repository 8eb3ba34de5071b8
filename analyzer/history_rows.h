/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_HISTORY_ROWS_H
#define HW_ANALYZER_HISTORY_ROWS_H

/*
 * The events of a recording in the order of the recorded run, one after the other, as often
 * as they are wanted: on their way into a history.
 *
 * Packed events come from the recording each time. Nearly always they were stored in the order
 * of time: then they come as they were stored, and those of some threads can be had
 * without looking at the others. A plain table has a million at most and may have been written
 * by anybody: it is kept in memory, put in order, where a thread's own order is
 * that of storing, whatever its clock says.
 */

#include "analyzer/history.h"
#include "trace/event_scan.h"

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
	struct hw_moment moment; /* with its position */
};

/* From ids to indexes, where ids are as dense as collectors write them. */
struct hw_history_ids {
	uint32_t *index; /* by id; HW_NONE for none */
	uint32_t count;
	const struct hw_table *table; /* for ids beyond */
};

struct hw_history_rows {
	sqlite3 *db;
	const struct hw_model *model;
	char *path; /* for messages */
	struct hw_history_ids threads, objects, stacks;
	struct hw_event_scan *scan; /* of packed events; NULL when all are in memory */
	struct hw_history_ahead *ahead; /* reads the scan, or what is in memory */
	bool out_of_order;	    /* packed, and not stored by time */
	uint32_t *ids;		    /* of the threads wanted, ascending; NULL for all */
	int64_t last_ns;	    /* of packed events in order: the one before */
	struct hw_history_row *all;
	size_t count, capacity, next;
	uint64_t nobodys; /* events left out since the beginning, as their thread is not known */
};

/* Begin with the first event. The caller closes what was opened. */
int hw_history_rows_open(sqlite3 *db, const struct hw_model *model, const char *path,
	struct hw_history_rows **ret_rows, struct hw_error *error);

/*
 * Begin again, with at least the events of these threads, by index; NULL for all. Positions are the
 * same each time.
 */
int hw_history_rows_rewind(struct hw_history_rows *rows, const bool *threads,
	struct hw_error *error);

/*
 * The next events, at least one, which may be changed where they are until the next call: 1, or
 * 0 when there are no more, or a negative errno; -EAGAIN when only now it is seen that they
 * are not stored by time. Then rewind, and forget what came up to now.
 */
int hw_history_rows_next(struct hw_history_rows *rows, struct hw_history_row **ret_rows,
	size_t *ret_count, struct hw_error *error);

/* NULL is allowed. */
void hw_history_rows_close(struct hw_history_rows *rows);

#endif
