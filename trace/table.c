/* SPDX-License-Identifier: MIT */
#include "trace/table.h"

#include <stdlib.h>

#include "trace/memory.h"

struct hw_table_slot {
	uint64_t key;
	uint64_t value;
	uint64_t used;
};

uint64_t hw_hash_mix(uint64_t a, uint64_t b)
{
	/* The finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014), over both words. */
	uint64_t x = a * 0x9e3779b97f4a7c15u + b;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static struct hw_table_slot *probe(const struct hw_table *table, uint64_t key)
{
	size_t mask = table->capacity - 1;
	size_t at = hw_hash_mix(key, 0) & mask;

	while (table->slots[at].used && table->slots[at].key != key)
		at = (at + 1) & mask;
	return &table->slots[at];
}

static void grow(struct hw_table *table)
{
	struct hw_table old = *table;

	table->capacity = old.capacity ? 2 * old.capacity : 16;
	table->slots = hw_xcalloc(table->capacity, sizeof(*table->slots));
	for (size_t i = 0; i < old.capacity; i++)
		if (old.slots[i].used)
			*probe(table, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

void hw_table_finish(struct hw_table *table)
{
	free(table->slots);
	*table = (struct hw_table){ 0 };
}

uint64_t *hw_table_find(const struct hw_table *table, uint64_t key)
{
	struct hw_table_slot *slot;

	if (!table->capacity)
		return NULL;
	slot = probe(table, key);
	return slot->used ? &slot->value : NULL;
}

uint64_t *hw_table_put(struct hw_table *table, uint64_t key, bool *ret_new)
{
	struct hw_table_slot *slot;

	if (2 * (table->count + 1) > table->capacity)
		grow(table);
	slot = probe(table, key);
	if (ret_new)
		*ret_new = !slot->used;
	if (!slot->used) {
		*slot = (struct hw_table_slot){ .key = key, .used = 1 };
		table->count++;
	}
	return &slot->value;
}
