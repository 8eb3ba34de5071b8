/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_GOLDEN_H
#define HW_TESTS_UNIT_GOLDEN_H

/*
 * Golden files: outputs that a person has looked at and found right, in
 * tests/golden. With HW_GOLDEN_UPDATE=1 in the environment the tests write them anew, to be
 * looked at again before they are committed.
 */

/* Fail the test, and show where, unless `text` is what the golden file `name` holds. */
void golden_compare(const char *name, const char *text);

#endif
