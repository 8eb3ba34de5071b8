/* SPDX-License-Identifier: MIT */
#include "analyzer/elsewhere.h"

#include <criterion/criterion.h>

static const char *told(const struct hw_meta *meta)
{
	static struct hw_arena arena;

	return hw_elsewhere_tell(meta, &arena);
}

Test(elsewhere, is_unknown_without_a_measurement)
{
	struct hw_meta meta = { .blocked_ns = HW_UNKNOWN, .blocked_elsewhere_ns = HW_UNKNOWN };

	cr_assert_lt(hw_elsewhere_percent(&meta), 0);
	cr_assert_not(hw_elsewhere_matters(&meta));
	cr_assert_str_eq(told(&meta), "not known");
	meta.blocked_unknown = "nobody may look";
	cr_assert_str_eq(told(&meta), "not known: nobody may look");
}

Test(elsewhere, is_unknown_when_the_numbers_make_no_sense)
{
	struct hw_meta meta = { .blocked_ns = 10, .blocked_elsewhere_ns = 11 };

	cr_assert_lt(hw_elsewhere_percent(&meta), 0);
	meta.blocked_elsewhere_ns = HW_UNKNOWN;
	cr_assert_lt(hw_elsewhere_percent(&meta), 0);
}

Test(elsewhere, is_nothing_when_nobody_was_blocked)
{
	struct hw_meta meta = { .blocked_ns = 0, .blocked_elsewhere_ns = 0 };

	cr_assert_float_eq(hw_elsewhere_percent(&meta), 0, 1e-9);
	cr_assert_not(hw_elsewhere_matters(&meta));
}

Test(elsewhere, matters_from_one_percent_and_some_looks_on)
{
	struct hw_meta meta = { .blocked_ns = 40000000000, .blocked_elsewhere_ns = 400000000 };

	cr_assert(hw_elsewhere_matters(&meta));
	meta.blocked_elsewhere_ns = 399000000;
	cr_assert_not(hw_elsewhere_matters(&meta));
	meta.blocked_ns = meta.blocked_elsewhere_ns = 100000000;
	cr_assert_not(hw_elsewhere_matters(&meta));
}

Test(elsewhere, names_the_modules_that_have_most_of_it)
{
	const char *shares[] = { "600000000 /lib/libgomp.so.1", "nonsense", "400000000 ?" };
	struct hw_meta meta = { .blocked_ns = 2000000000, .blocked_elsewhere_ns = 1000000000,
		.blocked_shares = shares, .blocked_share_count = 3 };

	cr_assert_str_eq(told(&meta),
		"50.0 % of the time that threads were blocked in futexes was in locks that are "
		"not seen: in libgomp.so.1 (60 %), unknown code (40 %)");
	meta.blocked_share_count = 0;
	meta.blocked_unknown = "nobody may look";
	cr_assert_str_eq(told(&meta),
		"50.0 % of the time that threads were blocked in futexes was in locks that are "
		"not seen; of some threads it is not known: nobody may look");
}
