/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_ERROR_H
#define HW_TRACE_ERROR_H

/*
 * What went wrong, and what to do about it.
 *
 * A module that can fail takes a `struct hw_error *` and fills it once, at the
 * place that knows the path and the remedy; only a program's main or a verb
 * prints it. The message is written as git does: lower case, no full stop,
 * cause last. The hint is one line a person can act on, or empty.
 */

struct hw_error {
	char message[512];
	char hint[512];
};

/* Fill `error` (may be NULL) and return `code`, a negative errno: `return hw_error_set(...)`. */
int hw_error_set(struct hw_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Add the remedy to an error that is already set. */
void hw_error_hint(struct hw_error *error, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Print "holdwait: message" and, when there is one, "hint: ..." to stderr. */
void hw_error_print(const struct hw_error *error);

#endif
