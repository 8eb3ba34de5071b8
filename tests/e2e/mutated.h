/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_MUTATED_H
#define HW_TESTS_E2E_MUTATED_H

/* Recordings that a test changes behind holdwait's back. */

/* Copy a recording that is closed; the target is overwritten. */
void hw_mutated_copy(const char *from, const char *to);

/* Run SQL on it, several statements if need be; the test fails when one is wrong. */
void hw_mutated_change(const char *file, const char *sql);

/*
 * Change it in one to four places of any table: rows are deleted or doubled, values become
 * others of their column, NULL, or absurd. The same number does the same to the same
 * recording. Returns the SQL, for free().
 */
char *hw_mutated_at_random(const char *file, unsigned number);

#endif
