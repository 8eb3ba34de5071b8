/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_DISORDERS_H
#define HW_TESTS_UNIT_DISORDERS_H

/*
 * What tests of the declared order share: a scenario, and what the analysis makes of it, in
 * variables, since every test is a process of its own.
 */

#include "analyzer/analysis.h"
#include "tests/unit/recording.h"

extern struct scenario s;
extern struct hw_model model;
extern struct hw_analysis analysis;
extern int64_t first_thread; /* of the newest process */

void disorders_setup(void);
void disorders_teardown(void);
void disorders_analyse(void);

int64_t disorders_mutex(const char *name);

/* The first thread declares the first to come before the second. */
void disorders_declare(int64_t first, int64_t second);

/* A thread locks one inside the other, in `function`. */
void disorders_nest(int64_t thread, const char *function, int64_t outer, int64_t inner);

/* The only finding of the analysis, which is against the declared order. */
const struct hw_finding *disorders_only(void);

#endif
