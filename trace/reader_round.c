/* SPDX-License-Identifier: MIT */
/* A round: the logs' records, merged by time. */
#include "trace/reader_private.h"
#include "trace/window.h"

enum {
	SHARE_LEAST = 8,
	/* Of so many records before a third log goes on it costs less to find no turns for them. */
	RUN_LONG = 8,
	RUNS_TO_LEARN = 256,
};

/* One of the heap comes later than before: put it where it belongs. */
static void sift_down(struct hw_reader_next *heap, size_t count, size_t at)
{
	struct hw_reader_next moved = heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= count)
			break;
		if (child + 1 < count && heap[child + 1].ticks < heap[child].ticks)
			child++;
		if (moved.ticks <= heap[child].ticks)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = moved;
}

/*
 * Find the time of a reader's next record; false when there is none up to the cut. Times of a
 * thread do not go back, and nothing that an ended thread wrote is of the future, whatever it says.
 */
static inline bool find_next(struct hw_readers *readers, struct hw_reader *reader)
{
	const struct hw_chunk *chunk = &readers->session->chunks[reader->chunk];
	uint64_t when = 0, ticks;
	struct hw_record next;

	if (reader->position < HW_CHUNK_RECORDS && !reader->broken)
		when = hw_reader_when(&chunk->records[reader->position]);
	if (!hw_reader_is_plain(when)) {
		if (!hw_reader_peek(readers, reader, &next))
			return false;
		when = next.when;
	}
	reader->hole_ticks = 0;
	ticks = when >> 8;
	if (ticks > readers->cut_ticks) {
		if (!reader->ended)
			return false;
		ticks = readers->cut_ticks;
	}
	if (ticks > reader->last_ticks)
		reader->last_ticks = ticks;
	return true;
}

static void fill_round(struct hw_readers *readers)
{
	uint32_t used = atomic_load(&readers->session->free_threads.fresh);

	readers->round_count = 0;
	for (uint32_t slot = 0; slot < used && slot < HW_THREAD_MAX; slot++)
		if (readers->slots[slot].thread && find_next(readers, &readers->slots[slot]))
			readers->round[readers->round_count++] = (struct hw_reader_next){
				.ticks = readers->slots[slot].last_ticks,
				.reader = &readers->slots[slot],
			};
	for (size_t at = readers->round_count / 2; at-- > 0;)
		sift_down(readers->round, readers->round_count, at);
}

/* Who takes the records of a round. */
struct taker {
	hw_reader_take *one;
	hw_reader_take_many *many;
	void *context;
	uint64_t taken;
};

/* The earlier of a time and that of the heap's entry, if there is one. */
static inline uint64_t earlier(const struct hw_readers *readers, size_t at, uint64_t ticks)
{
	return at < readers->round_count && readers->round[at].ticks < ticks ?
		readers->round[at].ticks :
		ticks;
}

/* Add the log of an entry of the heap to the window. */
static void add_lane(struct hw_readers *readers, size_t at)
{
	struct hw_window *window = readers->window;
	struct hw_reader *reader = readers->round[at].reader;
	const struct hw_chunk *chunk = &readers->session->chunks[reader->chunk];

	window->places[window->lane_count] = (uint32_t)at;
	hw_window_add(window, reader, chunk->records + reader->position,
		chunk->records + HW_CHUNK_RECORDS);
}

/* Of the two logs that come before all others, up to when the next one does. */
static void open_pair(struct hw_readers *readers)
{
	const struct hw_reader_next *heap = readers->round;
	uint64_t until_ticks = readers->cut_ticks;
	size_t second = readers->round_count > 2 && heap[2].ticks < heap[1].ticks ? 2 : 1;

	until_ticks = earlier(readers, 3 - second, until_ticks);
	until_ticks = earlier(readers, 2 * second + 1, until_ticks);
	until_ticks = earlier(readers, 2 * second + 2, until_ticks);
	hw_window_begin(readers->window, heap[0].ticks, until_ticks);
	add_lane(readers, 0);
	if (readers->round_count > 1)
		add_lane(readers, second);
}

/* What was gathered in vain is gathered again: take less of each log, until that is little. */
static void learn_share(struct hw_readers *readers)
{
	const struct hw_window *window = readers->window;

	if (4 * window->turn_count < window->gathered_count && readers->share > SHARE_LEAST)
		readers->share /= 2;
	else if (2 * window->turn_count > window->gathered_count &&
		readers->share < HW_WINDOW_SHARE)
		readers->share *= 2;
}

/* How many records there are before a third log goes on: whether to find turns for them. */
static void learn_runs(struct hw_readers *readers, uint64_t records, uint64_t runs)
{
	readers->records += records;
	readers->runs += runs;
	if (readers->runs < RUNS_TO_LEARN && readers->records < RUN_LONG * RUNS_TO_LEARN)
		return;
	readers->mixes = readers->records < RUN_LONG * readers->runs;
	readers->records = readers->runs = 0;
}

