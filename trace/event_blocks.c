/* SPDX-License-Identifier: MIT */
#include "trace/event_blocks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Columns of the query below. `data` comes last: what is passed over is not read that far. */
enum { FIRST_EVENT, COUNT, THREADS, OBJECTS, CODEC, DATA };

static int failed(const struct hw_event_blocks *blocks, struct hw_error *error)
{
	return hw_error_set(error, -EIO, "%s", sqlite3_errmsg(blocks->db));
}

int hw_event_blocks_open(sqlite3 *db, const char *schema, struct hw_event_blocks **ret_blocks,
	struct hw_error *error)
{
	struct hw_event_blocks *blocks = sqlite3_malloc64(sizeof(*blocks));
	char *sql = sqlite3_mprintf(
		"SELECT first_event, count, threads, objects, codec, data FROM \"%w\".event_block"
		" WHERE first_event > ? AND first_event <= ? AND last_ns >= ? AND first_ns <= ?"
		" ORDER BY first_event", schema);
	int code = 0;

	if (!blocks || !sql) {
		sqlite3_free(blocks);
		sqlite3_free(sql);
		return hw_error_set(error, -ENOMEM, "out of memory");
	}
	blocks->db = db;
	blocks->rows = NULL;
	blocks->loaded = false;
	blocks->next = blocks->end = 0;
	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &blocks->rows, NULL) !=
		SQLITE_OK)
		code = failed(blocks, error);
	sqlite3_free(sql);
	if (code)
		hw_event_blocks_close(blocks);
	else
		*ret_blocks = blocks;
	return code;
}

void hw_event_blocks_close(struct hw_event_blocks *blocks)
{
	if (!blocks)
		return;
	sqlite3_finalize(blocks->rows);
	sqlite3_free(blocks);
}

void hw_event_blocks_seek(struct hw_event_blocks *blocks, const struct hw_event_where *where)
{
	int64_t before;

	/* The block with an event begins less than a block's events before it. */
	if (__builtin_sub_overflow(where->first_id, HW_PACK_EVENTS, &before))
		before = INT64_MIN;
	blocks->where = *where;
	blocks->next = blocks->end = 0;
	sqlite3_reset(blocks->rows);
	sqlite3_bind_int64(blocks->rows, 1, before);
	sqlite3_bind_int64(blocks->rows, 2, where->last_id);
	sqlite3_bind_int64(blocks->rows, 3, where->since_ns);
	sqlite3_bind_int64(blocks->rows, 4, where->until_ns);
}

static int compare_ids(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

bool hw_event_where_asks(const uint32_t *ids, size_t count, uint32_t id)
{
	return !ids || bsearch(&id, ids, count, sizeof(*ids), compare_ids);
}

/* Mark the entries of a dictionary that are asked for; how many there are. */
static uint32_t mark(const uint32_t *ids, uint32_t count, const uint32_t *asked, size_t asked_count,
	bool *wanted)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < count; i++) {
		wanted[i] = hw_event_where_asks(asked, asked_count, ids[i]);
		found += wanted[i];
	}
	return found;
}

/* Which events of the block that was unpacked are to be looked at. */
static void choose(struct hw_event_blocks *blocks)
{
	const struct hw_event_where *where = &blocks->where;
	const struct hw_unpacked *block = &blocks->block;
	uint32_t threads = mark(block->threads, block->thread_count, where->threads,
		where->thread_count, blocks->thread_wanted);
	uint32_t objects = mark(block->objects, block->object_count, where->objects,
		where->object_count, blocks->object_wanted);
	int64_t last = blocks->first_event + block->count - 1;

	blocks->next = 0;
	blocks->end = threads && objects ? block->count : 0;
	if (where->first_id > blocks->first_event)
		blocks->next = where->first_id > last ? blocks->end :
				(uint32_t)(where->first_id - blocks->first_event);
	if (where->last_id < last && blocks->end)
		blocks->end = (uint32_t)(where->last_id - blocks->first_event + 1);
	blocks->every_event = threads == block->thread_count && objects == block->object_count &&
		where->since_ns == INT64_MIN && where->until_ns == INT64_MAX;
}

