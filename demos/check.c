/* SPDX-License-Identifier: MIT */
#include "demos/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void die(const char *format, ...)
{
	char message[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	/* In one piece, also when several threads or processes fail at once. */
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, message);
	exit(1);
}

void check(int error, const char *doing)
{
	if (error)
		die("cannot %s: %s", doing, strerror(error));
}

void check_errno(int result, const char *doing)
{
	if (result == -1)
		check(errno, doing);
}

void check_sem_wait(sem_t *semaphore, const char *doing)
{
	int result;

	do {
		result = sem_wait(semaphore);
	} while (result == -1 && errno == EINTR);
	check_errno(result, doing);
}
