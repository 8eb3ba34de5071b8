/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_ARENA_H
#define HW_ANALYZER_ARENA_H

/*
 * Memory that lives exactly as long as its owner: a model or an analysis makes
 * thousands of small strings and arrays, never changes them, and frees them all
 * at once. Nothing in an arena is freed by itself. One thread at a time.
 */

#include <stddef.h>

struct hw_arena {
	struct hw_arena_block *newest;
	size_t used_bytes; /* of the newest block */
};

/* An arena of all zeroes is empty and ready; finish frees all and leaves it so. */
void hw_arena_finish(struct hw_arena *arena);

/* Zeroed memory, aligned for any type; aborts when there is none. */
void *hw_arena_alloc(struct hw_arena *arena, size_t count, size_t size_bytes);

/* A copy of `size_bytes` bytes; NULL when there are none. */
void *hw_arena_copy(struct hw_arena *arena, const void *bytes, size_t size_bytes);

/* A copy of a string; NULL of NULL. */
char *hw_arena_string(struct hw_arena *arena, const char *text);

char *hw_arena_printf(struct hw_arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