static bool may_match(const struct hw_event_blocks *blocks)
{
	const struct hw_event_where *where = &blocks->where;
	sqlite3_stmt *row = blocks->rows;
	const void *threads = sqlite3_column_blob(row, THREADS);
	const void *objects = sqlite3_column_blob(row, OBJECTS);

	return (!where->threads || hw_event_block_may_have(threads,
			(size_t)sqlite3_column_bytes(row, THREADS), where->threads,
			where->thread_count)) &&
		(!where->objects || hw_event_block_may_have(objects,
			(size_t)sqlite3_column_bytes(row, OBJECTS), where->objects,
			where->object_count));
}

/* Unpack the block of the current row, whose first event has this id. */
static int unpack(struct hw_event_blocks *blocks, int64_t first_event)
{
	sqlite3_stmt *row = blocks->rows;
	const uint8_t *data = sqlite3_column_blob(row, DATA);
	size_t size_bytes = (size_t)sqlite3_column_bytes(row, DATA);
	int code = 0;

	blocks->loaded = false;
	if (first_event < 0 || first_event > INT64_MAX / 2)
		return -EBADMSG;
	switch (sqlite3_column_int64(row, CODEC)) {
	case HW_EVENT_PACKED:
		break;
	case HW_EVENT_ZSTD:
		code = hw_event_decompress(data, size_bytes, blocks->decompressed, &size_bytes);
		data = blocks->decompressed;
		break;
	default:
		code = -ENOTSUP;
	}
	if (!code)
		code = hw_unpack(data, size_bytes, &blocks->block);
	if (!code && sqlite3_column_int64(row, COUNT) != blocks->block.count)
		code = -EBADMSG;
	blocks->first_event = first_event;
	blocks->loaded = !code;
	return code;
}

/* A block only ever grows at its end, so one of the same length is the same. */
static bool is_loaded(const struct hw_event_blocks *blocks, int64_t first_event)
{
	return blocks->loaded && blocks->first_event == first_event &&
	       sqlite3_column_int64(blocks->rows, COUNT) == blocks->block.count;
}

/* Why the block of the current row cannot be read. SQL shows the message, and no hint. */
static int explain(const struct hw_event_blocks *blocks, int code, int64_t first_event,
	struct hw_error *error)
{
	bool compressed = sqlite3_column_int64(blocks->rows, CODEC) == HW_EVENT_ZSTD;

	hw_error_set(error, code,
		code != -ENOTSUP ? "the block of event %lld is damaged" :
		compressed	 ? "the block of event %lld is compressed, and this holdwait was "
				   "built without zstd" :
				   "the block of event %lld is packed in a way that is not known",
		(long long)first_event);
	if (code == -ENOTSUP)
		hw_error_hint(error, "use a newer holdwait, built with zstd");
	return code;
}

/* Go to the next block with something in it: 1, 0 at the end, or a negative errno. */
static int load(struct hw_event_blocks *blocks, struct hw_error *error)
{
	int step;

	while ((step = sqlite3_step(blocks->rows)) == SQLITE_ROW) {
		int64_t first_event = sqlite3_column_int64(blocks->rows, FIRST_EVENT);
		int code = 0;

		if (!may_match(blocks))
			continue;
		if (!is_loaded(blocks, first_event))
			code = unpack(blocks, first_event);
		if (code)
			return explain(blocks, code, first_event, error);
		choose(blocks);
		if (blocks->next < blocks->end)
			return 1;
	}
	return step == SQLITE_DONE ? 0 : failed(blocks, error);
}

static bool is_wanted(const struct hw_event_blocks *blocks, uint32_t at)
{
	const struct hw_unpacked *block = &blocks->block;

	return blocks->thread_wanted[block->thread[at]] &&
	       blocks->object_wanted[block->object[at]] &&
	       block->time_ns[at] >= blocks->where.since_ns &&
	       block->time_ns[at] <= blocks->where.until_ns;
}

int hw_event_blocks_next(struct hw_event_blocks *blocks, struct hw_error *error)
{
	int code;

	do {
		while (blocks->next < blocks->end) {
			uint32_t at = blocks->next++;

			if (blocks->every_event || is_wanted(blocks, at)) {
				blocks->at = at;
				return 1;
			}
		}
		code = load(blocks, error);
	} while (code == 1);
	return code;
}
