/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_CONTENTION_H
#define HW_TRACE_CONTENTION_H

/*
 * How often an object was acquired from one place, how often that had to wait, and for how
 * long; and how long it was held then. Objects and holds point to their counters, so that most
 * events find them without a search.
 */

#include "trace/roster.h"

struct hw_contention {
	struct hw_object *object;
	/* What each acquisition and release changes is kept together. */
	uint64_t acquired;
	int64_t hold_ns, hold_max_ns;
	uint32_t stack;
	/* What was found here last: see hold_list.h and dependency.h. */
	uint32_t last_list, last_dependency;
	bool dirty;
	uint64_t waited;
	int64_t wait_ns, wait_max_ns;
	/* Of the longest wait: who waited, and who had the object when it began; or NULL. */
	const struct hw_thread *wait_max_thread, *wait_max_keeper;
	uint32_t wait_max_keeper_stack; /* where it had taken it */
};

enum { HW_CONTENTION_RECENT_BITS = 12 };

struct hw_contentions {
	struct hw_contention **all;
	size_t count, capacity;
	struct hw_table by_place; /* object << 32 | stack -> struct hw_contention * */
	/* The one of these last used, by a hash of both, so that few are searched in the table. */
	struct hw_contention *recent[1 << HW_CONTENTION_RECENT_BITS];
};

void hw_contentions_finish(struct hw_contentions *contentions);

/* For hw_contention_of: the one that is not the object's last; it is made if need be. */
struct hw_contention *hw_contention_find(struct hw_contentions *contentions,
	struct hw_object *object, uint32_t stack);

/* The wait of a thread ends; it may have ended without the object. How long it took. */
int64_t hw_contention_measure_wait(struct hw_contention *contention,
	const struct hw_thread *thread, int64_t time_ns);

/* The counters of acquisitions of an object from a stack, which are about to change. */
static inline struct hw_contention *hw_contention_of(struct hw_contentions *contentions,
	struct hw_object *object, uint32_t stack)
{
	struct hw_contention *contention = object->contention;

	if (__builtin_expect(!contention || contention->stack != stack, 0))
		contention = hw_contention_find(contentions, object, stack);
	contention->dirty = true;
	return contention;
}

#endif
