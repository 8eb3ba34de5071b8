/* SPDX-License-Identifier: MIT */
#include "analyzer/csv.h"

#include <stdbool.h>
#include <string.h>

void hw_csv_print(FILE *out, const char *text)
{
	bool quoted = text[strcspn(text, ",\"\r\n")] != '\0';

	if (quoted)
		fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	if (quoted)
		fputc('"', out);
}
