/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_HISTORY_H
#define HW_ANALYZER_HISTORY_H

/*
 * The recorded run in memory: the events of every thread in its own order, and
 * what let each of them go on.
 *
 * Four relations matter for what else could have happened:
 *
 *   thread order    a thread's events, by index
 *   enabling        an event that could not have happened without one of another
 *                   thread: its creation before a thread's first event, a
 *                   thread's last event before its join, those of a process before its parent
 *                   has waited for its end, the post before the take of a
 *                   semaphore that signals, the signal before the wake-up, all
 *                   arrivals before a barrier opens, a once completed
 *   failing         an attempt to take a lock that fails, for others have the lock: without
 *                   their acquisition it would not
 *   critical        acquisitions of a lock, each with its release; who came first
 *                   in the recorded run is told by `position`
 *
 * Which post a take was given cannot be seen from outside; they are matched first
 * in, first out, as if the semaphore had begun with as few units as the run allows,
 * which never leaves an order out that was needed. Likewise a wake-up is given the
 * earliest signal that no other waiter got. A wait for a limited time ends by itself, so
 * no signal enables its end (CPython's threads pass the interpreter on that way).
 *
 * One pass over all events finds who enabled whom, which is little to keep. The moments
 * themselves are read for those threads only whose lives are looked at, in a pass for
 * all that are known to be; a recording can have more of them than fit into memory, but
 * verdicts seldom need more than a few threads' lives. Linear in the number of events.
 */

#include "analyzer/model.h"

/* An event of a thread: a moment in its life. */
struct hw_moment {
	uint32_t position; /* in the recorded run, over all threads */
	uint32_t object;   /* HW_NONE for none */
	uint32_t stack;    /* HW_NONE for none */
	uint8_t op;        /* enum hw_op */
	uint8_t how;       /* enum hw_how */
	uint16_t units;    /* of a semaphore; 1 of all else */
	/*
	 * What enabled it. Of an arrival at a barrier: the arrival before it in the same
	 * round, which enables nothing but what the last one of the round does. Of the end of a
	 * process: the last event of one of its threads, which stands for all of them. Of an
	 * attempt that failed: the acquisition because of which it did, unless that is what
	 * the last such moment of the thread needs already. Of the acquisition of a semaphore that
	 * began without units: the post that brought the only unit there was by then.
	 */
	uint32_t enabler_thread; /* HW_NONE for none */
	uint32_t enabler;	 /* index in that thread */
	uint32_t release;	 /* of an acquisition: index of its release, or HW_NONE */
};

/* What enabled a moment. */
struct hw_history_link {
	uint32_t index;
	uint32_t enabler_thread, enabler;
};

struct hw_life {
	struct hw_moment *moments; /* NULL until they are asked for */
	uint32_t count;
	struct hw_history_link *links; /* of its moments that something enabled, rising */
	uint32_t link_count, link_capacity;
	uint32_t *doubted; /* moments that have no part in what follows, rising */
	uint32_t doubted_count, doubted_capacity;
	bool unread;	/* there is no room for its moments, or they cannot be read */
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

struct hw_history_rows;

/* What the moments that are read may take in memory. */
#define HW_HISTORY_BYTES_MAX ((uint64_t)5 << 28)

struct hw_history {
	const struct hw_model *model;
	struct hw_life *lives; /* by thread index */
	uint32_t thread_count;
	uint64_t event_count;
	uint64_t moments_read, moments_max; /* in memory, and allowed there */
	uint32_t single_reads;		    /* of threads that nobody had announced */
	struct hw_contradictions contradictions;
	struct hw_history_rows *rows; /* to read moments from */
};

/*
 * Read the events. `path` is for messages. The caller finishes a history that was loaded,
 * before it closes the database, from which moments are read when they are asked for.
 */
int hw_history_load(sqlite3 *db, const struct hw_model *model, const char *path,
	struct hw_history *ret_history, struct hw_error *error);
void hw_history_finish(struct hw_history *history);

/*
 * The moments of the threads of these dependencies will be asked for: reading them together
 * takes one pass.
 */
void hw_history_announce(const struct hw_history *history, const bool *dependencies);

/*
 * The life of a thread with its moments, read now if need be. When there is no room for
 * them, or they cannot be read, an empty life of which nothing is sound.
 */
const struct hw_life *hw_history_life(const struct hw_history *history, uint32_t thread);

/* Of how many events the moments were asked for and not read, for want of room. */
uint64_t hw_history_unread(const struct hw_history *history);

/* Whether a moment gets its thread a lock: mutex, rwlock, spinlock, once, lock-like semaphore. */
bool hw_moment_acquires(const struct hw_model *model, const struct hw_moment *moment);

/* Whether objects of this kind have such an operation; HW_KIND_NONE for no object. */
bool hw_moment_fits(const struct hw_moment *moment, enum hw_kind kind);

#endif
