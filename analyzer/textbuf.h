/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_TEXTBUF_H
#define HW_ANALYZER_TEXTBUF_H

/*
 * Text of unknown length, written piece by piece as if to a file. Like
 * trace/memory.h it does not fail: without memory the program ends.
 */

#include <stdio.h>

struct hw_textbuf {
	FILE *out; /* write here */
	char *bytes;
	size_t length;
};

/* Begin an empty text. */
void hw_textbuf_init(struct hw_textbuf *text);

/* End it; returns what was written, in memory that is the caller's to free. */
char *hw_textbuf_finish(struct hw_textbuf *text);

#endif
