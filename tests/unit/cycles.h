/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_CYCLES_H
#define HW_TESTS_UNIT_CYCLES_H

/*
 * What tests of lock-order cycles share: a scenario, and what the search makes
 * of it, in variables, since every test is a process of its own.
 */

#include "analyzer/cycle.h"
#include "analyzer/ruled_out.h"
#include "tests/unit/recording.h"

extern struct scenario s;
extern struct hw_model model;
extern struct hw_cycles cycles;
extern struct hw_ruled_outs ruled_outs;
extern int64_t budget;
extern bool any_thread;

void cycles_setup(void);
void cycles_teardown(void);

/* Search the scenario for cycles of both kinds. */
void cycles_search(void);

/* Each place of a ring waits for what the next one holds, and all threads are different. */
void cycles_check_ring(const struct hw_cycle *cycle);

/* Search, and find one cycle, ruled out for this reason. */
void cycles_expect_ruled_out(enum hw_reason reason);

/* A mutex; a semaphore that is a lock. */
int64_t cycles_mutex(const char *name);
int64_t cycles_semaphore(const char *name, int units);

#endif
