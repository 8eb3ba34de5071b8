/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_CFI_READER_H
#define HW_INTERPOSE_CFI_READER_H

/*
 * Numbers as DWARF writes them. Reading past the end gives zeroes, and is noted once for
 * all, so that whoever reads asks only at the end whether it made sense.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct hw_cfi_reader {
	const uint8_t *at;
	const uint8_t *end;
	bool overrun;
};

static inline uint64_t hw_cfi_read(struct hw_cfi_reader *reader, unsigned bytes)
{
	uint64_t value = 0;

	if (reader->end - reader->at < (long)bytes) {
		reader->overrun = true;
		reader->at = reader->end;
		return 0;
	}
	memcpy(&value, reader->at, bytes);
	reader->at += bytes;
	return value;
}

static inline void hw_cfi_skip(struct hw_cfi_reader *reader, uint64_t bytes)
{
	if ((uint64_t)(reader->end - reader->at) < bytes) {
		reader->overrun = true;
		reader->at = reader->end;
	} else {
		reader->at += bytes;
	}
}

/* ULEB128 and SLEB128 (DWARF 5, section 7.6). */
static inline uint64_t hw_cfi_read_unsigned(struct hw_cfi_reader *reader)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint64_t byte = hw_cfi_read(reader, 1);

		value |= (byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	reader->overrun = true;
	return 0;
}

static inline int64_t hw_cfi_read_signed(struct hw_cfi_reader *reader)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint64_t byte = hw_cfi_read(reader, 1);

		value |= (byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (byte & 0x40 && shift + 7 < 64)
			value |= ~0ull << (shift + 7);
		return (int64_t)value;
	}
	reader->overrun = true;
	return 0;
}

#endif
