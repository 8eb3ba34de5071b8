/* SPDX-License-Identifier: MIT */
#include "trace/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
	if (!memory) {
		fputs("holdwait: out of memory\n", stderr);
		abort();
	}
	return memory;
}

void *hw_xmalloc(size_t size_bytes)
{
	return checked(malloc(size_bytes ? size_bytes : 1));
}

void *hw_xcalloc(size_t count, size_t size_bytes)
{
	return checked(calloc(count ? count : 1, size_bytes ? size_bytes : 1));
}

void *hw_xrealloc(void *old, size_t size_bytes)
{
	return checked(realloc(old, size_bytes ? size_bytes : 1));
}

char *hw_xstrdup(const char *text)
{
	return checked(strdup(text));
}

char *hw_xasprintf(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	return checked(text);
}
