/* SPDX-License-Identifier: MIT */
#include "trace/error.h"

#include <stdarg.h>
#include <stdio.h>

int hw_error_set(struct hw_error *error, int code, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return code;
	va_start(arguments, format);
	vsnprintf(error->message, sizeof(error->message), format, arguments);
	va_end(arguments);
	error->hint[0] = '\0';
	return code;
}

void hw_error_hint(struct hw_error *error, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return;
	va_start(arguments, format);
	vsnprintf(error->hint, sizeof(error->hint), format, arguments);
	va_end(arguments);
}

void hw_error_print(const struct hw_error *error)
{
	fprintf(stderr, "holdwait: %s\n", error->message);
	if (error->hint[0])
		fprintf(stderr, "hint: %s\n", error->hint);
}
