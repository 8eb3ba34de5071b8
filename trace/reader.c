/* SPDX-License-Identifier: MIT */
#include "trace/reader.h"

#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

struct hw_readers *hw_readers_create(struct hw_session *session)
{
	struct hw_readers *readers = hw_xcalloc(1, sizeof(*readers));

	readers->session = session;
	readers->round = hw_xcalloc(HW_THREAD_MAX, sizeof(struct hw_reader *));
	return readers;
}

void hw_readers_destroy(struct hw_readers *readers)
{
	if (!readers)
		return;
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

void hw_readers_open(struct hw_readers *readers, uint32_t slot, struct hw_thread *thread)
{
	struct hw_reader *reader = &readers->slots[slot];

	*reader = (struct hw_reader){ .thread = thread, .slot = slot };
	reader->chunk = readers->session->threads[slot].first_chunk;
	reader->broken = reader->chunk >= HW_CHUNK_MAX;
}

void hw_readers_close(struct hw_readers *readers, uint32_t slot)
{
	struct hw_reader *reader = &readers->slots[slot];

	while (!reader->broken && reader->chunk < HW_CHUNK_MAX) {
		uint32_t next = atomic_load(&readers->session->chunks[reader->chunk].next);

		free_chunk(readers, reader->chunk);
		reader->chunk = next ? next - 1 : HW_CHUNK_MAX;
	}
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
		return false;
	}
	free_chunk(readers, reader->chunk);
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

/* The next record of a log; NULL when nothing more was published. */
static const struct hw_record *peek(struct hw_readers *readers, struct hw_reader *reader,
	struct hw_record *ret_copy)
{
	while (!reader->broken) {
		const struct hw_chunk *chunk = &readers->session->chunks[reader->chunk];
		const struct hw_record *record = NULL;

		if (reader->position < HW_CHUNK_RECORDS) {
			record = published(chunk, reader->position, ret_copy);
			if (!record)
				return NULL;
			if (hw_record_op(ret_copy) >= HW_OP_COUNT ||
				reader->position + 1 + hw_record_payload(ret_copy) >
					HW_CHUNK_RECORDS) {
				reader->broken = true;
				return NULL;
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

static uint64_t time_of(struct hw_reader *reader, const struct hw_record *record)
{
	uint64_t ticks = hw_record_time(record);

	return ticks > reader->last_ticks ? ticks : reader->last_ticks;
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

/* Whether the reader has a record up to the cut; sets its next time. */
static bool has_next(struct hw_readers *readers, struct hw_reader *reader, uint64_t cut_ticks)
{
	struct hw_record copy;

	if (!peek(readers, reader, &copy))
		return false;
	if (hw_record_time(&copy) > cut_ticks)
		return false;
	reader->last_ticks = time_of(reader, &copy);
	return true;
}

static void fill_round(struct hw_readers *readers, uint64_t cut_ticks)
{
	uint32_t used = atomic_load(&readers->session->free_threads.fresh);

	readers->round_count = 0;
	for (uint32_t slot = 0; slot < used && slot < HW_THREAD_MAX; slot++)
		if (readers->slots[slot].thread &&
			has_next(readers, &readers->slots[slot], cut_ticks))
			readers->round[readers->round_count++] = &readers->slots[slot];
	for (size_t at = readers->round_count / 2; at-- > 0;)
		sift_down(readers->round, readers->round_count, at);
}

static bool take_one(struct hw_readers *readers, struct hw_reader *reader, hw_reader_take *take,
	void *context)
{
	struct hw_record copy;
	const struct hw_record *record = peek(readers, reader, &copy);
	uint32_t payload;

	if (!record)
		return false;
	payload = hw_record_payload(&copy);
	if (!take(context, reader, &copy, reader->last_ticks, record + 1))
		return false;
	reader->position += 1 + payload;
	reader->taken++;
	return true;
}

uint64_t hw_readers_round(struct hw_readers *readers, uint64_t cut_ticks, hw_reader_take *take,
	void *context)
{
	uint64_t taken = 0;

	fill_round(readers, cut_ticks);
	while (readers->round_count) {
		struct hw_reader *reader = readers->round[0];
		bool went_on = take_one(readers, reader, take, context);

		taken += went_on;
		if (!went_on || !has_next(readers, reader, cut_ticks))
			readers->round[0] = readers->round[--readers->round_count];
		sift_down(readers->round, readers->round_count, 0);
	}
	return taken;
}

static void preview(struct hw_readers *readers, struct hw_reader *reader, hw_reader_take *look,
	void *context)
{
	uint32_t number = reader->chunk, position = reader->position;
	struct hw_record copy;

	while (!reader->broken) {
		const struct hw_chunk *chunk = &readers->session->chunks[number];
		const struct hw_record *record;
		bool end = position >= HW_CHUNK_RECORDS;

		if (!end) {
			record = published(chunk, position, &copy);
			if (!record || hw_record_op(&copy) >= HW_OP_COUNT)
				return;
			end = hw_record_op(&copy) == HW_OP_END;
		}
		if (end) {
			uint32_t next = atomic_load_explicit(&chunk->next, memory_order_acquire);

			if (!next || next - 1 >= HW_CHUNK_MAX)
				return;
			number = next - 1;
			position = 0;
			continue;
		}
		if (position + 1 + hw_record_payload(&copy) > HW_CHUNK_RECORDS)
			return;
		look(context, reader, &copy, hw_record_time(&copy), record + 1);
		position += 1 + hw_record_payload(&copy);
	}
}

void hw_readers_preview(struct hw_readers *readers, hw_reader_take *look, void *context)
{
	uint32_t used = atomic_load(&readers->session->free_threads.fresh);

	for (uint32_t slot = 0; slot < used && slot < HW_THREAD_MAX; slot++)
		if (readers->slots[slot].thread)
			preview(readers, &readers->slots[slot], look, context);
}
