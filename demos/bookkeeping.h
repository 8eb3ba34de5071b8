/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_BOOKKEEPING_H
#define DEMOS_BOOKKEEPING_H

/*
 * What the workers of a download share: statistics, a progress bar, and a lock
 * for each. A worker that enters a picture holds both locks for a moment,
 * because the bar shows the statistics and must never show older ones than it
 * showed before.
 *
 * Whoever takes two locks must take them in the same order as everybody else.
 * bookkeeping_enter takes that of the statistics first, and
 * bookkeeping_enter_inverted that of the progress bar. Each is correct alone;
 * together they are a deadlock that waits for its moment.
 *
 * The struct may lie in memory that processes share, if it was initialised so.
 */

#include "demos/progress_bar.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct fetch_result;

struct bookkeeping {
	pthread_mutex_t statistics_lock;
	unsigned entered;
	unsigned failed;
	uint64_t bytes;

	pthread_mutex_t progress_lock;
	struct progress_bar bar;
};

/* `total` pictures are to come; `between_processes` when other processes will enter some. */
void bookkeeping_init(struct bookkeeping *book, unsigned total, bool between_processes);

/* Takes the bar off the screen. Nobody may use the book any more. */
void bookkeeping_finish(struct bookkeeping *book);

/* Enter what became of a picture and draw the bar anew. Any thread. */
void bookkeeping_enter(struct bookkeeping *book, const struct fetch_result *result);

/* The same with the two locks taken in the other order. */
void bookkeeping_enter_inverted(struct bookkeeping *book, const struct fetch_result *result);

#endif
