/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_HOLD_LIST_H
#define HW_TRACE_HOLD_LIST_H

/*
 * Lists of what a thread holds, each kept once, however often and by however many threads it is
 * held again: then two are the same when their numbers are.
 *
 * A list is its last hold and the list of those before it, as a call stack is a frame and its
 * callers. So one more hold makes one more list, and however much is held, that costs
 * the same. Each hold of a thread remembers the list that ends with it, and forgets it when
 * something below it, or itself, changes; lists are made only when somebody asks for one.
 *
 * Two holds are the same when object, place and mode are, and, of semaphores, how many units;
 * how often a lock was taken does not matter. Lists are numbered from 1; 0 is nothing held.
 */

#include "trace/contention.h"

struct hw_hold_list {
	uint32_t before; /* the list without the last hold; 0 for none */
	uint32_t length;
	struct hw_object *object; /* of the last hold, as all that follows */
	uint32_t stack;
	uint32_t how;   /* HW_HOW_SHARED or nothing */
	uint32_t units; /* 1 of what has none */
};

/* All zeroes: none yet. */
struct hw_hold_lists {
	struct hw_hold_list *all; /* by number - 1 */
	size_t count, capacity;
	struct hw_table by_hash; /* collisions probe by +1 */
};

void hw_hold_lists_finish(struct hw_hold_lists *lists);

/* A list by its number, which is not 0; until the next is made. */
static inline const struct hw_hold_list *hw_hold_list_at(const struct hw_hold_lists *lists,
	uint32_t list)
{
	return &lists->all[list - 1];
}

/* For hw_hold_list_of: when the last hold's list is not known. */
uint32_t hw_hold_list_make(struct hw_hold_lists *lists, struct hw_thread *thread);

/* The number of the list of all that the thread holds. */
static inline uint32_t hw_hold_list_of(struct hw_hold_lists *lists, struct hw_thread *thread)
{
	uint32_t list;

	if (!thread->hold_count)
		return 0;
	list = thread->holds[thread->hold_count - 1].list;
	return list ? list : hw_hold_list_make(lists, thread);
}

/* A hold of the thread has changed, or is not there any more: what is known of it and the rest. */
void hw_hold_list_forget(struct hw_thread *thread, size_t first);

#endif
