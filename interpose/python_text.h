/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_PYTHON_TEXT_H
#define HW_INTERPOSE_PYTHON_TEXT_H

/*
 * String objects of CPython, read where they are.
 *
 * A string has its characters behind a header, all of one size (1, 2 or 4 bytes), and those that
 * are ASCII have a shorter header. Where the length, the size and the characters are is learned
 * from strings of each kind that the interpreter makes for us.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "interpose/export.h"

struct hw_python_text_layout {
	uintptr_t type;
	int length_word;
	int ascii_bytes; /* to the characters, when all are ASCII ... */
	int other_bytes; /* ... or not */
	int size_byte, size_shift; /* three bits: the size of a character */
};

/*
 * Learn from strings, of as many characters as `text`, that were made of it: "ab" of ASCII, and
 * "é", "二" and "😀" twice each. False when they are like nothing that is known.
 */
bool hw_python_text_learn(const uintptr_t strings[4], struct hw_python_text_layout *layout);

/* The UTF-8 to make them of. */
extern HW_HIDDEN const char *const hw_python_text_samples[4];

/* The text in UTF-8, cut where there is no more room; how many bytes. No string has none. */
uint32_t hw_python_text_read(const struct hw_python_text_layout *layout, uintptr_t string,
	char *ret_text, uint32_t size_bytes);

#endif
