/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_SNIPPET_H
#define HW_ANALYZER_SNIPPET_H

/*
 * Places in source, as compilers show them: the file, the lines, and below each
 * line a mark with what there is to say about it.
 *
 *    --> demos/philosophers.c:141
 *     |
 * 141 |         pthread_mutex_lock(&table.forks[left]);
 *     |         -------------------------------------- holds table.forks[0], taken here
 * ...
 * 147 |         pthread_mutex_lock(&table.forks[right]);
 *     |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ waits for table.forks[1] here
 *
 * Marks in one file, not too far apart, share the frame. Where there is no source
 * to show, the text of the mark follows the place:
 *
 *    --> /home/me/philosophers.c:141: holds table.forks[0], taken here
 */

#include "analyzer/model.h"
#include "analyzer/term.h"

struct hw_snippet_mark {
	uint32_t frame; /* HW_NONE: unknown */
	const char *text;
	char line_char; /* underlines the source, '^' or '-' */
	enum hw_style style;
};

/* Print marks, in the order in which things happened. */
void hw_snippet_print(FILE *out, const struct hw_term *term, const struct hw_model *model,
	const struct hw_snippet_mark *marks, unsigned mark_count);

#endif
