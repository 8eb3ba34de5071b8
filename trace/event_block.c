/* SPDX-License-Identifier: MIT */
#include "trace/event_block.h"

#include <errno.h>
#include <string.h>

#if HW_WITH_ZSTD
#include <zstd.h>
#endif

enum { BITS_PER_ID = 8, SUMMARY_BYTES_MIN = 32, COMPRESSION_LEVEL = 1 };

/* The bit of an id; `bits` is no power of two when somebody else wrote the summary. */
static uint32_t bit_of(uint32_t id, size_t size_bytes)
{
	return id % (8 * (uint32_t)size_bytes);
}

size_t hw_event_block_summarise(const struct hw_dictionary *ids,
	uint8_t summary[HW_EVENT_SUMMARY_BYTES_MAX])
{
	size_t size_bytes = SUMMARY_BYTES_MIN;

	while (size_bytes < HW_EVENT_SUMMARY_BYTES_MAX && 8 * size_bytes < BITS_PER_ID * ids->count)
		size_bytes *= 2;
	memset(summary, 0, size_bytes);
	for (uint32_t i = 0; i < ids->count; i++) {
		uint32_t bit = bit_of((uint32_t)ids->keys[i], size_bytes);

		summary[bit / 8] |= (uint8_t)(1 << bit % 8);
	}
	return size_bytes;
}

bool hw_event_block_may_have(const uint8_t *summary, size_t size_bytes, const uint32_t *ids,
	size_t count)
{
	if (!size_bytes || size_bytes > HW_EVENT_SUMMARY_BYTES_MAX)
		return true;
	for (size_t i = 0; i < count; i++) {
		uint32_t bit = bit_of(ids[i], size_bytes);

		if (summary[bit / 8] >> bit % 8 & 1)
			return true;
	}
	return false;
}

#if HW_WITH_ZSTD

/* The library's own type, under our name. */
static ZSTD_CCtx *context_of(struct hw_event_compressor *compressor)
{
	return (ZSTD_CCtx *)compressor;
}

bool hw_event_block_can_compress(void)
{
	return true;
}

struct hw_event_compressor *hw_event_compressor_create(void)
{
	return (struct hw_event_compressor *)ZSTD_createCCtx();
}

void hw_event_compressor_destroy(struct hw_event_compressor *compressor)
{
	ZSTD_freeCCtx(context_of(compressor));
}

size_t hw_event_compress(struct hw_event_compressor *compressor, const uint8_t *bytes,
	size_t size_bytes, uint8_t *ret_bytes)
{
	size_t compressed = ZSTD_compressCCtx(context_of(compressor), ret_bytes,
		HW_PACK_BYTES_MAX, bytes, size_bytes, COMPRESSION_LEVEL);

	return ZSTD_isError(compressed) || compressed >= size_bytes ? 0 : compressed;
}

int hw_event_decompress(const uint8_t *bytes, size_t size_bytes, uint8_t *ret_bytes,
	size_t *ret_size_bytes)
{
	size_t got = ZSTD_decompress(ret_bytes, HW_PACK_BYTES_MAX, bytes, size_bytes);

	if (ZSTD_isError(got))
		return -EBADMSG;
	*ret_size_bytes = got;
	return 0;
}

#else

bool hw_event_block_can_compress(void)
{
	return false;
}

struct hw_event_compressor *hw_event_compressor_create(void)
{
	return NULL;
}

void hw_event_compressor_destroy(struct hw_event_compressor *compressor)
{
}

size_t hw_event_compress(struct hw_event_compressor *compressor, const uint8_t *bytes,
	size_t size_bytes, uint8_t *ret_bytes)
{
	return 0;
}

int hw_event_decompress(const uint8_t *bytes, size_t size_bytes, uint8_t *ret_bytes,
	size_t *ret_size_bytes)
{
	return -ENOTSUP;
}

#endif
