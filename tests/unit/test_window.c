/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "trace/window.h"

/*
 * Logs, made up: what a window of them has is in the order of time, all of it, and nothing that is
 * left out comes before any of it.
 */

enum { RECORDS = 400, TRIES = 300 };

/* A log: what it has up to the first that does not stand alone. */
struct log {
	struct hw_record records[RECORDS];
	struct hw_reader reader;
	size_t plain_count;
};

static struct log logs[HW_WINDOW_LANES];
static struct hw_window window;
static uint64_t seed;

/* The same numbers every time (xorshift64, Marsaglia 2003). */
static uint32_t random_below(uint32_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 32) * limit >> 32);
}

/* Some are at work often and some are not; times may be the same, or go back. */
static void make_log(struct log *log, uint64_t begin_ticks)
{
	uint64_t ticks = begin_ticks + random_below(200);
	uint32_t step = 1 + random_below(random_below(4) ? 30 : 3000);
	uint32_t ends = random_below(3) ? RECORDS : 1 + random_below(RECORDS);
	enum hw_op last = random_below(2) ? HW_OP_STACK : HW_OP_NONE;

	memset(log, 0, sizeof(*log));
	for (uint32_t i = 0; i < RECORDS; i++) {
		uint64_t late = ticks > begin_ticks + 40 && !random_below(20) ? 40 : 0;

		log->records[i].when = hw_record_when(ticks - late,
			i == ends ? last : HW_OP_LOCK + random_below(4));
		ticks += random_below(step);
	}
	if (ends < RECORDS && last == HW_OP_NONE)
		log->records[ends].when = 0;
	log->plain_count = ends;
	log->reader.last_ticks = hw_record_time(&log->records[0]);
}

/* When a record was, as far as those of its log before it let it be. */
static uint64_t ticks_at(const struct log *log, size_t at)
{
	uint64_t ticks = 0;

	for (size_t i = 0; i <= at; i++)
		if (hw_record_time(&log->records[i]) > ticks)
			ticks = hw_record_time(&log->records[i]);
	return ticks;
}

static void open_window(size_t count, size_t share, uint64_t until_ticks)
{
	uint64_t begin_ticks = UINT64_MAX;

	for (size_t i = 0; i < count; i++)
		if (logs[i].reader.last_ticks < begin_ticks)
			begin_ticks = logs[i].reader.last_ticks;
	hw_window_begin(&window, begin_ticks, until_ticks);
	for (size_t i = 0; i < count; i++) {
		hw_window_add(&window, &logs[i].reader, logs[i].records, logs[i].records + RECORDS);
		hw_window_gather(&window, share);
	}
	hw_window_merge(&window);
}

/* The turns come by time, and are the next ones of their lanes. How many each lane has. */
static void expect_order(size_t *ret_counts)
{
	uint64_t before = 0;

	for (size_t i = 0; i < window.turn_count; i++) {
		size_t lane = hw_window_lane(window.turns[i]);
		uint64_t ticks = hw_window_ticks(&window, window.turns[i]);

		cr_assert_lt(lane, window.lane_count);
		cr_assert_lt(ret_counts[lane], logs[lane].plain_count);
		cr_assert_eq(ticks, ticks_at(&logs[lane], ret_counts[lane]));
		cr_assert_geq(ticks, before);
		before = ticks;
		ret_counts[lane]++;
	}
}

static void expect_all(size_t count, size_t share, uint64_t until_ticks)
{
	size_t counts[HW_WINDOW_LANES] = { 0 };

	cr_assert_leq(window.until_ticks, until_ticks);
	expect_order(counts);
	for (size_t i = 0; i < count; i++) {
		const struct log *log = &logs[i];

		cr_assert_leq(counts[i], share);
		if (counts[i])
			cr_assert_leq(ticks_at(log, counts[i] - 1), window.until_ticks);
		/* What is left of it, of any kind, does not come before anything that is there. */
		if (counts[i] < log->plain_count && counts[i] < share)
			cr_assert_gt(ticks_at(log, counts[i]), window.until_ticks);
		else if (counts[i] < RECORDS)
			cr_assert_geq(ticks_at(log, counts[i]), window.until_ticks);
		else
			cr_assert_geq(ticks_at(log, RECORDS - 1), window.until_ticks);
	}
}

static void try(size_t count, size_t share)
{
	uint64_t begin_ticks = random_below(1000000);
	uint64_t until_ticks = begin_ticks + 200 + random_below(20000);

	for (size_t i = 0; i < count; i++)
		make_log(&logs[i], begin_ticks);
	open_window(count, share, until_ticks);
	cr_assert_eq(window.lane_count, count);
	expect_all(count, share, until_ticks);
}

Test(window, has_all_that_comes_first_in_order)
{
	size_t turns = 0;

	seed = 88172645463325252ull;
	for (uint32_t i = 0; i < TRIES; i++) {
		try(1 + random_below(9), 1 + random_below(HW_WINDOW_SHARE));
		turns += window.turn_count;
	}
	cr_assert_gt(turns, 20 * TRIES);
}

Test(window, has_room_for_all_lanes)
{
	seed = 88172645463325252ull;
	for (uint32_t i = 0; i < 9; i++)
		try(HW_WINDOW_LANES, HW_WINDOW_TURNS / HW_WINDOW_LANES);
	cr_assert_gt(window.turn_count, 0);
}

/* Of what an unpublished record may still say, nothing is known: it ends the window. */
Test(window, ends_where_a_log_is_not_written_yet)
{
	for (size_t i = 0; i < 2; i++) {
		memset(&logs[i], 0, sizeof(logs[i]));
		for (uint32_t at = 0; at < 5; at++)
			logs[i].records[at].when =
				hw_record_when(10 + 2 * at + i, HW_OP_LOCK + at % 2);
		logs[i].reader.last_ticks = 10 + i;
	}
	logs[1].records[2].when = 0;
	open_window(2, HW_WINDOW_SHARE, 1000);
	cr_expect_eq(window.until_ticks, 13);
	cr_assert_eq(window.turn_count, 4);
	for (size_t i = 0; i < 4; i++)
		cr_expect_eq(window.turns[i], hw_window_turn(&window, 10 + i, i % 2));
}

/* Two logs by turns are one run, and all of one as well. */
Test(window, counts_where_a_third_log_goes_on)
{
	static const uint64_t lanes[] = { 0, 0, 1, 0, 1, 1, 2, 1, 2, 0, 0, 2, 2, 1 };

	window.turns = lanes;
	window.turn_count = sizeof(lanes) / sizeof(lanes[0]);
	cr_expect_eq(hw_window_count_thirds(&window), 5);
	window.turn_count = 0;
	cr_expect_eq(hw_window_count_thirds(&window), 0);
}
