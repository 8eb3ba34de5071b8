/* SPDX-License-Identifier: MIT */
#include "trace/reader.h"

#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

struct hw_readers *hw_readers_create(struct hw_session *session, uint64_t patience_ticks)
{
	struct hw_readers *readers = hw_xcalloc(1, sizeof(*readers));

	readers->session = session;
	readers->patience_ticks = patience_ticks;
	readers->round = hw_xcalloc(HW_THREAD_MAX, sizeof(struct hw_reader *));
	return readers;
}

void hw_readers_destroy(struct hw_readers *readers)
{
	if (!readers)
		return;
	free(readers->quarantined);
	free(readers->round);
	free(readers);
}

static void free_chunk(struct hw_readers *readers, uint32_t number)
{
	struct hw_chunk *chunk = &readers->session->chunks[number];

	memset(chunk, 0, sizeof(*chunk));
	hw_free_list_push(&readers->session->free_chunks, &readers->session->chunks[0].next_free,
		sizeof(readers->session->chunks[0]), number);
	readers->chunks_freed++;
}

/* The chunk was read to its end. */
static void leave_chunk(struct hw_readers *readers, struct hw_reader *reader)
{
	if (!reader->holed) {
		free_chunk(readers, reader->chunk);
		return;
	}
	HW_GROW(readers->quarantined, readers->quarantined_count, readers->quarantined_capacity);
	readers->quarantined[readers->quarantined_count++] =
		(struct hw_quarantined){ .slot = reader->slot, .chunk = reader->chunk };
	reader->holed = false;
}

static void free_quarantined(struct hw_readers *readers, uint32_t slot)
{
	size_t kept = 0;

	for (size_t i = 0; i < readers->quarantined_count; i++) {
		if (readers->quarantined[i].slot == slot)
			free_chunk(readers, readers->quarantined[i].chunk);
		else
			readers->quarantined[kept++] = readers->quarantined[i];
	}
	readers->quarantined_count = kept;
}

void hw_readers_open(struct hw_readers *readers, uint32_t slot, struct hw_thread *thread)
{
	struct hw_reader *reader = &readers->slots[slot];

	*reader = (struct hw_reader){ .thread = thread, .slot = slot };
	reader->chunk = readers->session->threads[slot].first_chunk;
	reader->broken = reader->chunk >= HW_CHUNK_MAX;
	reader->lost = reader->broken;
}

void hw_readers_end(struct hw_readers *readers, uint32_t slot)
{
	readers->slots[slot].ended = true;
}

void hw_readers_close(struct hw_readers *readers, uint32_t slot)
{
	struct hw_reader *reader = &readers->slots[slot];

	while (!reader->broken && reader->chunk < HW_CHUNK_MAX) {
		uint32_t next = atomic_load(&readers->session->chunks[reader->chunk].next);

		free_chunk(readers, reader->chunk);
		reader->chunk = next ? next - 1 : HW_CHUNK_MAX;
	}
	free_quarantined(readers, slot);
	*reader = (struct hw_reader){ 0 };
}

/* Go on in the next chunk; false when the thread has not taken one yet. */
static bool turn(struct hw_readers *readers, struct hw_reader *reader)
{
	struct hw_chunk *full = &readers->session->chunks[reader->chunk];
	uint32_t next = atomic_load_explicit(&full->next, memory_order_acquire);

	if (!next)
		return false;
	if (next - 1 >= HW_CHUNK_MAX) {
		reader->broken = true;
		reader->lost++;
		return false;
	}
	leave_chunk(readers, reader);
	reader->chunk = next - 1;
	reader->position = 0;
	return true;
}

/* A published record at a position of a chunk, its `when` read once; NULL when there is none. */
static const struct hw_record *published(const struct hw_chunk *chunk, uint32_t position,
	struct hw_record *ret_copy)
{
	const struct hw_record *record = &chunk->records[position];

	ret_copy->when = atomic_load_explicit((const _Atomic uint64_t *)&record->when,
		memory_order_acquire);
	ret_copy->what = record->what;
	return ret_copy->when ? record : NULL;
}

