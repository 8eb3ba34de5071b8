/* SPDX-License-Identifier: MIT */
/* A round: the logs' records, merged by time. */
#include "trace/reader_private.h"

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
		when = hw_reader_look(&chunk->records[reader->position]).when;
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

/* The two logs that come before all others, up to a time. Where in the heap the second is, or 0. */
static size_t find_two(const struct hw_readers *readers, uint64_t *ret_until_ticks)
{
	const struct hw_reader_next *heap = readers->round;
	uint64_t until_ticks = readers->cut_ticks;
	size_t second = 0;

	if (readers->round_count > 1) {
		second = readers->round_count > 2 && heap[2].ticks < heap[1].ticks ? 2 : 1;
		until_ticks = earlier(readers, 3 - second, until_ticks);
		until_ticks = earlier(readers, 2 * second + 1, until_ticks);
		until_ticks = earlier(readers, 2 * second + 2, until_ticks);
	}
	*ret_until_ticks = until_ticks;
	return second;
}

static struct hw_lane lane_of(const struct hw_readers *readers, struct hw_reader *reader)
{
	const struct hw_chunk *chunk = &readers->session->chunks[reader->chunk];

	return (struct hw_lane){ reader, chunk->records + reader->position,
		chunk->records + HW_CHUNK_RECORDS };
}

static void leave_lane(const struct hw_lane *lane)
{
	struct hw_reader *reader = lane->reader;
	uint32_t position = HW_CHUNK_RECORDS - (uint32_t)(lane->end - lane->at);

	if (!reader)
		return;
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
	uint64_t until_ticks;
	size_t second = find_two(readers, &until_ticks), many;
	struct hw_lane lanes[2] = { lane_of(readers, readers->round[0].reader) };

	if (second)
		lanes[1] = lane_of(readers, readers->round[second].reader);
	many = taker->many(taker->context, lanes, until_ticks);
	taker->taken += many;
	leave_lane(&lanes[0]);
	leave_lane(&lanes[1]);
	if (!many && !take_one(readers, lanes[0].reader, taker))
		return false;
	if (second)
		place(readers, second);
	place(readers, 0);
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
