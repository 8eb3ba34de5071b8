/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "trace/clock.h"
#include "trace/session.h"

enum { STEPS = 100000 };

/* A day of the slowest TSC there is, and of the fastest. */
static const uint64_t day_ticks[] = { 86400ull * 1000000000, 86400ull * 6000000000 };

Test(clock, nanoseconds_stay_what_they_are)
{
	struct hw_clock clock;

	hw_clock_init(&clock, HW_CLOCK_MONOTONIC, 0, 0);
	for (uint64_t ns = 1; ns < 1ull << 56; ns = 3 * ns + 1)
		cr_assert_eq(hw_clock_ns(&clock, ns), (int64_t)ns);
}

/* A later tick is no earlier nanosecond, and the rate is the one that was measured. */
Test(clock, ticks_of_a_day)
{
	uint64_t base_ticks, base_ns;
	struct hw_clock clock;

	hw_clock_look(HW_CLOCK_TSC, &base_ticks, &base_ns);
	hw_clock_init(&clock, HW_CLOCK_TSC, base_ticks, base_ns);
	for (int i = 0; i < 2; i++) {
		uint64_t step = day_ticks[i] / STEPS + 1;
		int64_t before = 0;

		for (uint64_t ticks = 0; ticks < day_ticks[i]; ticks += step) {
			int64_t ns = hw_clock_ns(&clock, ticks);
			long double exact = (long double)ticks * (long double)clock.ns_per_tick;

			cr_assert_geq(ns, before);
			cr_assert_leq(ns, exact);
			cr_assert_gt(ns, exact - 2);
			cr_assert_leq(ns, hw_clock_ns(&clock, ticks + 1));
			before = ns;
		}
	}
}
