/* SPDX-License-Identifier: MIT */
#include "demos/picture.h"

#include <stdlib.h>
#include <string.h>

enum {
	COLOURS = 256,
	ROW_BYTES = 1 + PICTURE_WIDTH, /* a filter byte, then one byte per pixel */
	PIXEL_BYTES = PICTURE_HEIGHT * ROW_BYTES,
	BLOCK_BYTES = 65535, /* a stored block of deflate holds no more */
	BLOCKS = (PIXEL_BYTES + BLOCK_BYTES - 1) / BLOCK_BYTES,
	ZLIB_BYTES = 2 + BLOCKS * 5 + PIXEL_BYTES + 4,
	CHUNK_BYTES = 4 + 4 + 4, /* length, type and checksum around the data */
	FILE_BYTES = 8 + CHUNK_BYTES + 13 + CHUNK_BYTES + 3 * COLOURS + CHUNK_BYTES + ZLIB_BYTES +
		     CHUNK_BYTES,
};

static const unsigned char signature[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

/* Well-spread bits from a number (a step of the splitmix generator). */
static uint32_t scatter(uint32_t number, uint32_t salt)
{
	uint64_t bits = ((uint64_t)number << 32 | salt) + 0x9e3779b97f4a7c15;

	bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
	bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
	return (uint32_t)(bits ^ bits >> 31);
}

/* Three colours, and the way from each to the next. */
static void paint_palette(uint32_t number, unsigned char palette[3 * COLOURS])
{
	for (unsigned i = 0; i < COLOURS; i++) {
		unsigned third = i * 3 / COLOURS;
		unsigned way = i * 3 % COLOURS;
		uint32_t from = scatter(number, third);
		uint32_t to = scatter(number, (third + 1) % 3);

		for (unsigned channel = 0; channel < 3; channel++) {
			unsigned a = from >> 8 * channel & 255;
			unsigned b = to >> 8 * channel & 255;

			palette[3 * i + channel] =
				(unsigned char)((a * (COLOURS - way) + b * way) / COLOURS);
		}
	}
}

/* The height of waves that go up and down between 0 and 127. */
static int wave(int position)
{
	int phase = position & 255;

	return phase < 128 ? phase : 255 - phase;
}

/* Rings around two points that run through each other, as on water. */
static void paint_pixels(uint32_t number, unsigned char *pixels)
{
	int x1 = (int)(scatter(number, 10) % PICTURE_WIDTH);
	int y1 = (int)(scatter(number, 11) % PICTURE_HEIGHT);
	int x2 = (int)(scatter(number, 12) % PICTURE_WIDTH);
	int y2 = (int)(scatter(number, 13) % PICTURE_HEIGHT);
	int width1 = 48 + (int)(scatter(number, 14) % 80);
	int width2 = 48 + (int)(scatter(number, 15) % 80);

	for (int y = 0; y < PICTURE_HEIGHT; y++) {
		*pixels++ = 0; /* the filter "none" */
		for (int x = 0; x < PICTURE_WIDTH; x++) {
			int first = (x - x1) * (x - x1) + (y - y1) * (y - y1);
			int second = (x - x2) * (x - x2) + (y - y2) * (y - y2);

			*pixels++ = (unsigned char)(wave(first / width1) + wave(second / width2));
		}
	}
}

/* The checksum at the end of a chunk: CRC-32 as in PNG, annex D, four bits at a time. */
static uint32_t crc_of(const unsigned char *bytes, size_t count)
{
	static const uint32_t of_four_bits[16] = {
		0x00000000,
		0x1db71064,
		0x3b6e20c8,
		0x26d930ac,
		0x76dc4190,
		0x6b6b51f4,
		0x4db26158,
		0x5005713c,
		0xedb88320,
		0xf00f9344,
		0xd6d6a3e8,
		0xcb61b38c,
		0x9b64c2b0,
		0x86d3d2d4,
		0xa00ae278,
		0xbdbdf21c,
	};
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < count; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ of_four_bits[crc & 15];
		crc = crc >> 4 ^ of_four_bits[crc & 15];
	}
	return ~crc;
}

/* The checksum at the end of a zlib stream (RFC 1950). */
static uint32_t adler_of(const unsigned char *bytes, size_t count)
{
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < count; i++) {
		a = (a + bytes[i]) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}

static unsigned char *put_number(unsigned char *to, uint32_t number)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*to++ = (unsigned char)(number >> shift);
	return to;
}

static unsigned char *put_chunk(
	unsigned char *to, const char type[4], const unsigned char *data, size_t count)
{
	unsigned char *start;

	to = put_number(to, (uint32_t)count);
	start = to;
	memcpy(to, type, 4);
	if (count)
		memcpy(to + 4, data, count);
	return put_number(to + 4 + count, crc_of(start, 4 + count));
}

/* Wrap the pixels into a zlib stream without compressing them; returns its length. */
static size_t store_pixels(const unsigned char *pixels, unsigned char *stream)
{
	unsigned char *to = stream;

	*to++ = 0x78; /* deflate, with a window of 32 KiB */
	*to++ = 0x01; /* makes the first two bytes a multiple of 31 */
	for (size_t done = 0; done < PIXEL_BYTES;) {
		size_t rest = PIXEL_BYTES - done;
		size_t length = rest < BLOCK_BYTES ? rest : BLOCK_BYTES;

		*to++ = length == rest; /* 1 in the last block; block type 0 is "stored" */
		*to++ = (unsigned char)(length & 255);
		*to++ = (unsigned char)(length >> 8);
		*to++ = (unsigned char)(~length & 255);
		*to++ = (unsigned char)(~length >> 8 & 255);
		memcpy(to, pixels + done, length);
		to += length;
		done += length;
	}
	to = put_number(to, adler_of(pixels, PIXEL_BYTES));
	return (size_t)(to - stream);
}

static void put_header(unsigned char header[13])
{
	unsigned char *to = put_number(put_number(header, PICTURE_WIDTH), PICTURE_HEIGHT);

	*to++ = 8; /* bits per pixel */
	*to++ = 3; /* which are indices into the palette */
	*to++ = 0; /* compression, filter and interlace methods */
	*to++ = 0;
	*to = 0;
}

unsigned char *picture_create(uint32_t number, size_t *ret_size_bytes)
{
	unsigned char header[13], palette[3 * COLOURS];
	unsigned char *pixels = malloc(PIXEL_BYTES);
	unsigned char *stream = malloc(ZLIB_BYTES);
	unsigned char *file = malloc(FILE_BYTES);
	unsigned char *to = file;

	if (pixels && stream && file) {
		put_header(header);
		paint_palette(number, palette);
		paint_pixels(number, pixels);
		memcpy(to, signature, sizeof(signature));
		to = put_chunk(to + sizeof(signature), "IHDR", header, sizeof(header));
		to = put_chunk(to, "PLTE", palette, sizeof(palette));
		to = put_chunk(to, "IDAT", stream, store_pixels(pixels, stream));
		to = put_chunk(to, "IEND", NULL, 0);
		*ret_size_bytes = (size_t)(to - file);
	} else {
		free(file);
		file = NULL;
	}
	free(pixels);
	free(stream);
	return file;
}
