/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_NAMES_SAMPLE_H
#define HW_TESTS_UNIT_NAMES_SAMPLE_H

/*
 * Recordings whose names are to be looked up, and questions about the outcome.
 */

#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/unit/names/expected.h"
#include "tests/unit/recording.h"

/* All that the test programs say, as the collector would leave it: frames and static objects. */
struct sample {
	struct scenario scenario;
	struct expected_list list; /* item i is the frame or object of id i + 1 */
};

/* Skips the test when no program could be built. */
void sample_init(struct sample *sample);
void sample_finish(struct sample *sample);

/* Look up names; fails the test when that fails. */
void sample_resolve(struct scenario *s);

/* Frames 1 to 4 with names: take in pool.c, called by main; a library function hides one take. */
void sample_stacks(struct scenario *s);

/* The first column of the first row as text in new memory, "" when NULL or no row. */
char *sample_query(struct scenario *s, const char *format, ...);

#define EXPECT(s, expected, ...)                            \
	do {                                                \
		char *found = sample_query(s, __VA_ARGS__); \
                                                            \
		cr_expect_str_eq(found, expected);          \
		free(found);                                \
	} while (0)

#endif
