/* SPDX-License-Identifier: MIT */
#include "demos/number.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

unsigned number_parse(struct argp_state *state, const char *option, const char *text,
	unsigned least, unsigned most)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	/* strtoul itself takes leading blanks, and "-1" as a very big number. */
	if (!isdigit((unsigned char)text[0]) || *end || errno || value < least || value > most)
		argp_error(state, "--%s takes a number from %u to %u, not '%s'", option, least,
			most, text);
	return (unsigned)value;
}
