/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_E2E_CAST_H
#define HW_TESTS_E2E_CAST_H

/*
 * Who is who: the ids that a recording of a script gave to its threads and objects. Objects
 * have their names from the program, and threads their numbers from the order of the script.
 */

#include "tests/e2e/recorded.h"
#include "tests/e2e/script.h"

enum {
	/* What is waited for: an object by its number, or the end of a thread from here on. */
	HW_CAST_ENDS = HW_SCRIPT_OBJECTS_MAX,
	HW_CAST_THINGS = HW_CAST_ENDS + HW_SCRIPT_THREADS_MAX,
	HW_CAST_NOTHING = -1,
};

struct hw_cast {
	int64_t threads[HW_SCRIPT_THREADS_MAX], things[HW_CAST_THINGS]; /* 0: never used */
};

/* Look them up. */
void hw_cast_find(const struct hw_script *script, const struct hw_recorded *recorded,
	struct hw_cast *ret_cast);

/* The thread, or the thing, with the id that a report tells; HW_CAST_NOTHING for others. */
int hw_cast_thread(const struct hw_cast *cast, const json_t *id);
int hw_cast_thing(const struct hw_cast *cast, const json_t *id);

#endif
