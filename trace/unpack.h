/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_UNPACK_H
#define HW_TRACE_UNPACK_H

/*
 * Reading blocks of packed events, whose bytes pack.h explains.
 *
 * Any bytes may be given: a block is checked as a whole, and after that every entry, op
 * and position in it is in range. It stays in columns, so that what asks for one column
 * only pays for one, and what looks for a thread compares entries and not ids.
 * Nothing is allocated, and nothing of the bytes is needed any more once it is unpacked.
 */

#include "trace/pack.h"

struct hw_unpacked_site {
	uint32_t stack;
	uint8_t op, how;
};

struct hw_unpacked {
	uint32_t count; /* of events */
	uint32_t thread_count, site_count, object_count, result_count;
	uint32_t threads[HW_PACK_EVENTS]; /* ids, by entry */
	uint32_t objects[HW_PACK_EVENTS];
	struct hw_unpacked_site sites[HW_PACK_EVENTS];
	int64_t time_ns[HW_PACK_EVENTS]; /* by event, as all below */
	uint16_t thread[HW_PACK_EVENTS]; /* entries */
	uint16_t site[HW_PACK_EVENTS];
	uint16_t object[HW_PACK_EVENTS];
	uint64_t has_result[HW_PACK_EVENTS / 64]; /* a bit for each event */
	uint16_t result_at[HW_PACK_EVENTS];       /* events with a result, ascending */
	int64_t results[HW_PACK_EVENTS];          /* and theirs */
};

/* Unpack a block; -EBADMSG when it is not one, and then nothing in `ret_block` means anything. */
int hw_unpack(const uint8_t *bytes, size_t size_bytes, struct hw_unpacked *ret_block);

/* The result of an event that has one. */
int64_t hw_unpacked_result(const struct hw_unpacked *block, uint32_t at);

static inline bool hw_unpacked_has_result(const struct hw_unpacked *block, uint32_t at)
{
	return block->has_result[at / 64] >> at % 64 & 1;
}

/* An event of the block, counted from 0. */
static inline void hw_unpacked_event(const struct hw_unpacked *block, uint32_t at,
	struct hw_event *ret_event)
{
	const struct hw_unpacked_site *site = &block->sites[block->site[at]];
	bool has_result = hw_unpacked_has_result(block, at);

	*ret_event = (struct hw_event){ .time_ns = block->time_ns[at],
		.result = has_result ? hw_unpacked_result(block, at) : 0,
		.thread = block->threads[block->thread[at]],
		.object = block->objects[block->object[at]], .stack = site->stack, .op = site->op,
		.how = site->how, .has_result = has_result };
}

#endif