static bool makes_sense(const struct hw_record *record, uint32_t position)
{
	enum hw_op op = hw_record_op(record);

	return ((op != HW_OP_NONE && op < HW_OP_COUNT) ||
		       (op >= HW_OP_CODE && op <= HW_OP_GAP)) &&
		position + 1 + hw_record_payload(record) <= HW_CHUNK_RECORDS;
}

/* Whether there is more behind an unpublished record, other than in the chunk in use. */
static bool is_hole(const struct hw_reader *reader, const struct hw_chunk *chunk)
{
	struct hw_record copy;

	if (atomic_load_explicit(&chunk->next, memory_order_acquire))
		return true;
	for (uint32_t i = reader->position; reader->ended && i < HW_CHUNK_RECORDS; i++)
		if (published(chunk, i, &copy))
			return true;
	return false;
}

/* At an unpublished record: whether it was a hole, and was stepped over. */
static bool step_over(struct hw_readers *readers, struct hw_reader *reader,
	const struct hw_chunk *chunk)
{
	if (!is_hole(reader, chunk))
		return false;
	if (!reader->hole_ticks)
		reader->hole_ticks = readers->cut_ticks;
	if (!reader->ended && readers->cut_ticks - reader->hole_ticks < readers->patience_ticks) {
		readers->waits_at_hole = true;
		return false;
	}
	reader->hole_ticks = 0;
	reader->holed = true;
	reader->lost++;
	reader->position++;
	return true;
}

/* The next record of a log; NULL when nothing more was published. */
static const struct hw_record *peek(struct hw_readers *readers, struct hw_reader *reader,
	struct hw_record *ret_copy)
{
	while (!reader->broken) {
		const struct hw_chunk *chunk = &readers->session->chunks[reader->chunk];
		const struct hw_record *record = NULL;

		if (reader->position < HW_CHUNK_RECORDS) {
			record = published(chunk, reader->position, ret_copy);
			if (!record) {
				if (step_over(readers, reader, chunk))
					continue;
				return NULL;
			}
			reader->hole_ticks = 0;
			if (!makes_sense(ret_copy, reader->position)) {
				reader->lost++;
				reader->position = HW_CHUNK_RECORDS;
				continue;
			}
			if (hw_record_op(ret_copy) != HW_OP_END)
				return record;
		}
		if (!turn(readers, reader))
			return NULL;
	}
	return NULL;
}

bool hw_readers_empty(struct hw_readers *readers, uint32_t slot)
{
	struct hw_record copy;

	return !peek(readers, &readers->slots[slot], &copy);
}

/* The heap keeps each reader's next time in `last_ticks`: it may only grow. */
static void sift_down(struct hw_reader **heap, size_t count, size_t at)
{
	for (;;) {
		size_t child = 2 * at + 1;
		struct hw_reader *swapped;

		if (child >= count)
			return;
		if (child + 1 < count && heap[child + 1]->last_ticks < heap[child]->last_ticks)
			child++;
		if (heap[at]->last_ticks <= heap[child]->last_ticks)
			return;
		swapped = heap[at];
		heap[at] = heap[child];
		heap[child] = swapped;
		at = child;
	}
}

/* Most records: an event that stands alone. */
static bool is_plain(uint64_t when)
{
	uint32_t op = (uint8_t)when;

	return op >= HW_OP_INIT && op < HW_OP_CREATE;
}

/*
 * Read the reader's next record; false when there is none up to the cut. Times of a thread do
 * not go back, and nothing that an ended thread wrote is of the future, whatever it says.
 */
static inline bool read_next(struct hw_readers *readers, struct hw_reader *reader)
{
	const struct hw_chunk *chunk = &readers->session->chunks[reader->chunk];
	uint64_t ticks;

	reader->next = &chunk->records[reader->position];
	if (reader->position >= HW_CHUNK_RECORDS || reader->broken ||
		!published(chunk, reader->position, &reader->copy) || !is_plain(reader->copy.when))
		reader->next = peek(readers, reader, &reader->copy);
	if (!reader->next)
		return false;
	reader->hole_ticks = 0;
	ticks = hw_record_time(&reader->copy);
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
		if (readers->slots[slot].thread && read_next(readers, &readers->slots[slot]))
			readers->round[readers->round_count++] = &readers->slots[slot];
	for (size_t at = readers->round_count / 2; at-- > 0;)
		sift_down(readers->round, readers->round_count, at);
}

