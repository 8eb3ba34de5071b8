/* SPDX-License-Identifier: MIT */
#include "analyzer/term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_MIN = 40, COLUMNS_DEFAULT = 100, COLUMNS_MAX = 120 };

static bool takes_colors(FILE *out)
{
	const char *force = getenv("CLICOLOR_FORCE"), *type = getenv("TERM");
	const char *none = getenv("NO_COLOR");

	if (none && none[0])
		return false;
	if (force && force[0] && strcmp(force, "0") != 0)
		return true;
	return isatty(fileno(out)) && type && type[0] && strcmp(type, "dumb") != 0;
}

static unsigned columns_of(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return COLUMNS_DEFAULT;
	if (size.ws_col < COLUMNS_MIN)
		return COLUMNS_MIN;
	return size.ws_col > COLUMNS_MAX ? COLUMNS_MAX : size.ws_col;
}

struct hw_term hw_term_of(FILE *out, enum hw_color color)
{
	return (struct hw_term){
		.colors = color == HW_COLOR_ALWAYS || (color == HW_COLOR_AUTO && takes_colors(out)),
		.columns = columns_of(out),
	};
}

const char *hw_term_begin(const struct hw_term *term, enum hw_style style)
{
	static const char *const codes[HW_STYLE_COUNT] = {
		[HW_STYLE_NONE] = "",
		[HW_STYLE_DEADLOCK] = "\033[1;31m",
		[HW_STYLE_POSSIBLE] = "\033[1;33m",
		[HW_STYLE_RULED_OUT] = "\033[1;32m",
		[HW_STYLE_TITLE] = "\033[1m",
		[HW_STYLE_PLACE] = "\033[34m",
		[HW_STYLE_THREAD] = "\033[1m",
		[HW_STYLE_OBJECT] = "\033[1;36m",
		[HW_STYLE_HELD] = "\033[36m",
		[HW_STYLE_WAITED] = "\033[1;31m",
		[HW_STYLE_NOTE] = "\033[1;36m",
		[HW_STYLE_FAINT] = "\033[2m",
	};

	return term->colors ? codes[style] : "";
}

const char *hw_term_end(const struct hw_term *term)
{
	return term->colors ? "\033[0m" : "";
}
