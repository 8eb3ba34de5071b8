/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_INTERN_H
#define HW_ANALYZER_INTERN_H

/*
 * Strings and other byte sequences to numbers 0, 1, 2 ...: equal bytes get
 * the same number, so whoever compares them often compares numbers.
 */

#include "analyzer/arena.h"
#include "trace/table.h"

struct hw_intern {
	struct hw_table numbers; /* by hash of the bytes */
	const void **bytes;	 /* by number */
	size_t *sizes_bytes;
	uint32_t count;
	size_t bytes_capacity, sizes_capacity;
	struct hw_arena arena;
};

/* One of all zeroes is empty and ready; finish frees it and leaves it so. */
void hw_intern_finish(struct hw_intern *intern);

/* The number of these bytes; the next free one when they are new. */
uint32_t hw_intern_bytes(struct hw_intern *intern, const void *bytes, size_t size_bytes);

uint32_t hw_intern_string(struct hw_intern *intern, const char *text);

/* The bytes of a number; valid until finish. */
const void *hw_intern_value(const struct hw_intern *intern, uint32_t number);

/*
 * FNV-1a, 64 bits (Fowler, Noll, Vo). Start with HW_FNV_START, or go on with
 * a former result.
 */
#define HW_FNV_START 0xcbf29ce484222325ull
uint64_t hw_intern_hash(uint64_t start, const void *bytes, size_t size_bytes);

#endif
