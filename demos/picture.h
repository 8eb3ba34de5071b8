/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_PICTURE_H
#define DEMOS_PICTURE_H

/*
 * Pictures to download, made from nothing: picture N is a PNG file with rings
 * around two points, whose places, widths and colours follow from N alone. The
 * same N always gives the same bytes; only whole numbers are used, so that this
 * holds on every machine.
 *
 * The file is as simple as PNG allows: a palette, one byte per pixel, and the
 * pixels not compressed ("stored" deflate blocks).
 */

#include <stddef.h>
#include <stdint.h>

enum { PICTURE_WIDTH = 320, PICTURE_HEIGHT = 240 };

/* Picture `number` as a PNG file in memory that the caller frees; NULL when there is none. */
unsigned char *picture_create(uint32_t number, size_t *ret_size_bytes);

#endif
