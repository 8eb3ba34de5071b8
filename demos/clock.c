/* SPDX-License-Identifier: MIT */
#include "demos/clock.h"

#include <errno.h>

double clock_now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct timespec clock_deadline(unsigned microseconds)
{
	struct timespec deadline;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += microseconds / 1000000;
	deadline.tv_nsec += (long)(microseconds % 1000000) * 1000;
	if (deadline.tv_nsec >= 1000000000) {
		deadline.tv_nsec -= 1000000000;
		deadline.tv_sec++;
	}
	return deadline;
}

void clock_sleep_us(unsigned microseconds)
{
	struct timespec deadline = clock_deadline(microseconds);

	if (microseconds == 0)
		return;
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR)
		continue;
}
