/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "analyzer/span.h"

/* The value of the span that covers `address`, or -1. */
static long find(const struct hw_span_list *list, uint64_t address)
{
	const struct hw_span *span = hw_span_find(list, address);

	return span ? (long)span->value : -1;
}

Test(span, empty_list_has_nothing)
{
	struct hw_span_list list = { 0 };

	hw_span_sort(&list);
	cr_expect_eq(find(&list, 0), -1);
	hw_span_finish(&list);
}

Test(span, bounds_and_gaps)
{
	struct hw_span_list list = { 0 };

	hw_span_add(&list, 40, 50, 2);
	hw_span_add(&list, 10, 20, 1);
	hw_span_add(&list, 30, 30, 9);
	hw_span_add(&list, 35, 34, 9);
	hw_span_sort(&list);
	cr_expect_eq(list.count, 2);
	cr_expect_eq(find(&list, 9), -1);
	cr_expect_eq(find(&list, 10), 1);
	cr_expect_eq(find(&list, 19), 1);
	cr_expect_eq(find(&list, 20), -1);
	cr_expect_eq(find(&list, 30), -1);
	cr_expect_eq(find(&list, 49), 2);
	cr_expect_eq(find(&list, 50), -1);
	cr_expect_eq(find(&list, UINT64_MAX), -1);
	hw_span_finish(&list);
}

Test(span, the_one_that_starts_last_wins)
{
	struct hw_span_list list = { 0 };

	hw_span_add(&list, 0, 100, 1);
	hw_span_add(&list, 20, 30, 2);
	hw_span_add(&list, 25, 27, 3);
	hw_span_add(&list, 40, 45, 4);
	hw_span_sort(&list);
	cr_expect_eq(find(&list, 10), 1);
	cr_expect_eq(find(&list, 24), 2);
	cr_expect_eq(find(&list, 26), 3);
	cr_expect_eq(find(&list, 28), 2);
	cr_expect_eq(find(&list, 46), 1);
	cr_expect_eq(find(&list, 99), 1);
	hw_span_finish(&list);
}

Test(span, of_two_at_one_start_the_later_added_wins)
{
	struct hw_span_list list = { 0 };

	hw_span_add(&list, 5, 10, 1);
	hw_span_add(&list, 5, 8, 2);
	hw_span_sort(&list);
	cr_expect_eq(find(&list, 6), 2);
	cr_expect_eq(find(&list, 9), 1);
	hw_span_finish(&list);
}

/* Against the definition, for many random lists. */
Test(span, agrees_with_a_linear_search)
{
	uint32_t seed = 1;

	for (int round = 0; round < 200; round++) {
		struct hw_span_list list = { 0 };
		uint64_t low[24], high[24];

		for (size_t i = 0; i < 24; i++) {
			seed = seed * 1103515245 + 12345;
			low[i] = seed >> 16 & 63;
			high[i] = low[i] + (seed >> 24 & 15);
			hw_span_add(&list, low[i], high[i], i);
		}
		hw_span_sort(&list);
		for (uint64_t address = 0; address < 90; address++) {
			long best = -1;

			for (long i = 0; i < 24; i++)
				if (low[i] <= address && address < high[i] &&
					(best < 0 || low[i] >= low[best]))
					best = i;
			cr_assert_eq(find(&list, address), best);
		}
		hw_span_finish(&list);
	}
}
