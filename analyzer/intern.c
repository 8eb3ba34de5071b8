/* SPDX-License-Identifier: MIT */
#include "analyzer/intern.h"

#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

uint64_t hw_intern_hash(uint64_t start, const void *bytes, size_t size_bytes)
{
	const unsigned char *byte = bytes;
	uint64_t hash = start;

	for (size_t i = 0; i < size_bytes; i++)
		hash = (hash ^ byte[i]) * 0x100000001b3ull;
	return hash;
}

uint32_t hw_intern_bytes(struct hw_intern *intern, const void *bytes, size_t size_bytes)
{
	uint64_t key = hw_intern_hash(HW_FNV_START, bytes, size_bytes);
	uint64_t *number;
	bool new;

	/* Different bytes with the same hash take the next free key. */
	while (number = hw_table_put(&intern->numbers, key, &new), !new) {
		if (intern->sizes_bytes[*number] == size_bytes &&
			(!size_bytes || memcmp(intern->bytes[*number], bytes, size_bytes) == 0))
			return (uint32_t)*number;
		key++;
	}
	*number = intern->count;
	HW_GROW(intern->bytes, intern->count, intern->bytes_capacity);
	HW_GROW(intern->sizes_bytes, intern->count, intern->sizes_capacity);
	intern->bytes[intern->count] = hw_arena_copy(&intern->arena, bytes, size_bytes);
	intern->sizes_bytes[intern->count] = size_bytes;
	return intern->count++;
}

uint32_t hw_intern_string(struct hw_intern *intern, const char *text)
{
	return hw_intern_bytes(intern, text, strlen(text) + 1);
}

const void *hw_intern_value(const struct hw_intern *intern, uint32_t number)
{
	return intern->bytes[number];
}

void hw_intern_finish(struct hw_intern *intern)
{
	hw_table_finish(&intern->numbers);
	free(intern->bytes);
	free(intern->sizes_bytes);
	hw_arena_finish(&intern->arena);
	*intern = (struct hw_intern){ 0 };
}
