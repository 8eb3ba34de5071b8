/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_SCRATCH_H
#define HW_TESTS_E2E_SCRATCH_H

/* A directory of a test's own, and looking at what programs put into it. */

#include <stddef.h>

struct hw_scratch {
	char path[256];
};

/* Make an empty directory for temporary files; the test fails if that is impossible. */
void hw_scratch_init(struct hw_scratch *scratch);

/* Remove it with all that is in it. */
void hw_scratch_finish(struct hw_scratch *scratch);

/* How many files in it have names that end so; "" counts all, hidden ones too. */
unsigned hw_scratch_count(const struct hw_scratch *scratch, const char *ending);

/* What a file in it contains, for free(), with a '\0' behind it; NULL when it is not there. */
unsigned char *hw_scratch_read(
	const struct hw_scratch *scratch, const char *name, size_t *ret_size_bytes);

#endif
