/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_REPLAYED_H
#define HW_TESTS_E2E_REPLAYED_H

/*
 * The witness of a prediction, done step by step: whether it is a run that can be.
 *
 * Mutexes and spin locks only one thread has at a time; a thread gives back what it has, and is
 * joined when it has ended. Of other objects a witness does not say enough to be checked.
 * What the objects are is looked up in the recording.
 */

#include <jansson.h>
#include <stdbool.h>

/* NULL when it can be, else what is wrong with it. */
const char *hw_replayed_wrong(const char *recording, const json_t *finding);

#endif
