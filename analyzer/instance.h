/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_INSTANCE_H
#define HW_ANALYZER_INSTANCE_H

/*
 * When dependencies happened: for each of those asked for, the moments of its
 * thread at which it waited, or would have waited had the object been taken.
 *
 * A moment is an instance of a dependency when the thread acquires (or begins to wait for)
 * the same object in the same mode at the same stack, holding the same locks in the same
 * modes. Waits for conditions, barriers and ends of threads are found as those for locks are. One
 * pass over the lives of the threads concerned finds them all.
 */

#include "analyzer/history.h"

struct hw_instances {
	uint32_t *moments; /* indexes in the life of the dependency's thread, rising */
	uint32_t count, capacity;
};

/*
 * Find the instances of all dependencies for which `wanted` is true. Returns one
 * element per dependency, to be freed with hw_instances_free.
 */
struct hw_instances *hw_instances_find(const struct hw_model *model,
	const struct hw_history *history, const bool *wanted);
void hw_instances_free(const struct hw_model *model, struct hw_instances *instances);

#endif
