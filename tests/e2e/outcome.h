/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_OUTCOME_H
#define HW_TESTS_E2E_OUTCOME_H

/*
 * What holdwait says about a shape (tests/fixtures/shapes), in one line of text, so
 * that a table can hold it and a failure shows it:
 *
 *   RULE VERDICT [REASON] [bounded], N threads [of N processes], N objects [, N instances]
 *
 * for each finding in the order of the report, then for each cycle that is ruled out, with
 * "; " in between; or "nothing". A finding without a verdict is "misuse". Threads that
 * take part twice count once. A program that does not end as it should is "ends with N".
 *
 * Shapes named _hang are to be ended by --on-deadlock=exit; all others end by themselves.
 */

#include <stdbool.h>

struct hw_outcome {
	const char *text;
	const char *because; /* part of what is said about each ruled-out cycle; NULL: anything */
};

/*
 * Record the shape and read its report. The test fails unless the outcome is this, nothing
 * was lost, and what findings say about their threads is consistent.
 */
void hw_outcome_expect(const char *program, const char *shape, struct hw_outcome expected);

/* The same for what is known to be wrong: the test also fails when the outcome is right. */
void hw_outcome_expect_not_yet(
	const char *today, const char *program, const char *shape, struct hw_outcome expected);

#endif
