/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_TERM_H
#define HW_ANALYZER_TERM_H

/*
 * What a stream that people read can show: whether it takes colours, and how
 * wide it is.
 *
 * Colours are used on terminals that know them. --color decides before NO_COLOR
 * (when not empty: none), which decides before CLICOLOR_FORCE (anything but 0:
 * always), which decides before what the stream is (a terminal, and TERM is
 * neither unset nor "dumb").
 */

#include <stdbool.h>
#include <stdio.h>

enum hw_color { HW_COLOR_AUTO, HW_COLOR_ALWAYS, HW_COLOR_NEVER };

/* What is written, not how it looks. */
enum hw_style {
	HW_STYLE_NONE,
	HW_STYLE_DEADLOCK, /* the word for what is worst */
	HW_STYLE_POSSIBLE,
	HW_STYLE_RULED_OUT,
	HW_STYLE_TITLE,
	HW_STYLE_PLACE, /* rules and arrows around source */
	HW_STYLE_THREAD,
	HW_STYLE_OBJECT,
	HW_STYLE_HELD,	 /* marks where something was taken */
	HW_STYLE_WAITED, /* marks where something is waited for */
	HW_STYLE_NOTE,
	HW_STYLE_FAINT,
	HW_STYLE_COUNT
};

struct hw_term {
	bool colors;
	unsigned columns; /* at least 40 */
};

/* What `out` can do. */
struct hw_term hw_term_of(FILE *out, enum hw_color color);

/* The bytes that begin a style, and those that end any; "" without colours. */
const char *hw_term_begin(const struct hw_term *term, enum hw_style style);
const char *hw_term_end(const struct hw_term *term);

#endif
