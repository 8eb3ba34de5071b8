/* SPDX-License-Identifier: MIT */
#include "analyzer/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

enum { BLOCK_BYTES = 64 * 1024 };

struct hw_arena_block {
	struct hw_arena_block *older;
	size_t size_bytes;
	_Alignas(max_align_t) char bytes[];
};

static void grow(struct hw_arena *arena, size_t need_bytes)
{
	size_t size_bytes = need_bytes > BLOCK_BYTES ? need_bytes : BLOCK_BYTES;
	struct hw_arena_block *block = hw_xmalloc(sizeof(*block) + size_bytes);

	block->older = arena->newest;
	block->size_bytes = size_bytes;
	arena->newest = block;
	arena->used_bytes = 0;
}

void hw_arena_finish(struct hw_arena *arena)
{
	while (arena->newest) {
		struct hw_arena_block *older = arena->newest->older;

		free(arena->newest);
		arena->newest = older;
	}
	arena->used_bytes = 0;
}

static void *take(struct hw_arena *arena, size_t need_bytes)
{
	size_t align = _Alignof(max_align_t);
	void *memory;

	need_bytes = (need_bytes + align - 1) / align * align;
	if (!arena->newest || arena->newest->size_bytes - arena->used_bytes < need_bytes)
		grow(arena, need_bytes);
	memory = arena->newest->bytes + arena->used_bytes;
	arena->used_bytes += need_bytes;
	return memory;
}

void *hw_arena_alloc(struct hw_arena *arena, size_t count, size_t size_bytes)
{
	size_t need_bytes;

	if (__builtin_mul_overflow(count, size_bytes, &need_bytes) || need_bytes > SIZE_MAX / 2)
		return hw_xmalloc(SIZE_MAX); /* cannot succeed: says so and ends the program */
	return memset(take(arena, need_bytes), 0, need_bytes);
}

void *hw_arena_copy(struct hw_arena *arena, const void *bytes, size_t size_bytes)
{
	return size_bytes ? memcpy(take(arena, size_bytes), bytes, size_bytes) : NULL;
}

char *hw_arena_string(struct hw_arena *arena, const char *text)
{
	return text ? hw_arena_copy(arena, text, strlen(text) + 1) : NULL;
}

char *hw_arena_printf(struct hw_arena *arena, const char *format, ...)
{
	va_list arguments;
	int length;
	char *text;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	text = take(arena, (size_t)length + 1);
	va_start(arguments, format);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return text;
}
