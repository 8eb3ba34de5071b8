/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_SCRIPT_SHRINK_H
#define HW_TESTS_E2E_SCRIPT_SHRINK_H

/*
 * Makes a script that shows something wrong smaller, for people to read: leaves out threads,
 * and steps with those that belong to them, as long as it still shows it and can be done.
 */

#include "tests/e2e/script.h"

typedef bool hw_script_shows(const struct hw_script *script, void *user);

/* Shrink a script that shows it to one from which nothing more can be left out. */
void hw_script_shrink(struct hw_script *script, hw_script_shows *shows, void *user);

#endif
