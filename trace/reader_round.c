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

/* The first of the heap comes later than another, which takes its place. */
static inline void put_back_first(struct hw_reader_next *heap, size_t count)
{
	size_t child = count > 2 && heap[2].ticks < heap[1].ticks ? 2 : 1;
	struct hw_reader_next first = heap[0];

	heap[0] = heap[child];
	heap[child] = first;
	if (2 * child + 1 < count)
		sift_down(heap, count, child);
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

/* The time up to which the first of the heap comes before all others, or the cut. */
static inline uint64_t first_until(const struct hw_readers *readers)
{
	uint64_t until = readers->cut_ticks;

	for (size_t child = 1; child <= 2 && child < readers->round_count; child++)
		if (readers->round[child].ticks < until)
			until = readers->round[child].ticks;
	return until;
}

enum run { RUN_LATER, RUN_DRY, RUN_REFUSED };

/* Take the next record of a log, of which there is one; false when it cannot be taken yet. */
static bool take_one(struct hw_readers *readers, struct hw_reader *reader, hw_reader_take *take,
	void *context)
{
	struct hw_record copy;
	const struct hw_record *record = hw_reader_peek(readers, reader, &copy);

	if (!record || !take(context, reader, copy, reader->last_ticks, record + 1))
		return false;
	reader->position += 1 + hw_record_payload(&copy);
	reader->taken++;
	return true;
}

/* Take records of one log for as long as no other is to come before. */
static inline enum run take_run(struct hw_readers *readers, struct hw_reader *reader,
	uint64_t until, hw_reader_take *take, hw_reader_take_many *take_many, void *context)
{
	do {
		const struct hw_record *records = readers->session->chunks[reader->chunk].records;
		size_t many = take_many(context, reader, records + reader->position,
			records + HW_CHUNK_RECORDS, until);

		reader->position += (uint32_t)many;
		reader->taken += many;
		if (!many && !take_one(readers, reader, take, context))
			return RUN_REFUSED;
		if (!find_next(readers, reader))
			return RUN_DRY;
	} while (reader->last_ticks <= until);
	return RUN_LATER;
}

uint64_t hw_readers_round(struct hw_readers *readers, uint64_t cut_ticks, hw_reader_take *take,
	hw_reader_take_many *take_many, void *context)
{
	uint64_t taken = 0;
	enum run run = RUN_LATER;

	readers->cut_ticks = cut_ticks;
	readers->waits_at_hole = false;
	fill_round(readers);
	while (readers->round_count && run != RUN_REFUSED) {
		struct hw_reader *reader = readers->round[0].reader;
		uint64_t before = reader->taken;

		run = take_run(readers, reader, first_until(readers), take, take_many, context);
		taken += reader->taken - before;
		readers->round[0].ticks = reader->last_ticks;
		if (run == RUN_LATER) {
			put_back_first(readers->round, readers->round_count);
			continue;
		}
		if (run == RUN_DRY)
			readers->round[0] = readers->round[--readers->round_count];
		sift_down(readers->round, readers->round_count, 0);
	}
	return taken;
}
