/* SPDX-License-Identifier: MIT */
#include "analyzer/rotation.h"

/*
 * Two candidates are compared from their beginnings on. At the first difference
 * the larger one loses, and with it every beginning inside of what was equal, since
 * the other candidate has a smaller one at the same place.
 */
uint32_t hw_rotation_least(const uint32_t *numbers, uint32_t count)
{
	uint32_t a = 0, b = 1, equal = 0;

	while (a < count && b < count && equal < count) {
		uint32_t left = numbers[(a + equal) % count], right = numbers[(b + equal) % count];

		if (left == right) {
			equal++;
			continue;
		}
		if (left > right)
			a += equal + 1;
		else
			b += equal + 1;
		if (a == b)
			b++;
		equal = 0;
	}
	return a < b ? a : b;
}