/* The time up to which the first of the heap comes before all others. */
static uint64_t first_until(const struct hw_readers *readers)
{
	uint64_t until = UINT64_MAX;

	for (size_t child = 1; child <= 2 && child < readers->round_count; child++)
		if (readers->round[child]->last_ticks < until)
			until = readers->round[child]->last_ticks;
	return until;
}

enum run { RUN_LATER, RUN_DRY, RUN_REFUSED };

/* Take records of one log for as long as no other is to come before. */
static enum run take_run(struct hw_readers *readers, struct hw_reader *reader, uint64_t until,
	hw_reader_take *take, void *context)
{
	do {
		if (!take(context, reader, reader->copy, reader->last_ticks, reader->next + 1))
			return RUN_REFUSED;
		reader->position += 1;
		if (!is_plain(reader->copy.when))
			reader->position += hw_record_payload(&reader->copy);
		reader->taken++;
		if (!read_next(readers, reader))
			return RUN_DRY;
	} while (reader->last_ticks <= until);
	return RUN_LATER;
}

uint64_t hw_readers_round(struct hw_readers *readers, uint64_t cut_ticks, hw_reader_take *take,
	void *context)
{
	uint64_t taken = 0;
	enum run run = RUN_LATER;

	readers->cut_ticks = cut_ticks;
	readers->waits_at_hole = false;
	fill_round(readers);
	while (readers->round_count && run != RUN_REFUSED) {
		struct hw_reader *reader = readers->round[0];
		uint64_t before = reader->taken;

		run = take_run(readers, reader, first_until(readers), take, context);
		taken += reader->taken - before;
		if (run == RUN_DRY)
			readers->round[0] = readers->round[--readers->round_count];
		sift_down(readers->round, readers->round_count, 0);
	}
	return taken;
}

/* The chunk that follows, or HW_CHUNK_MAX. */
static uint32_t next_of(const struct hw_chunk *chunk)
{
	uint32_t next = atomic_load_explicit(&chunk->next, memory_order_acquire);

	return next && next - 1 < HW_CHUNK_MAX ? next - 1 : HW_CHUNK_MAX;
}

static void preview(const struct hw_readers *readers, struct hw_reader *reader, uint64_t cut_ticks,
	hw_reader_take *look, void *context)
{
	uint32_t number = reader->chunk, position = reader->position, turns = 0;
	uint64_t ticks = reader->last_ticks;
	struct hw_record copy;

	/* A list that leads back into itself is no reason to go on for ever. */
	while (number < HW_CHUNK_MAX && turns <= HW_CHUNK_MAX) {
		const struct hw_chunk *chunk = &readers->session->chunks[number];
		const struct hw_record *record = NULL;

		if (position < HW_CHUNK_RECORDS) {
			record = published(chunk, position, &copy);
			if (!record || (makes_sense(&copy, position) &&
					       hw_record_time(&copy) > cut_ticks))
				return;
		}
		if (!record || !makes_sense(&copy, position) || hw_record_op(&copy) == HW_OP_END) {
			number = next_of(chunk);
			position = 0;
			turns++;
			continue;
		}
		if (hw_record_time(&copy) > ticks)
			ticks = hw_record_time(&copy);
		look(context, reader, copy, ticks, record + 1);
		position += 1 + hw_record_payload(&copy);
	}
}

void hw_readers_preview(struct hw_readers *readers, uint64_t cut_ticks, hw_reader_take *look,
	void *context)
{
	uint32_t used = atomic_load(&readers->session->free_threads.fresh);

	for (uint32_t slot = 0; slot < used && slot < HW_THREAD_MAX; slot++)
		if (readers->slots[slot].thread && !readers->slots[slot].broken)
			preview(readers, &readers->slots[slot],
				readers->slots[slot].ended ? UINT64_MAX : cut_ticks, look, context);
}
