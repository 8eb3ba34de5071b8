/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/clock.h"
#include "trace/session.h"

/* Which clock times come from, and that the recording tells how to get back to its ticks. */

static const char loops[] = HW_FIXTURE("loops");

#define CLOCK_SOURCE "/sys/devices/system/clocksource/clocksource0/current_clocksource"

static double real(struct hw_preloaded *run, const char *key)
{
	char *text = hw_preloaded_rows(run, "SELECT value FROM meta WHERE key = '%s'", key);
	double number = atof(text);

	cr_assert(*text, "there is no '%s'", key);
	free(text);
	return number;
}

/* Between these two looks at its clock, all of the recording took place. */
static void expect_times(struct hw_preloaded *run, uint64_t before, uint64_t after)
{
	double base = real(run, "clock_base"), rate = real(run, "ns_per_tick");
	double last_ns = (double)hw_preloaded_number(run, "SELECT max(time_ns) FROM event");
	double ended_ns = real(run, "ended_ns");

	cr_expect(base >= (double)before && base <= (double)after, "%f is not in %f..%f", base,
		(double)before, (double)after);
	cr_expect(last_ns > 0 && last_ns <= ended_ns, "%f of %f", last_ns, ended_ns);
	cr_expect(base + ended_ns / rate <= (double)after, "%f and %f at %f", base, ended_ns, rate);
	hw_preloaded_expect(run, "SELECT count(*) FROM event AS a "
		"JOIN event AS b ON b.id = a.id + 1 WHERE b.time_ns < a.time_ns", "0\n");
	hw_preloaded_expect(run, "SELECT count(*) FROM event WHERE op = 'lock'", "2000\n");
}

/* Whatever the kernel's clock is here. The same rate is measured over the whole run. */
Test(clock, of_the_machine)
{
	struct hw_preloaded run;
	uint32_t kind = hw_clock_choose();
	uint64_t before = hw_clock_now(kind), before_ns = hw_clock_now(HW_CLOCK_MONOTONIC);
	uint64_t after, after_ns;
	double rate;

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL, HW_ARGUMENTS(loops, "2000"));
	after = hw_clock_now(kind);
	after_ns = hw_clock_now(HW_CLOCK_MONOTONIC);
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'clock'",
		kind == HW_CLOCK_TSC ? "tsc\n" : "monotonic\n");
	expect_times(&run, before, after);
	rate = (double)(after_ns - before_ns) / (double)(after - before);
	cr_expect(real(&run, "ns_per_tick") > 0.9 * rate && real(&run, "ns_per_tick") < 1.1 * rate,
		"%f, not %f", real(&run, "ns_per_tick"), rate);
	hw_preloaded_finish(&run);
}

/* Let the kernel say that it trusts another clock; skipped where nothing may be mounted. */
static void run_with_source(struct hw_preloaded *run, const char *source)
{
	char script[PATH_MAX];

	snprintf(script, sizeof(script),
		"cd '%s' && echo %s > source && mount --bind source " CLOCK_SOURCE " || exit 77; "
		"LD_PRELOAD=" HW_PRELOADED_LIBRARY " exec %s 2000",
		run->scratch.path, source, loops);
	hw_process_start(&run->process,
		HW_ARGUMENTS("env", "-u", "HOLDWAIT_FILE", "-u", "HOLDWAIT_OPTIONS", "unshare",
			"-m", "sh", "-c", script));
	hw_preloaded_wait(run);
	if (run->process.status == 77 || run->process.status == 1)
		cr_skip("may not mount");
	cr_assert_eq(run->process.status, 5);
	hw_preloaded_open_complete(run);
}

Test(clock, where_the_kernel_does_not_trust_the_tsc)
{
	struct hw_preloaded run;
	uint64_t before = hw_clock_now(HW_CLOCK_MONOTONIC);

	hw_preloaded_init(&run);
	run_with_source(&run, "hpet");
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'clock'", "monotonic\n");
	hw_preloaded_expect(&run, "SELECT value = 1.0 FROM meta WHERE key = 'ns_per_tick'", "1\n");
	expect_times(&run, before, hw_clock_now(HW_CLOCK_MONOTONIC));
	hw_preloaded_finish(&run);
}

Test(clock, where_it_trusts_the_tsc)
{
	struct hw_preloaded run;
	uint64_t before = hw_clock_now(HW_CLOCK_TSC);

	if (hw_clock_choose() != HW_CLOCK_TSC)
		cr_skip("this kernel does not");
	hw_preloaded_init(&run);
	run_with_source(&run, "tsc");
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'clock'", "tsc\n");
	expect_times(&run, before, hw_clock_now(HW_CLOCK_TSC));
	hw_preloaded_finish(&run);
}
