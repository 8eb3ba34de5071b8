/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_PACK_H
#define HW_TRACE_PACK_H

/*
 * Events packed into blocks, 2 to 5 bytes each: here they are written, unpack.h reads
 * them.
 *
 * A block holds up to HW_PACK_EVENTS events in the order of storing, column by column.
 * Programs do the same few things again and again, so whatever repeats is put into
 * a dictionary of the block, in the order of its first use, and an event says
 * which entry: threads, objects, and sites, which are an op with how and where it was
 * done. Times are told as differences. Nothing refers to another block.
 *
 * The bytes, where `varint` is a number as in varint.h and `signed` a zigzagged one:
 *
 *   count         varint, 1 to HW_PACK_EVENTS
 *   begin         signed, the time of the first event in nanoseconds
 *   threads       varint number of entries, then for each
 *                   signed  its id, less that of the entry before (0 before the first)
 *   sites         varint number of entries, then for each
 *                   byte    op, enum hw_op
 *                   byte    how, enum hw_how; of the bits but HW_HOW_SHARED at most one
 *                   signed  stack, less that of the entry before; 0 is no stack
 *   objects       as threads; 0 is no object
 *   width         byte, 1 or 2: of the time column
 *   times         `width` bytes for each event: nanoseconds since the event before,
 *                   0 for the first. A difference that does not fit, or is negative, is
 *                   all ones here, and told in `escapes`
 *   thread of     0, 4, 8 or 16 bits for each event: the entry, counted from 0. None when
 *                   there is one entry, 4 when there are 16 at most, 8 when 256; then the
 *                   last byte is filled up with a 0 when it must be
 *   site of       likewise
 *   object of     likewise
 *   escapes       for each time that is all ones, in order: signed, the difference
 *   results       varint number of events with a result, then for each
 *                   varint  its position, less that of the one before less 1
 *                           (-1 before the first)
 *                   signed  the result
 *
 * and then it ends. Numbers of two bytes have the low one first; of two numbers in a byte,
 * the first is in the low bits. Ids and stacks are below
 * 2^32; sums wrap at 64 bits. A dictionary has at least one entry and at most `count`.
 *
 * A packer is written to event by event and can be asked for its block at any time; it
 * allocates nothing by itself. Adding is inlined: it takes about thirty instructions, and half as
 * many where the numbers are known.
 */

#include <assert.h>

#include "trace/dictionary.h"
#include "trace/event.h"

enum {
	HW_PACK_EVENTS = 16384,
	HW_PACK_DELTA_ESCAPED = 0xff, /* in a column of one byte */
	HW_PACK_BYTES_MAX = 64 + 64 * HW_PACK_EVENTS, /* no block is longer */
};

struct hw_packer {
	uint32_t count;
	uint32_t result_count;
	uint32_t block; /* another one after each reset; 0 before the first */
	int64_t begin_ns, newest_ns; /* of the first event, of the last */
	/* The least and the greatest time; the greatest but for what came since times went back. */
	int64_t first_ns, last_ns;
	struct hw_dictionary threads, sites, objects;
	uint16_t delta[HW_PACK_EVENTS]; /* nanoseconds since the event before, or all ones */
	uint32_t escape_count;
	size_t escape_size_bytes[2];      /* in columns of one byte, of two */
	uint64_t escapes[HW_PACK_EVENTS]; /* differences that do not fit in a byte, in order */
	uint16_t thread[HW_PACK_EVENTS];
	uint16_t site[HW_PACK_EVENTS];
	uint16_t object[HW_PACK_EVENTS];
	uint16_t result_at[HW_PACK_EVENTS];
	int64_t results[HW_PACK_EVENTS];
};

/* A packer of all zeroes is empty. Make one so that was used; costs what it holds. */
void hw_pack_reset(struct hw_packer *packer);

/* Whether it is told of any event how it was done. */
bool hw_pack_has_how(const struct hw_packer *packer);

/* Write the block, HW_PACK_BYTES_MAX at most; how many bytes it has. It must hold an event. */
size_t hw_pack_write(const struct hw_packer *packer, uint8_t *block);

/* For hw_pack_add_numbered: the first event of a block. */
void hw_pack_begin(struct hw_packer *packer, int64_t time_ns);

/* For hw_pack_add_numbered: the time does not follow the one before within a byte. */
void hw_pack_escape(struct hw_packer *packer, uint64_t delta);

/* The key of a site, which is op, how and stack at once. */
static inline uint64_t hw_pack_site_key(uint8_t op, uint8_t how, uint32_t stack)
{
	return (uint64_t)stack << 16 | (uint64_t)how << 8 | op;
}

/* The greatest time of all events; there is one. */
static inline int64_t hw_pack_last_ns(const struct hw_packer *packer)
{
	return packer->newest_ns > packer->last_ns ? packer->newest_ns : packer->last_ns;
}

/*
 * The numbers of a thread, a site and an object in the block under way, which is told by `block` of
 * the packer; an event that uses them must follow. Who adds many that are the same asks once.
 */
static inline uint16_t hw_pack_thread_number(struct hw_packer *packer, uint32_t thread)
{
	return hw_dictionary_put(&packer->threads, thread);
}

static inline uint16_t hw_pack_site_number(struct hw_packer *packer, uint8_t op, uint8_t how,
	uint32_t stack)
{
	return hw_dictionary_put(&packer->sites, hw_pack_site_key(op, how, stack));
}

static inline uint16_t hw_pack_object_number(struct hw_packer *packer, uint32_t object)
{
	return hw_dictionary_put(&packer->objects, object);
}

/* Add an event, by its numbers; there must be room. */
static inline void hw_pack_add_numbered(struct hw_packer *packer, int64_t time_ns,
	uint16_t thread, uint16_t site, uint16_t object)
{
	uint32_t at = packer->count;
	uint64_t delta;

	if (__builtin_expect(!at, 0))
		hw_pack_begin(packer, time_ns);
	delta = (uint64_t)time_ns - (uint64_t)packer->newest_ns;
	packer->delta[at] = (uint16_t)delta;
	if (__builtin_expect(delta >= HW_PACK_DELTA_ESCAPED, 0))
		hw_pack_escape(packer, delta);
	packer->newest_ns = time_ns;
	packer->thread[at] = thread;
	packer->site[at] = site;
	packer->object[at] = object;
	packer->count = at + 1;
}

/* The result of the event that is added next, unless it has none. */
static inline void hw_pack_add_result(struct hw_packer *packer, int64_t result)
{
	packer->result_at[packer->result_count] = (uint16_t)packer->count;
	packer->results[packer->result_count++] = result;
}

/* Add an event; there must be room, and its op must be one of an event. */
static inline void hw_pack_add(struct hw_packer *packer, const struct hw_event *event)
{
	uint16_t site = hw_pack_site_number(packer, event->op, hw_event_plain_how(event->how),
		event->stack);

	assert(packer->count < HW_PACK_EVENTS);
	if (event->has_result)
		hw_pack_add_result(packer, event->result);
	hw_pack_add_numbered(packer, event->time_ns,
		hw_pack_thread_number(packer, event->thread), site,
		hw_pack_object_number(packer, event->object));
}

#endif
