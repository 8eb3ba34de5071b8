/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_SCRIPT_RANDOM_H
#define HW_TESTS_E2E_SCRIPT_RANDOM_H

/*
 * Scripts at random: two to four threads that take and give back a few locks, nested or hand
 * over hand, with tries, with messages from one to another, created and joined inside and
 * outside of locks; and rings of two or three with and without a gate, which pure chance
 * would seldom make. Each has an order in which it can be done to its end.
 */

#include "tests/e2e/script.h"

/* The same number makes the same script. */
void hw_script_random(uint64_t number, struct hw_script *ret_script);

#endif
