/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_EVENT_BLOCKS_H
#define HW_TRACE_EVENT_BLOCKS_H

/*
 * The packed events of a recording, one after the other in the order of their ids: those
 * that are asked for.
 *
 * Blocks in which nothing can be asked for, by their summaries, ids and times, are
 * passed over without being read; in the others threads and objects are compared
 * once for each entry of the block's dictionaries, and then as entries. What is in the
 * table is not trusted: a block that is damaged ends the reading with -EBADMSG.
 *
 * Part of the extension, so memory is SQLite's and running out of it is an error.
 */

#include "trace/error.h"
#include "trace/event_block.h"
#include "trace/sqlite.h"
#include "trace/unpack.h"

/* Which events; begin with HW_EVENT_WHERE_ALL. The ids belong to the caller. */
struct hw_event_where {
	int64_t first_id, last_id;
	int64_t since_ns, until_ns;
	const uint32_t *threads; /* ascending; NULL: all */
	size_t thread_count;
	const uint32_t *objects; /* ascending; NULL: all, and events without one too */
	size_t object_count;
	bool strange_too; /* of rows: also those that no collector writes; see event_scan.h */
};

#define HW_EVENT_WHERE_ALL \
	((struct hw_event_where){ .first_id = INT64_MIN, .last_id = INT64_MAX, \
		.since_ns = INT64_MIN, .until_ns = INT64_MAX })

/* Whether an id is asked for by a list of them, as above. */
bool hw_event_where_asks(const uint32_t *ids, size_t count, uint32_t id);

struct hw_event_blocks {
	sqlite3 *db;
	sqlite3_stmt *rows;
	struct hw_event_where where;
	int64_t first_event; /* id of the block's first event */
	uint32_t at;         /* the event that hw_event_blocks_next() came to */
	uint32_t next, end;  /* of the block, to be looked at */
	bool every_event;    /* of the block is asked for */
	bool loaded;         /* there is a block in `block` */
	bool thread_wanted[HW_PACK_EVENTS]; /* by entry */
	bool object_wanted[HW_PACK_EVENTS];
	struct hw_unpacked block;
	uint8_t decompressed[HW_PACK_BYTES_MAX];
};

/* Make a reader of the blocks in a database that is attached as `schema`, usually "main". */
int hw_event_blocks_open(sqlite3 *db, const char *schema, struct hw_event_blocks **ret_blocks,
	struct hw_error *error);

/* NULL is allowed. */
void hw_event_blocks_close(struct hw_event_blocks *blocks);

/* Begin with the first event that is asked for. May be done again and again. */
void hw_event_blocks_seek(struct hw_event_blocks *blocks, const struct hw_event_where *where);

/* Come to the next event: 1, or 0 when there is none, or a negative errno. */
int hw_event_blocks_next(struct hw_event_blocks *blocks, struct hw_error *error);

static inline int64_t hw_event_blocks_id(const struct hw_event_blocks *blocks)
{
	return blocks->first_event + blocks->at;
}

#endif
