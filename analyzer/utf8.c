/* SPDX-License-Identifier: MIT */
#include "analyzer/utf8.h"

#include <stdbool.h>

/*
 * The first byte tells the length; the second has a narrower range after some
 * first bytes, which excludes overlong forms, surrogates and what is past U+10FFFF
 * (Unicode, table 3-7).
 */
size_t hw_utf8_length(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (byte[0] == 0)
		return 0;
	if (byte[0] < 0x80)
		return 1;
	if (byte[0] < 0xc2 || byte[0] > 0xf4)
		return 0;
	length = byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
	if (byte[0] == 0xe0)
		low = 0xa0;
	else if (byte[0] == 0xed)
		high = 0x9f;
	else if (byte[0] == 0xf0)
		low = 0x90;
	else if (byte[0] == 0xf4)
		high = 0x8f;
	if (byte[1] < low || byte[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

size_t hw_utf8_columns(const char *text)
{
	size_t columns = 0;

	while (*text) {
		size_t length = hw_utf8_length(text);

		text += length ? length : 1;
		columns++;
	}
	return columns;
}

/* C0 and C1 controls, which terminals obey. */
static bool is_control(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;

	return byte[0] < 0x20 || byte[0] == 0x7f || (byte[0] == 0xc2 && byte[1] < 0xa0);
}

void hw_utf8_print(FILE *out, const char *text)
{
	while (*text) {
		size_t length = hw_utf8_length(text);

		if (length == 0 || is_control(text))
			fputs(HW_UTF8_REPLACEMENT, out);
		else
			fwrite(text, 1, length, out);
		text += length ? length : 1;
	}
}
