/* SPDX-License-Identifier: MIT */
#include "tests/png.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { SIGNATURE_BYTES = 8, AROUND_BYTES = 12, HEADER_BYTES = 13 };

struct chunk {
	char type[5];
	const unsigned char *data;
	uint32_t length;
};

static uint32_t number_at(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* Read the chunk at *bytes and go on behind it; false when it is cut off or corrupt. */
static bool next_chunk(const unsigned char **bytes, size_t *left, struct chunk *ret_chunk)
{
	uint32_t length, checksum;

	if (*left < AROUND_BYTES)
		return false;
	length = number_at(*bytes);
	if (length > *left - AROUND_BYTES)
		return false;
	memcpy(ret_chunk->type, *bytes + 4, 4);
	ret_chunk->type[4] = '\0';
	ret_chunk->data = *bytes + 8;
	ret_chunk->length = length;
	checksum = (uint32_t)crc32(0, *bytes + 4, length + 4);
	if (checksum != number_at(*bytes + 8 + length))
		return false;
	*bytes += length + AROUND_BYTES;
	*left -= length + AROUND_BYTES;
	return true;
}

static const char *flaw_of_pixels(
	const struct chunk *header, const struct chunk *palette, const struct chunk *pixels)
{
	uint32_t width = number_at(header->data), height = number_at(header->data + 4);
	uLongf size = (uLongf)height * (1 + width);
	const char *flaw = NULL;
	unsigned char *rows;

	if (width == 0 || height == 0 || size > 1 << 24)
		return "size out of range";
	if (memcmp(header->data + 8, "\x08\x03\0\0\0", 5) != 0)
		return "not a picture of 8 bits with a palette";
	rows = malloc(size + 1);
	if (!rows)
		return "out of memory";
	size++; /* one byte of room shows when there is too much */
	if (uncompress(rows, &size, pixels->data, pixels->length) != Z_OK)
		flaw = "pixels cannot be inflated";
	else if (size != (uLongf)height * (1 + width))
		flaw = "wrong number of pixels";
	for (uint32_t y = 0; !flaw && y < height; y++) {
		const unsigned char *row = rows + (size_t)y * (1 + width);

		if (row[0] != 0)
			flaw = "unexpected filter";
		for (uint32_t x = 1; !flaw && x <= width; x++) {
			if (row[x] >= palette->length / 3)
				flaw = "colour not in the palette";
		}
	}
	free(rows);
	return flaw;
}

const char *hw_png_flaw(const unsigned char *bytes, size_t size_bytes)
{
	static const char *const types[] = { "IHDR", "PLTE", "IDAT", "IEND" };
	struct chunk chunks[4];

	if (size_bytes < SIGNATURE_BYTES || memcmp(bytes, "\x89PNG\r\n\x1a\n", SIGNATURE_BYTES))
		return "no PNG signature";
	bytes += SIGNATURE_BYTES;
	size_bytes -= SIGNATURE_BYTES;
	for (int i = 0; i < 4; i++) {
		if (!next_chunk(&bytes, &size_bytes, &chunks[i]))
			return "a chunk is cut off or corrupt";
		if (strcmp(chunks[i].type, types[i]) != 0)
			return "an unexpected chunk";
	}
	if (size_bytes != 0)
		return "something behind the end";
	if (chunks[0].length != HEADER_BYTES || chunks[1].length % 3 != 0 || chunks[3].length != 0)
		return "a chunk of the wrong length";
	return flaw_of_pixels(&chunks[0], &chunks[1], &chunks[2]);
}