static size_t share_of(const struct hw_readers *readers)
{
	size_t lanes = readers->round_count < HW_WINDOW_LANES ? readers->round_count :
		HW_WINDOW_LANES;

	return readers->share < HW_WINDOW_TURNS / lanes ? readers->share : HW_WINDOW_TURNS / lanes;
}

/* Of the logs that come first. Those below an entry of the heap are later than it. */
static void open_among(struct hw_readers *readers)
{
	struct hw_window *window = readers->window;
	size_t share = share_of(readers);

	hw_window_begin(window, readers->round[0].ticks, readers->cut_ticks);
	add_lane(readers, 0);
	hw_window_gather(window, share);
	for (size_t i = 0; i < window->lane_count; i++) {
		size_t below = 2 * (size_t)window->places[i] + 1;

		for (size_t at = below; at < below + 2 && at < readers->round_count; at++) {
			if (readers->round[at].ticks > window->until_ticks)
				continue;
			if (window->lane_count == HW_WINDOW_LANES) {
				hw_window_narrow(window, readers->round[at].ticks);
				continue;
			}
			add_lane(readers, at);
			hw_window_gather(window, share);
		}
	}
	hw_window_merge(window);
	learn_share(readers);
	learn_runs(readers, window->turn_count, hw_window_count_thirds(window));
}

/* How far a log was read. */
static void leave_lane(const struct hw_readers *readers, const struct hw_lane *lane)
{
	struct hw_reader *reader = lane->reader;
	const struct hw_chunk *chunk = &readers->session->chunks[reader->chunk];
	uint32_t position = (uint32_t)(lane->at - chunk->records);

	reader->last_ticks = lane->last_ticks;
	reader->taken += position - reader->position;
	reader->position = position;
}

/* Take the next record of a log, of which there is one; false when it cannot be taken yet. */
static bool take_one(struct hw_readers *readers, struct hw_reader *reader, struct taker *taker)
{
	struct hw_record copy;
	const struct hw_record *record = hw_reader_peek(readers, reader, &copy);

	if (!record || !taker->one(taker->context, reader, copy, reader->last_ticks, record + 1))
		return false;
	reader->position += 1 + hw_record_payload(&copy);
	reader->taken++;
	taker->taken++;
	return true;
}

/*
 * The turn that could not be taken with others; false when it cannot be taken yet. Should the
 * record be another one by now, what was found out about those behind it is worth nothing.
 */
static bool take_turn(struct hw_readers *readers, struct taker *taker)
{
	struct hw_window *window = readers->window;
	struct hw_lane *lane = &window->lanes[hw_window_lane(*window->turns)];
	struct hw_reader *reader = lane->reader;
	const struct hw_record *next = lane->at + 1;
	bool taken;

	leave_lane(readers, lane);
	reader->last_ticks = hw_window_ticks(window, *window->turns);
	taken = take_one(readers, reader, taker);
	lane->last_ticks = reader->last_ticks;
	lane->at = readers->session->chunks[reader->chunk].records + reader->position;
	window->turns++;
	window->turn_count = lane->at == next ? window->turn_count - 1 : 0;
	return taken;
}

/* Take what is in the window; false when a record cannot be taken yet. */
static bool take_window(struct hw_readers *readers, struct taker *taker)
{
	struct hw_window *window = readers->window;
	uint64_t before = taker->taken;
	bool goes_on = true;

	if (!window->turns)
		taker->taken += taker->many(taker->context, window);
	while (window->turn_count && goes_on) {
		size_t many = taker->many(taker->context, window);

		taker->taken += many;
		if (!many)
			goes_on = take_turn(readers, taker);
	}
	for (size_t i = 0; i < window->lane_count; i++)
		leave_lane(readers, &window->lanes[i]);
	if (goes_on && taker->taken == before)
		goes_on = take_one(readers, window->lanes[0].reader, taker);
	if (!window->turns)
		learn_runs(readers, taker->taken - before, 1);
	return goes_on;
}

/* A log goes on, or does not: its place in the heap, below which all is in order. */
static void place(struct hw_readers *readers, size_t at)
{
	struct hw_reader_next *next = &readers->round[at];

	if (find_next(readers, next->reader))
		next->ticks = next->reader->last_ticks;
	else
		*next = readers->round[--readers->round_count];
	if (at < readers->round_count)
		sift_down(readers->round, readers->round_count, at);
}

/* Take of the logs that come first; false when a record cannot be taken yet. */
static bool take_first(struct hw_readers *readers, struct taker *taker)
{
	if (readers->mixes && readers->round_count > 2)
		open_among(readers);
	else
		open_pair(readers);
	if (!take_window(readers, taker))
		return false;
	for (size_t i = readers->window->lane_count; i-- > 0;)
		place(readers, readers->window->places[i]);
	return true;
}

uint64_t hw_readers_round(struct hw_readers *readers, uint64_t cut_ticks, hw_reader_take *take,
	hw_reader_take_many *take_many, void *context)
{
	struct taker taker = { .one = take, .many = take_many, .context = context };

	readers->cut_ticks = cut_ticks;
	readers->waits_at_hole = false;
	fill_round(readers);
	while (readers->round_count && take_first(readers, &taker))
		;
	return taker.taken;
}
