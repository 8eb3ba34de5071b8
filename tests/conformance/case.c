/* SPDX-License-Identifier: MIT */
#include "tests/conformance/case.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

const struct timespec hw_case_past = { .tv_sec = 0, .tv_nsec = 1 };
const struct timespec hw_case_invalid = { .tv_sec = 0, .tv_nsec = 1000000000 };

static const char *name_of(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "unknown error";
}

/* Each line by itself, so that what a killed or forked process printed is there, and once. */
static void show(const char *function, const char *situation, const char *result, int errno_then)
{
	printf("%s | %s | %s | errno %s\n", function, situation, result,
		errno_then == HW_CASE_ERRNO ? "untouched" : name_of(errno_then));
	fflush(stdout);
}

int hw_case_error(const char *function, const char *situation, int error)
{
	int errno_then = errno;

	show(function, situation, error ? name_of(error) : "0", errno_then);
	return error;
}

int hw_case_number(const char *function, const char *situation, long result)
{
	int errno_then = errno;
	char text[32];

	snprintf(text, sizeof(text), "%ld", result);
	show(function, situation, text, errno_then);
	return (int)result;
}

void *hw_case_pointer(const char *function, const char *situation, void *result)
{
	int errno_then = errno;

	show(function, situation,
		!result ? "NULL" : result == MAP_FAILED ? "-1" : "an address", errno_then);
	return result;
}

void hw_case_text(const char *function, const char *situation, const char *result)
{
	int errno_then = errno;

	show(function, situation, result, errno_then);
}

const char *hw_case_join(const char *kind, const char *situation)
{
	char *both;

	if (asprintf(&both, "%s, %s", kind, situation) < 0)
		abort();
	return both;
}

void hw_case_in_thread(void *(*routine)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, routine, argument) || pthread_join(thread, NULL))
		abort();
}

static void do_nothing(int number)
{
}

/* One signal could come before the call that it is to interrupt: so there are more. */
void hw_case_alarm(bool on)
{
	struct sigaction action = { .sa_handler = do_nothing };
	struct itimerval timer = { .it_interval.tv_usec = on ? 2000 : 0,
		.it_value.tv_usec = on ? 2000 : 0 };

	if (on)
		sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

void *hw_case_shared(size_t size_bytes)
{
	void *memory = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memory;
}
