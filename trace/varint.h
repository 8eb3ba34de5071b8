/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_VARINT_H
#define HW_TRACE_VARINT_H

/*
 * Numbers in as few bytes as they need: LEB128, seven bits a byte, the lowest first, the
 * top bit set in all bytes but the last. Signed ones are zigzagged first: 0, -1, 1,
 * -2 become 0, 1, 2, 3. Ten bytes at most; whoever writes has made room for them.
 */

#include <stddef.h>
#include <stdint.h>

enum { HW_VARINT_BYTES_MAX = 10 };

static inline uint64_t hw_varint_zigzag(int64_t value)
{
	return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t hw_varint_unzigzag(uint64_t value)
{
	return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

/* How many bytes a number takes. */
static inline size_t hw_varint_size_bytes(uint64_t value)
{
	return (size_t)(63 - __builtin_clzll(value | 1)) / 7 + 1;
}

/* Write it; where the next goes. */
static inline uint8_t *hw_varint_put(uint8_t *at, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*at++ = (uint8_t)(value | 0x80);
	*at++ = (uint8_t)value;
	return at;
}

/*
 * Read it; where the next begins, or NULL when it is cut off or no number of 64 bits.
 * A NULL `at` is passed on, so that several may be read and checked once.
 */
static inline const uint8_t *hw_varint_get(const uint8_t *at, const uint8_t *end,
	uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!at)
		return NULL;
	for (unsigned shift = 0; at < end && shift < 64; shift += 7) {
		uint8_t byte = *at++;

		if (shift == 63 && byte > 1)
			return NULL;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80) {
			*ret_value = value;
			return at;
		}
	}
	return NULL;
}

#endif
