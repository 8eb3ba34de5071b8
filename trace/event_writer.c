/* SPDX-License-Identifier: MIT */
#include "trace/event_writer.h"

#include <stdlib.h>

#include "trace/event_block.h"
#include "trace/memory.h"

/* What some event of a block has. */
enum { HAS_HOW = 1, HAS_RESULT = 2 };

struct hw_event_writer {
	sqlite3 *db;
	sqlite3_stmt *put;
	enum hw_event_form form;
	char *rows_sql;        /* what declares `event` as a plain table */
	int64_t first_event;   /* id of the first event of the block that is being filled */
	uint64_t full_count;   /* of events in blocks before it */
	int64_t last_ns;       /* of these */
	uint32_t flushed;      /* events of the block that are in the table */
	uint8_t *has;          /* by block, but for those that were not flushed */
	size_t has_count, has_capacity;
	struct hw_event_compressor *compressor; /* NULL: does not compress */
	struct hw_packer packer;
	uint8_t packed[HW_PACK_BYTES_MAX];
	uint8_t compressed[HW_PACK_BYTES_MAX];
};

static int read_rows_sql(struct hw_event_writer *writer)
{
	sqlite3_stmt *row = NULL;
	int code = sqlite3_prepare_v2(writer->db,
		"SELECT sql FROM sqlite_schema WHERE name = 'event'", -1, &row, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(row);
	if (code == SQLITE_ROW)
		writer->rows_sql = hw_xstrdup((const char *)sqlite3_column_text(row, 0));
	sqlite3_finalize(row);
	return code == SQLITE_ROW ? SQLITE_OK : code == SQLITE_DONE ? SQLITE_ERROR : code;
}

int hw_event_writer_create(sqlite3 *db, enum hw_event_form form,
	struct hw_event_writer **ret_writer)
{
	struct hw_event_writer *writer = hw_xcalloc(1, sizeof(*writer));
	int code;

	writer->db = db;
	writer->form = form;
	writer->first_event = 1;
	hw_pack_reset(&writer->packer);
	if (form == HW_EVENT_FORM_ZSTD)
		writer->compressor = hw_event_compressor_create();
	code = read_rows_sql(writer);
	if (code == SQLITE_OK)
		code = sqlite3_exec(db, "DROP TABLE event;"
			"CREATE VIRTUAL TABLE event USING holdwait_event", NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_prepare_v3(db,
			"INSERT OR REPLACE INTO event_block VALUES(?,?,?,?,?,?,?,?)", -1,
			SQLITE_PREPARE_PERSISTENT, &writer->put, NULL);
	if (code == SQLITE_OK)
		*ret_writer = writer;
	else
		hw_event_writer_destroy(writer);
	return code;
}

void hw_event_writer_destroy(struct hw_event_writer *writer)
{
	if (!writer)
		return;
	sqlite3_finalize(writer->put);
	hw_event_compressor_destroy(writer->compressor);
	free(writer->has);
	free(writer->rows_sql);
	free(writer);
}

struct hw_packer *hw_event_writer_packer(struct hw_event_writer *writer)
{
	return &writer->packer;
}

bool hw_event_writer_add(struct hw_event_writer *writer, const struct hw_event *event)
{
	hw_pack_add(&writer->packer, event);
	return writer->packer.count == HW_PACK_EVENTS;
}

/* The bytes of the block, and how they are to be read. */
static const uint8_t *pack(struct hw_event_writer *writer, enum hw_event_codec *ret_codec,
	size_t *ret_size_bytes)
{
	size_t packed = hw_pack_write(&writer->packer, writer->packed), compressed = 0;

	if (writer->compressor)
		compressed = hw_event_compress(writer->compressor, writer->packed, packed,
			writer->compressed);
	*ret_codec = compressed ? HW_EVENT_ZSTD : HW_EVENT_PACKED;
	*ret_size_bytes = compressed ? compressed : packed;
	return compressed ? writer->compressed : writer->packed;
}

static void note_block(struct hw_event_writer *writer)
{
	const struct hw_packer *packer = &writer->packer;
	size_t number = (size_t)(writer->first_event / HW_PACK_EVENTS);

	if (number == writer->has_count) {
		HW_GROW(writer->has, writer->has_count, writer->has_capacity);
		writer->has[writer->has_count++] = 0;
	}
	if (hw_pack_has_how(packer))
		writer->has[number] |= HAS_HOW;
	if (packer->result_count)
		writer->has[number] |= HAS_RESULT;
}

static int put_block(struct hw_event_writer *writer)
{
	const struct hw_packer *packer = &writer->packer;
	uint8_t threads[HW_EVENT_SUMMARY_BYTES_MAX], objects[HW_EVENT_SUMMARY_BYTES_MAX];
	enum hw_event_codec codec;
	size_t size_bytes;
	const uint8_t *data = pack(writer, &codec, &size_bytes);
	int code;

	note_block(writer);
	sqlite3_bind_int64(writer->put, 1, writer->first_event);
	sqlite3_bind_int64(writer->put, 2, packer->count);
	sqlite3_bind_int64(writer->put, 3, packer->first_ns);
	sqlite3_bind_int64(writer->put, 4, hw_pack_last_ns(packer));
	sqlite3_bind_blob(writer->put, 5, threads,
		(int)hw_event_block_summarise(&packer->threads, threads), SQLITE_STATIC);
	sqlite3_bind_blob(writer->put, 6, objects,
		(int)hw_event_block_summarise(&packer->objects, objects), SQLITE_STATIC);
	sqlite3_bind_int64(writer->put, 7, codec);
	sqlite3_bind_blob(writer->put, 8, data, (int)size_bytes, SQLITE_STATIC);
	code = sqlite3_step(writer->put);
	sqlite3_reset(writer->put);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

int hw_event_writer_flush(struct hw_event_writer *writer)
{
	struct hw_packer *packer = &writer->packer;
	int code = packer->count > writer->flushed ? put_block(writer) : SQLITE_OK;

	writer->flushed = packer->count;
	if (packer->count < HW_PACK_EVENTS)
		return code;
	writer->last_ns = hw_event_writer_last_ns(writer);
	writer->first_event += packer->count;
	writer->full_count += packer->count;
	writer->flushed = 0;
	hw_pack_reset(packer);
	return code;
}

bool hw_event_writer_wants_rows(const struct hw_event_writer *writer)
{
	return writer->form == HW_EVENT_FORM_ROWS ||
	       (writer->form == HW_EVENT_FORM_AUTO &&
		       hw_event_writer_count(writer) <= HW_EVENT_ROWS_MAX);
}

static int run_for_block(sqlite3_stmt *statement, int64_t first_event)
{
	int code;

	sqlite3_bind_int64(statement, 1, first_event);
	code = sqlite3_step(statement);
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

/*
 * Copies a block. A row gets the id that its event has without being told, as they count from 1 and
 * none is missing; so SQLite appends it without looking for its place. Each column takes time, so
 * those in which no event of the block has anything are left out.
 */
static int prepare_copy(sqlite3 *db, uint8_t has, sqlite3_stmt **ret_copy)
{
	char *columns = hw_xasprintf("time_ns, thread, op, object, stack%s%s",
		has & HAS_HOW ? ", mode, how" : "", has & HAS_RESULT ? ", result" : "");
	char *sql = hw_xasprintf("INSERT INTO event(%s) SELECT %s FROM holdwait_event"
		" WHERE id BETWEEN ?1 AND ?1 + 16383", columns, columns);
	int code;

	_Static_assert(HW_PACK_EVENTS == 16384, "the statement copies a whole block");
	sqlite3_finalize(*ret_copy);
	code = sqlite3_prepare_v2(db, sql, -1, ret_copy, NULL);
	free(columns);
	free(sql);
	return code;
}

/* Block by block, so that the room of one is used for the rows of the next. */
static int copy_blocks(struct hw_event_writer *writer)
{
	sqlite3_stmt *copy = NULL, *drop = NULL;
	int code = sqlite3_prepare_v2(writer->db, "DELETE FROM event_block WHERE first_event = ?",
		-1, &drop, NULL);

	for (size_t i = 0; code == SQLITE_OK && i < writer->has_count; i++) {
		int64_t first = 1 + (int64_t)i * HW_PACK_EVENTS;

		if (!i || writer->has[i] != writer->has[i - 1])
			code = prepare_copy(writer->db, writer->has[i], &copy);
		if (code == SQLITE_OK)
			code = run_for_block(copy, first);
		if (code == SQLITE_OK)
			code = run_for_block(drop, first);
	}
	sqlite3_finalize(copy);
	sqlite3_finalize(drop);
	return code;
}

int hw_event_writer_make_rows(struct hw_event_writer *writer)
{
	int code = sqlite3_exec(writer->db, "DROP TABLE event", NULL, NULL, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_exec(writer->db, writer->rows_sql, NULL, NULL, NULL);
	return code == SQLITE_OK ? copy_blocks(writer) : code;
}

uint64_t hw_event_writer_count(const struct hw_event_writer *writer)
{
	return writer->full_count + writer->packer.count;
}

int64_t hw_event_writer_last_ns(const struct hw_event_writer *writer)
{
	const struct hw_packer *packer = &writer->packer;

	if (!packer->count)
		return writer->last_ns;
	return !writer->full_count || hw_pack_last_ns(packer) > writer->last_ns ?
		hw_pack_last_ns(packer) :
		writer->last_ns;
}
