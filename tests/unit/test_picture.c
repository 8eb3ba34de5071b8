/* SPDX-License-Identifier: MIT */
#include "demos/picture.h"
#include "tests/png.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(unit, picture_is_a_valid_png)
{
	static const uint32_t numbers[] = { 0, 1, 2, 3, 19, 20, 1000, UINT32_MAX - 1, UINT32_MAX };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		size_t size;
		unsigned char *bytes = picture_create(numbers[i], &size);
		const char *flaw;

		cr_assert(bytes);
		flaw = hw_png_flaw(bytes, size);
		cr_expect_null(flaw, "picture %u: %s", numbers[i], flaw);
		free(bytes);
	}
}

Test(unit, picture_follows_from_its_number)
{
	size_t size, size_again;
	unsigned char *bytes = picture_create(7, &size);
	unsigned char *again = picture_create(7, &size_again);

	cr_assert(bytes && again);
	cr_expect_eq(size, size_again);
	cr_expect_arr_eq(bytes, again, size);
	free(bytes);
	free(again);
}

Test(unit, pictures_differ)
{
	enum { COUNT = 50 };
	unsigned char *pictures[COUNT];
	size_t size, first_size = 0;

	for (unsigned i = 0; i < COUNT; i++) {
		pictures[i] = picture_create(i + 1, &size);
		cr_assert(pictures[i]);
		first_size = i == 0 ? size : first_size;
		cr_assert_eq(size, first_size);
		for (unsigned j = 0; j < i; j++)
			cr_expect(memcmp(pictures[i], pictures[j], size) != 0,
				"pictures %u and %u are the same", j + 1, i + 1);
	}
	for (unsigned i = 0; i < COUNT; i++)
		free(pictures[i]);
}

/* The judge itself: a valid picture with any one byte changed, or cut off anywhere, is not one. */
Test(unit, png_flaw_is_strict)
{
	size_t size;
	unsigned char *bytes = picture_create(5, &size);

	cr_assert(bytes);
	cr_assert_null(hw_png_flaw(bytes, size));
	for (size_t i = 0; i < size; i += 1 + i / 64) {
		bytes[i] ^= 0x10;
		cr_expect_not_null(hw_png_flaw(bytes, size), "byte %zu may be anything", i);
		bytes[i] ^= 0x10;
		cr_expect_not_null(hw_png_flaw(bytes, i), "%zu bytes are enough", i);
	}
	free(bytes);
}
