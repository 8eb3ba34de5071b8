/* SPDX-License-Identifier: MIT */
#include "interpose/python_text.h"

#include <string.h>

#include "interpose/python_peek.h"

/* How much of a string is looked at: header, characters and end. */
enum { STRING_BYTES = 96, SAMPLE_LENGTH = 2 };

const char *const hw_python_text_samples[4] = { "ab", "\u00e9\u00e9", "\u4e8c\u4e8c",
	"\U0001f600\U0001f600" };

static const uint32_t characters[4][SAMPLE_LENGTH] = { { 'a', 'b' }, { 0xe9, 0xe9 },
	{ 0x4e8c, 0x4e8c }, { 0x1f600, 0x1f600 } };
static const int sizes[4] = { 1, 1, 2, 4 };

static uint32_t character_at(const char *text, int size, uint32_t at)
{
	uint32_t character = 0;

	memcpy(&character, text + at * (uint32_t)size, (size_t)size);
	return character;
}

/* Where the characters of a sample are, and a 0 behind them; -1 for nowhere. */
static int find_characters(const char *string, int sample)
{
	int size = sizes[sample];

	for (int at = 16; at + size * (SAMPLE_LENGTH + 1) <= STRING_BYTES; at += 4)
		if (character_at(string + at, size, 0) == characters[sample][0] &&
			character_at(string + at, size, 1) == characters[sample][1] &&
			!character_at(string + at, size, 2))
			return at;
	return -1;
}

static bool find_size(struct hw_python_text_layout *layout, char strings[4][STRING_BYTES])
{
	for (layout->size_byte = 16; layout->size_byte < layout->ascii_bytes; layout->size_byte++)
		for (layout->size_shift = 0; layout->size_shift <= 5; layout->size_shift++) {
			int same = 0;

			for (int i = 0; i < 4; i++)
				same += (strings[i][layout->size_byte] >> layout->size_shift & 7) ==
					sizes[i];
			if (same == 4)
				return true;
		}
	return false;
}

bool hw_python_text_learn(const uintptr_t strings[4], struct hw_python_text_layout *layout)
{
	char copies[4][STRING_BYTES];
	uintptr_t words[4];

	for (int i = 0; i < 4; i++)
		if (!hw_python_peek(strings[i], copies[i], STRING_BYTES))
			return false;
	memcpy(words, copies[0], sizeof(words));
	layout->type = words[1];
	layout->length_word = words[2] == SAMPLE_LENGTH ? 2 : 3;
	layout->ascii_bytes = find_characters(copies[0], 0);
	layout->other_bytes = find_characters(copies[1], 1);
	return words[layout->length_word] == SAMPLE_LENGTH && layout->ascii_bytes > 0 &&
		layout->other_bytes > 0 && find_characters(copies[2], 2) == layout->other_bytes &&
		find_characters(copies[3], 3) == layout->other_bytes && find_size(layout, copies);
}

static bool is_ascii(const char *text, uintptr_t length)
{
	for (uintptr_t i = 0; i < length; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	return !text[length];
}

static uint32_t put_utf8(char *to, uint32_t character)
{
	static const uint8_t first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	uint32_t bytes = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

	for (uint32_t i = bytes; i-- > 1; character >>= 6)
		to[i] = (char)(0x80 | (character & 0x3f));
	to[0] = (char)(first[bytes] | character);
	return bytes;
}

uint32_t hw_python_text_read(const struct hw_python_text_layout *layout, uintptr_t string,
	char *ret_text, uint32_t size_bytes)
{
	const char *object = (const char *)string, *text;
	uint32_t written = 0;
	uintptr_t length;
	int size;

	if (!string || ((const uintptr_t *)string)[1] != layout->type)
		return 0;
	length = ((const uintptr_t *)string)[layout->length_word];
	size = object[layout->size_byte] >> layout->size_shift & 7;
	text = object + layout->ascii_bytes;
	if (size == 1 && is_ascii(text, length)) {
		memcpy(ret_text, text, length < size_bytes ? length : size_bytes);
		return length < size_bytes ? (uint32_t)length : size_bytes;
	}
	text = object + layout->other_bytes;
	for (uint32_t i = 0; (size == 1 || size == 2 || size == 4) && i < length &&
			     written + 4 <= size_bytes; i++)
		written += put_utf8(ret_text + written, character_at(text, size, i));
	return written;
}
