/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_SCRIPT_HANGS_H
#define HW_TESTS_E2E_SCRIPT_HANGS_H

/*
 * All ways in which a script can hang, whoever is faster: found by going through each state
 * that can be reached, in any order of its steps, once. A way to hang is some threads that wait
 * for each other for ever, as few as can be, and for what each of them waits.
 */

#include "tests/e2e/script.h"

struct hw_script_hang {
	unsigned threads;	     /* bits */
	struct hw_script_state state; /* in which they hang, the first that was found */
};

enum { HW_SCRIPT_HANGS_MAX = 64 };

struct hw_script_hangs {
	struct hw_script_hang all[HW_SCRIPT_HANGS_MAX]; /* different threads, or waits */
	unsigned count;
};

/* Find them all. The test fails when there are more than fit. */
void hw_script_hangs_find(const struct hw_script *script, struct hw_script_hangs *ret_hangs);

#endif
