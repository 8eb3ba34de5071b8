/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_HISTORY_H
#define HW_ANALYZER_HISTORY_H

/*
 * The recorded run in memory: the events of every thread in its own order, and
 * what let each of them go on.
 *
 * Three orders matter for what else could have happened:
 *
 *   thread order    a thread's events, by index
 *   enabling        an event that could not have happened without one of another
 *                   thread: its creation before a thread's first event, a
 *                   thread's last event before its join, those of a process before its parent
 *                   has waited for its end, the post before the take of a
 *                   semaphore that signals, the signal before the wake-up, all
 *                   arrivals before a barrier opens, a once completed
 *   critical        acquisitions of a lock, each with its release; who came first
 *                   in the recorded run is told by `position`
 *
 * Which post a take was given cannot be seen from outside; they are matched first
 * in, first out, as if the semaphore had begun with as few units as the run allows,
 * which never leaves an order out that was needed. Likewise a wake-up is given the
 * earliest signal that no other waiter got. A wait for a limited time ends by itself, so
 * no signal enables its end (CPython's threads pass the interpreter on that way).
 *
 * Built from the `event` table in one pass; linear in the number of events.
 */

#include "analyzer/model.h"

/* An event of a thread: a moment in its life. */
struct hw_moment {
	uint32_t position; /* in the recorded run, over all threads */
	uint32_t object;   /* HW_NONE for none */
	uint32_t stack;    /* HW_NONE for none */
	uint8_t op;        /* enum hw_op */
	uint8_t how;       /* enum hw_how */
	/*
	 * What enabled it. Of an arrival at a barrier: the arrival before it in the same
	 * round, which enables nothing but what the last one of the round does. Of the end of a
	 * process: the last event of one of its threads, which stands for all of them.
	 */
	uint32_t enabler_thread; /* HW_NONE for none */
	uint32_t enabler;        /* index in that thread */
	uint32_t release;        /* of an acquisition: index of its release, or HW_NONE */
};

struct hw_life {
	struct hw_moment *moments;
	uint32_t count, capacity;
	uint32_t sound; /* how many of the first moments can be believed (doubt.h) */
	uint32_t creator, created; /* the thread that created it, and its event; or HW_NONE */
	uint32_t joiner, joined;   /* the thread that joined it, and its event; or HW_NONE */
};

/* Events that cannot have happened as recorded. */
struct hw_contradictions {
	uint64_t count;
	uint64_t nobodys; /* of these, by threads that the recording does not know */
	uint32_t first_thread; /* who did the first of the others */
	const char *first;     /* and what, in words that follow its name; NULL for none */
	uint64_t missing; /* events that the recording says it has, and has not */
	uint32_t cycles; /* that dependencies make which the events do not know */
};

struct hw_history {
	struct hw_life *lives; /* by thread index */
	uint32_t thread_count;
	uint64_t event_count;
	struct hw_contradictions contradictions;
};

/* Read the events. `path` is for messages. The caller finishes a history that was loaded. */
int hw_history_load(sqlite3 *db, const struct hw_model *model, const char *path,
	struct hw_history *ret_history, struct hw_error *error);
void hw_history_finish(struct hw_history *history);

/* Whether a moment gets its thread a lock: mutex, rwlock, spinlock, once, lock-like semaphore. */
bool hw_moment_acquires(const struct hw_model *model, const struct hw_moment *moment);

#endif
