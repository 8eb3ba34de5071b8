/* SPDX-License-Identifier: MIT */
#include "analyzer/plentiful.h"

#include <stdlib.h>

#include "trace/memory.h"

#define COMPARE(a, b)   \
	if ((a) != (b)) \
	return (a) < (b) ? -1 : 1

struct units {
	uint32_t object, thread;
	int64_t count;
};

static int compare_units(const void *a, const void *b)
{
	const struct units *left = a, *right = b;

	COMPARE(left->object, right->object);
	COMPARE(left->thread, right->thread);
	COMPARE(right->count, left->count);
	return 0;
}

bool *hw_plentiful_find(const struct hw_model *m)
{
	bool *plentiful = hw_xcalloc(m->object_count, sizeof(*plentiful));
	int64_t *together = hw_xcalloc(m->object_count, sizeof(*together));
	int64_t *wanted = hw_xcalloc(m->object_count, sizeof(*wanted));
	struct units *all = NULL;
	size_t count = 0, capacity = 0;

	for (uint32_t d = 0; d < m->dependency_count; d++) {
		const struct hw_dependency *dependency = &m->dependencies[d];

		if (wanted[dependency->object] < dependency->units)
			wanted[dependency->object] = dependency->units;
	}
	for (uint32_t d = 0; d < m->dependency_count; d++)
		for (uint32_t i = 0; i < m->dependencies[d].hold_count; i++) {
			const struct hw_hold *hold = &m->holds[m->dependencies[d].first_hold + i];
			struct units units = { hold->object, m->dependencies[d].thread,
				hold->count };

			if (hw_model_capacity(m, hold->object) == 1 ||
				m->dependencies[d].how & HW_HOW_TRY ||
				!hw_model_is_lock(m, m->dependencies[d].object))
				continue;
			for (uint32_t j = 0; j < i; j++)
				if (m->holds[m->dependencies[d].first_hold + j].object ==
					hold->object)
					units.count++;
			HW_GROW(all, count, capacity);
			all[count++] = units;
		}
	if (count)
		qsort(all, count, sizeof(*all), compare_units);
	for (size_t i = 0; i < count; i++)
		if (i == 0 || all[i].object != all[i - 1].object ||
			all[i].thread != all[i - 1].thread)
			together[all[i].object] += all[i].count;
	for (uint32_t o = 0; o < m->object_count; o++)
		plentiful[o] = hw_model_capacity(m, o) > 1 &&
			together[o] + (wanted[o] ? wanted[o] : 1) <= hw_model_capacity(m, o);
	free(all);
	free(together);
	free(wanted);
	return plentiful;
}
