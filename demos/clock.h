/* SPDX-License-Identifier: MIT */
#ifndef DEMOS_CLOCK_H
#define DEMOS_CLOCK_H

/* Time that passes, and letting it pass. Neither cares about the time of day. */

#include <time.h>

/* Seconds since some moment in the past; only differences mean something. */
double clock_now_s(void);

/* Sleep for so many microseconds, also when signals interrupt; 0 returns at once. */
void clock_sleep_us(unsigned microseconds);

/* The moment so many microseconds from now, on CLOCK_MONOTONIC. */
struct timespec clock_deadline(unsigned microseconds);

#endif
