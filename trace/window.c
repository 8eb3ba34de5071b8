/* SPDX-License-Identifier: MIT */
#include "trace/window.h"

#include <stdbool.h>
#include <string.h>

#include "trace/reader_private.h"

void hw_window_begin(struct hw_window *window, uint64_t begin_ticks, uint64_t until_ticks)
{
	window->lane_count = window->turn_count = window->gathered_count = 0;
	window->begin_ticks = begin_ticks;
	window->until_ticks = until_ticks;
	window->turns = NULL;
}

void hw_window_add(struct hw_window *window, struct hw_reader *reader, const struct hw_record *at,
	const struct hw_record *end)
{
	struct hw_lane *lane = &window->lanes[window->lane_count++];

	lane->reader = reader;
	lane->thread = reader->thread;
	lane->at = at;
	lane->end = end;
	lane->last_ticks = reader->last_ticks;
}

/*
 * Write the turns of a lane's records; how many there are. Times of a thread do not go back,
 * whatever its log says.
 */
static size_t gather(struct hw_window *window, size_t lane, const struct hw_record *end,
	uint64_t *turns)
{
	const struct hw_record *begin = window->lanes[lane].at, *at;
	uint64_t last_ticks = window->lanes[lane].last_ticks;

	for (at = begin; at < end; at++) {
		uint64_t when = hw_reader_when(at), ticks = when >> 8;

		if (!hw_reader_is_plain(when))
			break;
		if (ticks > window->until_ticks)
			return (size_t)(at - begin);
		last_ticks = ticks > last_ticks ? ticks : last_ticks;
		turns[at - begin] = hw_window_turn(window, last_ticks, lane);
	}
	hw_window_narrow(window, last_ticks);
	return (size_t)(at - begin);
}

void hw_window_gather(struct hw_window *window, size_t share)
{
	size_t number = window->lane_count - 1, count;
	const struct hw_lane *lane = &window->lanes[number];
	bool is_longer = (size_t)(lane->end - lane->at) > share;
	uint64_t *turns = window->times[0] + window->gathered_count;

	count = gather(window, number, is_longer ? lane->at + share : lane->end, turns);
	window->runs[number] = (struct hw_window_run){ turns, count };
	window->gathered_count += count;
}

/* What was gathered before the window became so narrow. How many runs are left, by which lane. */
static size_t drop_late(struct hw_window *window)
{
	uint64_t last = hw_window_turn(window, window->until_ticks, HW_WINDOW_LANES - 1);
	size_t kept = 0;

	for (size_t i = 0; i < window->lane_count; i++) {
		struct hw_window_run run = window->runs[i];

		while (run.count && run.turns[run.count - 1] > last)
			run.count--;
		window->turn_count += run.count;
		if (run.count)
			window->runs[kept++] = run;
	}
	return kept;
}

/*
 * From both ends at once: what comes first does not depend on what comes last, so both are found
 * in the time of one. Half as many steps as the shorter run is long cannot come to its end.
 */
static void merge_two(struct hw_window_run a, struct hw_window_run b, uint64_t *merged)
{
	const uint64_t *a_end = a.turns + a.count, *b_end = b.turns + b.count;
	uint64_t *merged_end = merged + a.count + b.count;
	size_t steps;

	do {
		size_t a_left = (size_t)(a_end - a.turns), b_left = (size_t)(b_end - b.turns);

		steps = (a_left < b_left ? a_left : b_left) / 2;
		for (size_t i = 0; i < steps; i++) {
			uint64_t a_first = *a.turns, b_first = *b.turns;
			uint64_t a_last = a_end[-1], b_last = b_end[-1];
			bool b_begins = b_first < a_first, a_ends = b_last < a_last;

			*merged++ = b_begins ? b_first : a_first;
			b.turns += b_begins;
			a.turns += !b_begins;
			*--merged_end = a_ends ? a_last : b_last;
			a_end -= a_ends;
			b_end -= !a_ends;
		}
	} while (steps);
	while (a.turns < a_end && b.turns < b_end)
		*merged++ = *b.turns < *a.turns ? *b.turns++ : *a.turns++;
	memcpy(merged, a.turns, (size_t)(a_end - a.turns) * sizeof(*merged));
	merged += a_end - a.turns;
	memcpy(merged, b.turns, (size_t)(b_end - b.turns) * sizeof(*merged));
}

/* Make one run of each two; how many there are then. */
static size_t merge_pairs(struct hw_window_run *runs, size_t count, uint64_t *merged)
{
	for (size_t i = 0; i < count; i += 2) {
		struct hw_window_run other = { runs[i].turns, 0 }, both;

		if (i + 1 < count)
			other = runs[i + 1];
		both = (struct hw_window_run){ merged, runs[i].count + other.count };
		merge_two(runs[i], other, merged);
		merged += both.count;
		runs[i / 2] = both;
	}
	return (count + 1) / 2;
}

void hw_window_merge(struct hw_window *window)
{
	size_t count = drop_late(window);

	for (int to = 1; count > 1; to = !to)
		count = merge_pairs(window->runs, count, window->times[to]);
	window->turns = count ? window->runs[0].turns : window->times[0];
}

size_t hw_window_count_thirds(const struct hw_window *window)
{
	size_t one = HW_WINDOW_LANES, other = HW_WINDOW_LANES, count = 0;

	for (size_t i = 0; i < window->turn_count; i++) {
		size_t lane = hw_window_lane(window->turns[i]);
		bool is_third = lane != one && lane != other;

		count += is_third;
		/* Without a branch, which would be a guess. */
		other = lane != one ? one : other;
		one = lane;
	}
	return count;
}
