/* SPDX-License-Identifier: MIT */
#include "trace/declared.h"

#include <stdlib.h>

#include "trace/memory.h"

void hw_declarations_finish(struct hw_declarations *declarations)
{
	free(declarations->all);
	hw_table_finish(&declarations->by_pair);
	*declarations = (struct hw_declarations){ 0 };
}

static struct hw_object *settled(struct hw_object *object)
{
	return object->actual ? object->actual : object;
}

void hw_declared_add(struct hw_declarations *declarations, struct hw_thread *thread,
	struct hw_object *first, struct hw_object *second, uint32_t stack, int64_t time_ns)
{
	struct hw_declared *declared;
	bool new;
	uint64_t *index = hw_table_put(&declarations->by_pair,
		(uint64_t)settled(first)->id << 32 | settled(second)->id, &new);

	if (new) {
		*index = declarations->count;
		HW_GROW(declarations->all, declarations->count, declarations->capacity);
		declared = &declarations->all[declarations->count++];
		*declared = (struct hw_declared){ .id = (uint32_t)declarations->count,
			.first = settled(first), .second = settled(second), .thread = thread,
			.stack = stack, .first_ns = time_ns };
	}
	declared = &declarations->all[*index];
	declared->count++;
	declared->dirty = true;
}

void hw_declared_settle(struct hw_declarations *declarations)
{
	for (size_t i = 0; i < declarations->count; i++) {
		struct hw_declared *declared = &declarations->all[i];

		declared->dirty |= declared->first->actual || declared->second->actual;
		declared->first = settled(declared->first);
		declared->second = settled(declared->second);
	}
}
