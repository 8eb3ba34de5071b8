/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_EVENT_LOG_H
#define HW_ANALYZER_EVENT_LOG_H

/*
 * The events of a recording, in the order of time, one after the other: those
 * that a filter lets through. Nothing is kept, so their number does not matter.
 */

#include "analyzer/model.h"

struct hw_event_filter {
	bool *threads;	 /* by index in the model; NULL: all */
	bool *objects;	 /* likewise; events without an object are then left out */
	const char *ops; /* "lock,unlock"; NULL: all */
	int64_t since_ns, until_ns;
	int64_t limit; /* the first so many; negative: all */
};

/* An event, with its references as indexes of the model. */
struct hw_event_row {
	int64_t time_ns;
	uint32_t thread;
	uint32_t object; /* HW_NONE: none */
	uint32_t site;	 /* frame; HW_NONE: not known */
	const char *op;	 /* valid during the call */
	bool shared;
	const char *how; /* "try", "timed", "reacquire" or NULL; valid during the call */
	bool has_result;
	int64_t result; /* errno of a failure; process of a fork, thread of a create, by id */
};

typedef void hw_event_function(void *user, const struct hw_event_row *row);

/* Call `visit` for each event. `path` is for messages. */
int hw_event_log_read(sqlite3 *db, const char *path, const struct hw_model *model,
	const struct hw_event_filter *filter, hw_event_function *visit, void *user,
	struct hw_error *error);

/*
 * Mark the threads (objects) that a word names: by id, or by name or label, where * and ?
 * stand for any text. Returns how many.
 */
uint32_t hw_event_log_match_threads(
	const struct hw_model *model, const char *word, bool *ret_threads);
uint32_t hw_event_log_match_objects(
	const struct hw_model *model, const char *word, bool *ret_objects);

/* "0.25", "0.25s", "250ms", "7us" or "9ns" in nanoseconds; false when it is none. */
bool hw_event_log_parse_time(const char *word, int64_t *ret_time_ns);

#endif
