/* SPDX-License-Identifier: MIT */
#include "trace/dependency.h"

#include <stdlib.h>

#include "trace/memory.h"

enum { SLOT_BITS_LEAST = 6 };

void hw_dependencies_finish(struct hw_dependencies *dependencies)
{
	hw_hold_lists_finish(&dependencies->lists);
	free(dependencies->all);
	free(dependencies->slots);
	*dependencies = (struct hw_dependencies){ 0 };
}

/* The upper bits of a product are well mixed (Knuth, volume 3, 6.4). */
static uint32_t home_of(const struct hw_dependencies *dependencies,
	const struct hw_dependency *wanted)
{
	uint64_t what = (uint64_t)wanted->object->id << 32 | wanted->stack;
	uint64_t who = (uint64_t)wanted->thread->id << 32 | wanted->list;
	uint64_t hash = (what * 0x9e3779b97f4a7c15u) ^ (who * 0xd6e8feb86659fd93u);

	hash = (hash ^ hash >> 32 ^ wanted->how ^ wanted->units << 8) * 0x9e3779b97f4a7c15u;
	return (uint32_t)(hash >> (64 - dependencies->slot_bits));
}

static bool same(const struct hw_dependency *a, const struct hw_dependency *b)
{
	return a->list == b->list && a->object == b->object && a->stack == b->stack &&
		a->thread == b->thread && a->how == b->how && a->units == b->units;
}

/* Where it is, or where it belongs. There is a free slot. */
static uint32_t *probe(const struct hw_dependencies *dependencies,
	const struct hw_dependency *wanted)
{
	uint32_t mask = (1u << dependencies->slot_bits) - 1;
	uint32_t at = home_of(dependencies, wanted);

	while (dependencies->slots[at] &&
		!same(&dependencies->all[dependencies->slots[at] - 1], wanted))
		at = (at + 1) & mask;
	return &dependencies->slots[at];
}

static void grow_slots(struct hw_dependencies *dependencies)
{
	dependencies->slot_bits = dependencies->slots ? dependencies->slot_bits + 1 :
							SLOT_BITS_LEAST;
	free(dependencies->slots);
	dependencies->slots = hw_xcalloc((size_t)1 << dependencies->slot_bits,
		sizeof(*dependencies->slots));
	for (size_t i = 0; i < dependencies->count; i++)
		*probe(dependencies, &dependencies->all[i]) = dependencies->all[i].id;
}

uint32_t hw_dependency_find(struct hw_dependencies *dependencies,
	const struct hw_dependency *wanted)
{
	uint32_t *slot;

	if (!dependencies->slots || 2 * (dependencies->count + 1) >> dependencies->slot_bits)
		grow_slots(dependencies);
	slot = probe(dependencies, wanted);
	if (!*slot) {
		HW_GROW(dependencies->all, dependencies->count, dependencies->capacity);
		dependencies->all[dependencies->count++] = *wanted;
		*slot = (uint32_t)dependencies->count;
		dependencies->all[*slot - 1].id = *slot;
	}
	return *slot;
}
