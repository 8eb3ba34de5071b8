/* SPDX-License-Identifier: MIT */
#include "analyzer/textbuf.h"

#include <stdlib.h>

static void check(int failed)
{
	if (failed) {
		fputs("holdwait: out of memory\n", stderr);
		abort();
	}
}

void hw_textbuf_init(struct hw_textbuf *text)
{
	*text = (struct hw_textbuf){ 0 };
	text->out = open_memstream(&text->bytes, &text->length);
	check(!text->out);
}

char *hw_textbuf_finish(struct hw_textbuf *text)
{
	check(fclose(text->out));
	text->out = NULL;
	return text->bytes;
}
