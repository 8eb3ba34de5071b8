/* SPDX-License-Identifier: MIT */
#include "trace/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include "trace/session.h"

#define CLOCK_SOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

enum { RATE_NS = 2000000, LOOKS = 8 };

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

/* Of several looks the quickest, so that nothing came in between. */
void hw_clock_look(uint32_t kind, uint64_t *ret_ticks, uint64_t *ret_ns)
{
	uint64_t shortest = UINT64_MAX;

	*ret_ticks = *ret_ns = 0;
	for (int i = 0; i < LOOKS; i++) {
		uint64_t before = hw_clock_now(kind), ns = monotonic_ns();
		uint64_t after = hw_clock_now(kind);

		if (after - before >= shortest)
			continue;
		shortest = after - before;
		*ret_ns = ns;
		*ret_ticks = before + shortest / 2;
	}
}

void hw_clock_init(struct hw_clock *clock, uint32_t kind, uint64_t base_ticks, uint64_t base_ns)
{
	uint64_t ticks, ns;

	*clock = (struct hw_clock){ .kind = kind, .base_ticks = base_ticks, .ns_per_tick = 1.0,
		.scale = (uint64_t)1 << HW_CLOCK_SHIFT };
	if (kind != HW_CLOCK_TSC)
		return;
	do
		hw_clock_look(kind, &ticks, &ns);
	while (ns - base_ns < RATE_NS);
	clock->ns_per_tick = (double)(ns - base_ns) / (double)(ticks - base_ticks);
	clock->scale = (uint64_t)(clock->ns_per_tick * (double)((uint64_t)1 << HW_CLOCK_SHIFT));
}
