/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_COLLECTOR_H
#define HW_TRACE_COLLECTOR_H

/*
 * The collector: drains the logs of a session into a recording until the last
 * process has gone.
 *
 * It works in rounds: take in new processes and threads, read what was
 * published, look at who is blocked (and where: elsewhere.h), notice who has
 * ended, store. Between rounds it sleeps until traced threads have filled some chunks, or
 * one waits, at most a tick. One thread, no signals; it survives the traced programs and never
 * touches them.
 *
 * The session ends when no process is left, none was announced, and the
 * launcher (if there is one) has let go or is gone.
 */

#include <sys/types.h>

#include "trace/bypass.h"
#include "trace/elsewhere.h"
#include "trace/interpret.h"
#include "trace/options.h"
#include "trace/session_map.h"
#include "trace/unseen.h"

struct hw_watched {
	struct hw_process *process;
	uint32_t slot;
	int pidfd;    /* -1 when it could not be had: then the pid is asked for */
	bool foreign; /* of another pid namespace: its pids mean nothing here */
	bool ended;
};

struct hw_collector {
	struct hw_session_map map;
	struct hw_clock clock;
	struct hw_roster roster;
	struct hw_order order;
	struct hw_store *store;
	struct hw_readers *readers;
	struct hw_interpreter interpreter;
	struct hw_elsewhere elsewhere;
	struct hw_unseen unseen;
	struct hw_bypass bypass;
	struct hw_watched *watched;
	size_t watched_count, watched_capacity;
	pid_t launcher; /* 0 when there is none: whoever preloads the library starts us */
	int launcher_pidfd; /* -1 without a launcher, and where there are no pidfds */
	bool had_process;
	bool command_stored;
	int64_t empty_since_ns; /* since when no process is left; -1 while there is one */
	int64_t commit_ns;      /* of the last commit */
	int64_t rows_ns;        /* how long storing the rows took the last time */
	uint64_t state_hash;    /* of the last waiting state that was stored */
	uint64_t *slot_seen;    /* per thread slot: wait word and records taken at the last look */
	bool has_news;          /* for all who wait for a chunk: there are more, or none will be */
	uint32_t definitions_seen; /* as of the last look at the logs for them */
	int64_t thorough_ns;    /* when every thread was looked for */
	int64_t freed_ns;       /* when there was a free chunk last */
	bool limited;           /* the recording may come to the end of its room; see ending.h */
	bool full;              /* it was refused to take any more */
	uint64_t cut_ticks;     /* when `full`: all before then was taken, and nothing after it */
	uint32_t takes;         /* since the size was looked at */
	uint64_t lost;
	uint64_t stack_hits, stack_misses; /* of threads that have ended */
};

/* Create session and recording. The caller tells the traced programs the path of the session. */
int hw_collector_init(struct hw_collector *collector, const struct hw_recording_options *options,
	pid_t launcher, struct hw_error *error);

/* Collect until the end of the session. 0, or the failure that ended it. */
int hw_collector_run(struct hw_collector *collector, struct hw_error *error);

void hw_collector_finish(struct hw_collector *collector);

/* Put what is new, but for the waiting state, into the transaction under way. */
void hw_collector_store(struct hw_collector *collector);

/* Nanoseconds since the session began. */
int64_t hw_collector_now_ns(const struct hw_collector *collector);

#endif
