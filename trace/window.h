/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_WINDOW_H
#define HW_TRACE_WINDOW_H

/*
 * A window of a round: the logs that come first, and up to when they do.
 *
 * Two logs are taken by turns, each up to where the other goes on. Where more threads are at work
 * at once and each does little in a row, which log goes on next cannot be foretold, and a
 * processor that guesses it wrong loses more time than it takes to read a record. So then the
 * order is found before anything is taken, for many records at a time and without a guess: the
 * times of some hundred records of each log are gathered, and the logs merged in pairs, by loops
 * whose only branch is their end.
 *
 * Such a window reaches up to the earliest time at which some log was looked at no further, because
 * it had its share, its chunk ends, or something comes that does not stand alone. So no log has
 * anything that is earlier than what is left out. Of records that bear the same time any may come
 * first, but for those of one log.
 *
 * A turn is the time of a record and the lane that it is next in: each log is in order by itself,
 * and so that tells which record it is.
 */

#include "trace/reader.h"

enum {
	HW_WINDOW_LANE_BITS = 8,
	HW_WINDOW_LANES = 1 << HW_WINDOW_LANE_BITS,
	HW_WINDOW_SHARE = 256, /* of a log, at most */
	HW_WINDOW_TURNS = 4096,
};

/* A log, and where it goes on: whoever takes its records moves that on. */
struct hw_lane {
	struct hw_reader *reader;
	struct hw_thread *thread;         /* the reader's */
	const struct hw_record *at, *end; /* what is before `end` may not be published */
	uint64_t last_ticks; /* of what was taken, or of the next one, up to the window's end */
	uint64_t who;        /* for whoever takes records; not set */
};

/* Turns that are in order, of one lane or of some that were merged. */
struct hw_window_run {
	const uint64_t *turns;
	size_t count;
};

struct hw_window {
	struct hw_lane lanes[HW_WINDOW_LANES];
	uint32_t places[HW_WINDOW_LANES]; /* of the lanes, for whoever makes the window */
	size_t lane_count;
	uint64_t begin_ticks, until_ticks;
	uint64_t taken_ticks;  /* of what was taken last, if anything was */
	const uint64_t *turns; /* those that are left; NULL: none were found, of a lane or two */
	size_t turn_count;
	/* While turns are found. */
	struct hw_window_run runs[HW_WINDOW_LANES];
	uint64_t times[2][HW_WINDOW_TURNS];
	size_t gathered_count;
};

/* Begin one: no log has anything before the first of these times, or is wanted past the other. */
void hw_window_begin(struct hw_window *window, uint64_t begin_ticks, uint64_t until_ticks);

/* Nothing past that time. */
static inline void hw_window_narrow(struct hw_window *window, uint64_t until_ticks)
{
	if (until_ticks < window->until_ticks)
		window->until_ticks = until_ticks;
}

/*
 * Add a log, of which the record at `at` is published; its reader's last_ticks are when that was.
 * There is room for HW_WINDOW_LANES.
 */
void hw_window_add(struct hw_window *window, struct hw_reader *reader, const struct hw_record *at,
	const struct hw_record *end);

/* Find turns of the lane added last, of `share` records at most; in all for HW_WINDOW_TURNS. */
void hw_window_gather(struct hw_window *window, size_t share);

/* Put the turns of all lanes in order. */
void hw_window_merge(struct hw_window *window);

/* How often, of the turns, a lane is next that is neither of the two that were before. */
size_t hw_window_count_thirds(const struct hw_window *window);

static inline uint64_t hw_window_turn(const struct hw_window *window, uint64_t ticks, size_t lane)
{
	return (ticks - window->begin_ticks) << HW_WINDOW_LANE_BITS | lane;
}

static inline uint64_t hw_window_ticks(const struct hw_window *window, uint64_t turn)
{
	return window->begin_ticks + (turn >> HW_WINDOW_LANE_BITS);
}

static inline size_t hw_window_lane(uint64_t turn)
{
	return turn % HW_WINDOW_LANES;
}

#endif
