/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "analyzer/rotation.h"

Test(rotation, is_the_same_wherever_the_ring_was_cut)
{
	const uint32_t ring[] = { 2, 1, 3, 1, 2, 1, 3, 1, 1 };
	uint32_t turned[9], first[9], least;

	for (uint32_t cut = 0; cut < 9; cut++) {
		for (uint32_t i = 0; i < 9; i++)
			turned[i] = ring[(cut + i) % 9];
		least = hw_rotation_least(turned, 9);
		for (uint32_t i = 0; i < 9; i++) {
			if (cut == 0)
				first[i] = turned[(least + i) % 9];
			cr_assert_eq(turned[(least + i) % 9], first[i]);
		}
	}
	cr_assert_eq(first[0], 1);
	cr_assert_eq(first[1], 1);
	cr_assert_eq(first[2], 2);
}
