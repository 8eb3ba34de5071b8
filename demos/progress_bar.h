/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_PROGRESS_BAR_H
#define DEMOS_PROGRESS_BAR_H

/*
 * One line on stderr that shows how far the work is and is drawn over again and
 * again. It is there only when stderr is a terminal that can do this; otherwise
 * all functions do nothing, so that pipes and files get no garbage. NO_COLOR is
 * respected.
 *
 * Several processes may draw the same bar, one at a time: each drawing is a
 * single write. The struct holds no pointers and may live in shared memory.
 */

#include <stdbool.h>
#include <stdint.h>

struct progress_bar {
	char label[32];
	unsigned total;
	bool visible;
	bool coloured;
};

/* Prepare a bar for `total` pieces of work and draw it empty. */
void progress_bar_start(struct progress_bar *bar, const char *label, unsigned total);

/* Draw the bar with so much of the work done, of which `failed` in vain. */
void progress_bar_draw(
	const struct progress_bar *bar, unsigned done, unsigned failed, uint64_t bytes);

/* Take the bar off the screen again. */
void progress_bar_clear(const struct progress_bar *bar);

#endif
