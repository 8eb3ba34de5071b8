/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_DEPENDENCY_H
#define HW_TRACE_DEPENDENCY_H

/*
 * The dependencies that were seen: thread T, holding a list of holds, waits for object W at
 * stack S. One for any number of repetitions, which are counted. When there is one, order.h says.
 *
 * Lists of holds are numbers (hold_list.h), so finding a dependency costs the same however
 * much is held: a hash table of numbers of dependencies, at most half full. Before that the
 * place is asked, which remembers the last one of it (contention.h).
 */

#include "trace/hold_list.h"

struct hw_dependency {
	uint32_t id;
	uint32_t list; /* what was held */
	struct hw_thread *thread;
	struct hw_object *object;
	uint32_t stack;
	uint32_t how; /* SHARED, TRY, TIMED, REACQUIRE bits */
	uint32_t units; /* that are wanted; 1 of what has none */
	bool stored, dirty;
	uint64_t count;
	int64_t first_ns, last_ns;
};

/* All zeroes: none yet. */
struct hw_dependencies {
	struct hw_hold_lists lists;
	struct hw_dependency *all; /* by id - 1 */
	size_t count, capacity;
	uint32_t *slots; /* ids; 0: free */
	uint32_t slot_bits;
};

void hw_dependencies_finish(struct hw_dependencies *dependencies);

/*
 * For hw_dependency_count: the id of the one with these `list`, `thread`, `object`, `stack`, `how`
 * and `units`, made if need be.
 */
uint32_t hw_dependency_find(struct hw_dependencies *dependencies,
	const struct hw_dependency *wanted);

/*
 * Holding what it holds the thread waits for, or could have waited for, so many units of the
 * object. `last` is the id of the last one of this object and stack, or 0, and is kept so.
 */
static inline void hw_dependency_count(struct hw_dependencies *dependencies,
	struct hw_thread *thread, struct hw_object *object, uint32_t stack, uint32_t how,
	uint32_t units, int64_t time_ns, uint32_t *last)
{
	uint32_t list = hw_hold_list_of(&dependencies->lists, thread);
	struct hw_dependency *dependency = *last ? &dependencies->all[*last - 1] : NULL;

	how &= HW_HOW_SHARED | HW_HOW_TRY | HW_HOW_TIMED | HW_HOW_REACQUIRE;
	if (!dependency || dependency->list != list || dependency->thread != thread ||
		dependency->how != how || dependency->units != units) {
		*last = hw_dependency_find(dependencies,
			&(struct hw_dependency){ .list = list, .thread = thread, .object = object,
				.stack = stack, .how = how, .units = units,
				.first_ns = time_ns });
		dependency = &dependencies->all[*last - 1];
	}
	dependency->count++;
	dependency->last_ns = time_ns;
	dependency->dirty = true;
}

#endif
