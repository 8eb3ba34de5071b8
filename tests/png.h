/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_PNG_H
#define HW_TESTS_PNG_H

/*
 * A strict reader of PNG files that judges what demos/picture.c writes. It
 * shares nothing with the writer: checksums and inflating are zlib's.
 */

#include <stddef.h>

/* What is wrong with the file, in words; NULL when it is a whole and valid picture. */
const char *hw_png_flaw(const unsigned char *bytes, size_t size_bytes);

#endif
