/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_EVENT_BLOCK_H
#define HW_TRACE_EVENT_BLOCK_H

/*
 * What a row of `event_block` has besides numbers: which threads and objects occur in the
 * block, so that a reader can pass it over, and its bytes, which may be compressed.
 *
 * A summary is a bitmap of 8 * 2^n bits: for each id that occurs, bit `id` modulo the number
 * of bits is set, bit 0 being the lowest of the first byte. So it never misses an id, and
 * while all ids are below the number of bits, which grows with how many occur, it is
 * exact. No summary at all (0 bytes) says nothing.
 */

#include "trace/pack.h"

/* `codec` of a row: how `data` is written. */
enum hw_event_codec {
	HW_EVENT_PACKED = 0, /* as trace/pack.h says */
	HW_EVENT_ZSTD = 1,   /* the same, as one frame of zstd */
};

enum { HW_EVENT_SUMMARY_BYTES_MAX = 256 };

/* Write the summary of the keys of a dictionary; how many bytes it has. */
size_t hw_event_block_summarise(const struct hw_dictionary *ids,
	uint8_t summary[HW_EVENT_SUMMARY_BYTES_MAX]);

/* Whether one of these ids may occur. */
bool hw_event_block_may_have(const uint8_t *summary, size_t size_bytes, const uint32_t *ids,
	size_t count);

/* Whether this holdwait was built with zstd. */
bool hw_event_block_can_compress(void);

/* What compressing takes; NULL without zstd or memory. */
struct hw_event_compressor;
struct hw_event_compressor *hw_event_compressor_create(void);
void hw_event_compressor_destroy(struct hw_event_compressor *compressor);

/* Compress into HW_PACK_BYTES_MAX bytes; the size, or 0 when it does not get smaller. */
size_t hw_event_compress(struct hw_event_compressor *compressor, const uint8_t *bytes,
	size_t size_bytes, uint8_t *ret_bytes);

/*
 * Decompress into HW_PACK_BYTES_MAX bytes. -EBADMSG when it is damaged, -ENOTSUP when this
 * holdwait was built without zstd.
 */
int hw_event_decompress(const uint8_t *bytes, size_t size_bytes, uint8_t *ret_bytes,
	size_t *ret_size_bytes);

#endif
