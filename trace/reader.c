/* SPDX-License-Identifier: MIT */
#include "trace/reader.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trace/memory.h"
#include "trace/reader_private.h"
#include "trace/window.h"

enum { PAGE_BYTES = 4096 };

struct hw_readers *hw_readers_create(struct hw_session *session, uint64_t patience_ticks)
{
	struct hw_readers *readers = hw_xcalloc(1, sizeof(*readers));

	readers->session = session;
	readers->patience_ticks = patience_ticks;
	readers->round = hw_xcalloc(HW_THREAD_MAX, sizeof(*readers->round));
	readers->window = hw_xcalloc(1, sizeof(*readers->window));
	readers->share = HW_WINDOW_SHARE;
	return readers;
}

void hw_readers_destroy(struct hw_readers *readers)
{
	if (!readers)
		return;
	free(readers->quarantined);
	free(readers->round);
	free(readers->window);
	free(readers);
}

/* Whoever looks for a chunk just now does not begin to wait. */
static void wake(struct hw_readers *readers, int waiters)
{
	struct hw_session *session = readers->session;

	atomic_fetch_add(&session->chunks_freed, 1);
	if (atomic_load(&session->chunk_waiters))
		syscall(SYS_futex, &session->chunks_freed, FUTEX_WAKE, waiters, NULL);
}

void hw_readers_wake_waiters(struct hw_readers *readers)
{
	wake(readers, INT_MAX);
}

void hw_readers_offer_chunks(struct hw_readers *readers)
{
	int offered = (int)(readers->chunks_freed - readers->chunks_offered);

	readers->chunks_offered = readers->chunks_freed;
	if (offered)
		wake(readers, offered);
}

/* `records`: how many at most were written. What nobody touched stays so. */
static void free_chunk(struct hw_readers *readers, uint32_t number, uint32_t records)
{
	struct hw_chunk *chunk = &readers->session->chunks[number];

	memset(chunk, 0, offsetof(struct hw_chunk, records) + records * sizeof(chunk->records[0]));
	hw_free_list_push(&readers->session->free_chunks, &readers->session->chunks[0].next_free,
		sizeof(readers->session->chunks[0]), number);
	/* A round may take long, and who waits need not wait for its end. */
	if (++readers->chunks_freed - readers->chunks_offered >= HW_CHUNKS_TO_RING)
		hw_readers_offer_chunks(readers);
}

/* The chunk was read to its end. */
static void leave_chunk(struct hw_readers *readers, struct hw_reader *reader)
{
	if (!reader->holed) {
		free_chunk(readers, reader->chunk, HW_CHUNK_RECORDS);
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
			free_chunk(readers, readers->quarantined[i].chunk, HW_CHUNK_RECORDS);
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

/*
 * How many records of the present chunk can have been written, up to where it was read at least.
 * Most threads say where their logs end. A handler may add to that, and be ended in the middle: so
 * the rest of that page counts.
 */
static uint32_t records_in(const struct hw_readers *readers, const struct hw_reader *reader)
{
	uint64_t end = atomic_load(&readers->session->threads[reader->slot].log_end);
	uint32_t records = (uint32_t)end;
	size_t bytes;

	if (!end || end >> 32 != reader->chunk || records > HW_CHUNK_RECORDS)
		return HW_CHUNK_RECORDS;
	if (records < reader->position)
		records = reader->position;
	bytes = offsetof(struct hw_chunk, records) + records * sizeof(struct hw_record);
	bytes += PAGE_BYTES - bytes % PAGE_BYTES;
	records = (uint32_t)((bytes - offsetof(struct hw_chunk, records)) /
		sizeof(struct hw_record));
	return records < HW_CHUNK_RECORDS ? records : HW_CHUNK_RECORDS;
}

void hw_readers_close(struct hw_readers *readers, uint32_t slot)
{
	struct hw_reader *reader = &readers->slots[slot];
	uint32_t records = records_in(readers, reader);

	while (!reader->broken && reader->chunk < HW_CHUNK_MAX) {
		uint32_t next = atomic_load(&readers->session->chunks[reader->chunk].next);

		free_chunk(readers, reader->chunk, next ? HW_CHUNK_RECORDS : records);
		reader->chunk = next ? next - 1 : HW_CHUNK_MAX;
		records = HW_CHUNK_RECORDS;
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

	*ret_copy = hw_reader_look(record);
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
static bool is_hole(const struct hw_readers *readers, const struct hw_reader *reader,
	const struct hw_chunk *chunk)
{
	struct hw_record copy;
	uint32_t end;

	if (atomic_load_explicit(&chunk->next, memory_order_acquire))
		return true;
	if (!reader->ended)
		return false;
	end = records_in(readers, reader);
	for (uint32_t i = reader->position; i < end; i++)
		if (published(chunk, i, &copy))
			return true;
	return false;
}

/* At an unpublished record: whether it was a hole, and was stepped over. */
static bool step_over(struct hw_readers *readers, struct hw_reader *reader,
	const struct hw_chunk *chunk)
{
	if (!is_hole(readers, reader, chunk))
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

const struct hw_record *hw_reader_peek(struct hw_readers *readers, struct hw_reader *reader,
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

	return !hw_reader_peek(readers, &readers->slots[slot], &copy);
}

/* The chunk that follows, or HW_CHUNK_MAX. */
static uint32_t next_of(const struct hw_chunk *chunk)
{
	uint32_t next = atomic_load_explicit(&chunk->next, memory_order_acquire);

	return next && next - 1 < HW_CHUNK_MAX ? next - 1 : HW_CHUNK_MAX;
}

/* Pass over events that stand alone; where the next begins that is another, or is past the cut. */
static uint32_t pass_plain(const struct hw_chunk *chunk, uint32_t position, uint64_t cut_ticks,
	uint64_t *ticks)
{
	for (; position < HW_CHUNK_RECORDS; position++) {
		struct hw_record record = hw_reader_look(&chunk->records[position]);

		if (!hw_reader_is_plain(record.when) || hw_record_time(&record) > cut_ticks)
			break;
		if (hw_record_time(&record) > *ticks)
			*ticks = hw_record_time(&record);
	}
	return position;
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

		position = pass_plain(chunk, position, cut_ticks, &ticks);
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
