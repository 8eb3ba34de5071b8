/* SPDX-License-Identifier: MIT */
#include "trace/event_sort.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

int hw_event_sort_begin(struct hw_event_sort *sort, struct hw_error *error)
{
	sqlite3 *db = sort->blocks->db;
	sqlite3_stmt *row = NULL;
	int code = sqlite3_prepare_v2(db,
		"SELECT first_event, first_ns FROM event_block ORDER BY first_event", -1, &row,
		NULL);

	while (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
		HW_GROW(sort->earliest, sort->earliest_count, sort->earliest_capacity);
		sort->earliest[sort->earliest_count].first_event = sqlite3_column_int64(row, 0);
		sort->earliest[sort->earliest_count++].first_ns = sqlite3_column_int64(row, 1);
		code = SQLITE_OK;
	}
	sqlite3_finalize(row);
	if (code != SQLITE_DONE)
		return hw_error_set(error, -EIO, "%s", sqlite3_errmsg(db));
	for (size_t i = sort->earliest_count; i-- > 1;)
		if (sort->earliest[i].first_ns < sort->earliest[i - 1].first_ns)
			sort->earliest[i - 1].first_ns = sort->earliest[i].first_ns;
	return 0;
}

void hw_event_sort_finish(struct hw_event_sort *sort)
{
	free(sort->earliest);
	free(sort->waiting);
}

/* Put an event behind those that are not later. */
static void add(struct hw_event_sort *sort, const struct hw_event *event)
{
	size_t at = sort->waiting_count;

	HW_GROW(sort->waiting, sort->waiting_count, sort->waiting_capacity);
	for (; at > sort->begin && sort->waiting[at - 1].time_ns > event->time_ns; at--)
		sort->waiting[at] = sort->waiting[at - 1];
	sort->waiting[at] = *event;
	sort->waiting_count++;
}

/* How many of those that wait are not later than anything that is still to be read. */
static size_t count_ready(const struct hw_event_sort *sort)
{
	int64_t earliest_ns = sort->next_block < sort->earliest_count ?
				      sort->earliest[sort->next_block].first_ns :
				      INT64_MAX;
	size_t low = sort->begin, high = sort->waiting_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sort->waiting[middle].time_ns <= earliest_ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Take in what is asked for of the next block that has some of it. */
static int read_block(struct hw_event_sort *sort, struct hw_error *error)
{
	struct hw_event_blocks *blocks = sort->blocks;
	struct hw_event event;
	int code;

	if (sort->begin)
		memmove(sort->waiting, sort->waiting + sort->begin,
			(sort->waiting_count - sort->begin) * sizeof(*sort->waiting));
	sort->waiting_count -= sort->begin;
	sort->begin = 0;
	while ((code = hw_event_blocks_next(blocks, error)) == 1) {
		hw_unpacked_event(&blocks->block, blocks->at, &event);
		add(sort, &event);
		if (blocks->next == blocks->end)
			break;
	}
	sort->at_end = code == 0;
	while (sort->next_block < sort->earliest_count &&
		(sort->at_end || sort->earliest[sort->next_block].first_event <=
					 blocks->first_event))
		sort->next_block++;
	sort->ready = count_ready(sort);
	return code < 0 ? code : 0;
}

int hw_event_sort_next(struct hw_event_sort *sort, struct hw_event *ret_event,
	struct hw_error *error)
{
	int code = 0;

	while (sort->begin == sort->ready && !sort->at_end && !code)
		code = read_block(sort, error);
	if (code)
		return code;
	if (sort->begin == sort->ready)
		return 0;
	*ret_event = sort->waiting[sort->begin++];
	return 1;
}
