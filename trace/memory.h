/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_MEMORY_H
#define HW_TRACE_MEMORY_H

/*
 * Allocation for programs that cannot go on without memory (collector and
 * analyzer, never the preloaded library): these print one line and abort
 * instead of returning NULL. What they return is freed with free().
 */

#include <stddef.h>

void *hw_xmalloc(size_t size_bytes);
void *hw_xcalloc(size_t count, size_t size_bytes);
void *hw_xrealloc(void *old, size_t size_bytes);
char *hw_xstrdup(const char *text);
char *hw_xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * Make room for one more element at the end of a growing array; doubles.
 * struct thing *things; size_t thing_count, thing_capacity;
 * HW_GROW(things, thing_count, thing_capacity); things[thing_count++] = t;
 */
#define HW_GROW(array, count, capacity) \
	do { \
		if ((count) == (capacity)) { \
			(capacity) = (capacity) ? 2 * (capacity) : 16; \
			(array) = hw_xrealloc((array), (capacity) * sizeof(*(array))); \
		} \
	} while (0)

#endif
