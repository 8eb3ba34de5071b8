/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_GUARD_H
#define HW_ANALYZER_GUARD_H

/*
 * Locks that guard a thread without being held by it: a parent that holds a lock from
 * before it creates a thread until after it has joined it keeps everybody else
 * who needs that lock away for the thread's whole life (Sulzmann, "Lock sets across
 * threads", arXiv 2512.23552, 2025). So such a lock is a gate as much as one that the thread
 * holds itself.
 *
 * Two threads guarded by one and the same acquisition live together and do not
 * exclude each other; nor are parent and child kept apart by what the parent holds.
 */

#include "analyzer/history.h"

/* An acquisition whose critical section holds the whole life of a thread. */
struct hw_guard {
	uint32_t object;
	uint32_t thread, index; /* who acquired it, and which event of that thread it is */
};

struct hw_guards {
	struct hw_guard **of; /* by thread; NULL until asked for */
	uint32_t *counts;
};

void hw_guards_init(struct hw_guards *guards, const struct hw_history *history);
void hw_guards_finish(struct hw_guards *guards, const struct hw_history *history);

/*
 * The object that keeps two threads apart while each waits by a dependency, when at least one
 * of them is guarded by it; HW_NONE when there is none.
 */
uint32_t hw_guards_between(struct hw_guards *guards, const struct hw_model *model,
	const struct hw_history *history, uint32_t dependency, uint32_t other_dependency);

#endif
