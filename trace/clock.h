/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_CLOCK_H
#define HW_TRACE_CLOCK_H

/*
 * Time in the log is in ticks: of the TSC where the kernel itself trusts it as
 * its clock source (then it is constant, and the same on all CPUs), otherwise
 * nanoseconds of CLOCK_MONOTONIC. The collector turns ticks into nanoseconds
 * since the session began, with a rate measured between then and now: a number of 56 binary
 * places, so that a later tick is never an earlier nanosecond, and one
 * multiplication is all it takes.
 */

#include <stdint.h>

struct hw_clock {
	uint32_t kind; /* enum hw_clock in trace/session.h */
	uint64_t base_ticks;
	double ns_per_tick; /* less than 256 */
	uint64_t scale;     /* the same, in units of 1 / 2^HW_CLOCK_SHIFT */
};

enum { HW_CLOCK_SHIFT = 56 };

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

/* Nanoseconds since the base of a time given in ticks since the base, less than 2^56. */
static inline int64_t hw_clock_ns(const struct hw_clock *clock, uint64_t ticks)
{
	/* The upper half of a product is in a register of its own. */
	return (int64_t)((unsigned __int128)(ticks << (64 - HW_CLOCK_SHIFT)) * clock->scale >> 64);
}

#endif
