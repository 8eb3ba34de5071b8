/* SPDX-License-Identifier: MIT */
#include "trace/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include "trace/session.h"

#define CLOCK_SOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

enum { RATE_NS = 2000000 };

uint32_t hw_clock_choose(void)
{
	char name[16] = "";
	FILE *file = fopen(CLOCK_SOURCE, "re");

	if (!file)
		return HW_CLOCK_MONOTONIC;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	return strcmp(name, "tsc\n") ? HW_CLOCK_MONOTONIC : HW_CLOCK_TSC;
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t hw_clock_now(uint32_t kind)
{
	return kind == HW_CLOCK_TSC ? __rdtsc() : monotonic_ns();
}

void hw_clock_init(struct hw_clock *clock, uint32_t kind, uint64_t base_ticks)
{
	uint64_t first_ns = monotonic_ns(), first_ticks = __rdtsc(), last_ns;

	*clock = (struct hw_clock){ .kind = kind, .base_ticks = base_ticks, .ns_per_tick = 1.0 };
	if (kind != HW_CLOCK_TSC)
		return;
	do
		last_ns = monotonic_ns();
	while (last_ns - first_ns < RATE_NS);
	clock->ns_per_tick = (double)(last_ns - first_ns) / (double)(__rdtsc() - first_ticks);
}

int64_t hw_clock_ns(const struct hw_clock *clock, uint64_t ticks)
{
	return (int64_t)((double)ticks * clock->ns_per_tick);
}
