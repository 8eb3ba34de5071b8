/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_UTF8_H
#define HW_ANALYZER_UTF8_H

/*
 * Text of unknown origin (names of threads, semaphores, files) on its way out.
 * Whatever it holds, what is written is valid UTF-8, and moves no cursor.
 */

#include <stddef.h>
#include <stdio.h>

/* What stands for bytes that are no character: U+FFFD. */
#define HW_UTF8_REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the character at `text`, 1 to 4, or 0 when there is no valid one or the text ends. */
size_t hw_utf8_length(const char *text);

/* Columns that a text takes on a terminal, one for each character; a tab counts as one. */
size_t hw_utf8_columns(const char *text);

/* Write a text with control characters and invalid bytes replaced. */
void hw_utf8_print(FILE *out, const char *text);

#endif
