/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_CLOCK_H
#define HW_TRACE_CLOCK_H

/*
 * Time in the log is in ticks: of the TSC where the kernel itself trusts it as
 * its clock source (then it is constant, and the same on all CPUs), otherwise
 * nanoseconds of CLOCK_MONOTONIC. The collector turns ticks into nanoseconds
 * since the session began, with a rate measured between then and now.
 */

#include <stdint.h>

struct hw_clock {
	uint32_t kind; /* enum hw_clock in trace/session.h */
	uint64_t base_ticks;
	double ns_per_tick;
};

/* Which clock this machine should use. */
uint32_t hw_clock_choose(void);

uint64_t hw_clock_now(uint32_t kind);

/* Now, by the clock and by CLOCK_MONOTONIC, as closely together as can be. */
void hw_clock_look(uint32_t kind, uint64_t *ret_ticks, uint64_t *ret_ns);

/*
 * Begin at a moment that was looked at. When the clock is the TSC its rate is measured since then,
 * for which 2 ms have to go by.
 */
void hw_clock_init(struct hw_clock *clock, uint32_t kind, uint64_t base_ticks, uint64_t base_ns);

/* Nanoseconds since the base of a time given in ticks since the base. */
static inline int64_t hw_clock_ns(const struct hw_clock *clock, uint64_t ticks)
{
	return (int64_t)((double)ticks * clock->ns_per_tick);
}

#endif
