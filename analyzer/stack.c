/* SPDX-License-Identifier: MIT */
#include "analyzer/stack.h"

#include <string.h>

uint32_t hw_stack_frames(const struct hw_model *model, uint32_t stack, uint32_t *ret_frames,
	uint32_t capacity)
{
	uint32_t count = 0, frame;

	for (; stack != HW_NONE; stack = model->stacks[stack].parent)
		for (frame = model->stacks[stack].frame; frame != HW_NONE;
			frame = model->frames[frame].caller) {
			if (count < capacity)
				ret_frames[count] = frame;
			count++;
		}
	return count;
}

const char *hw_stack_file_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash && slash[1] ? slash + 1 : path;
}

static bool starts_with_any(const char *text, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (strncmp(text, *prefixes, strlen(*prefixes)) == 0)
			return true;
	return false;
}

/* "std::lock" of "void std::lock<std::mutex>(std::mutex&)": past the result's type. */
static const char *qualified_name(const char *function)
{
	const char *name = function;
	int depth = 0;

	for (const char *at = function; *at && !(*at == '(' && depth == 0); at++) {
		depth += (*at == '<') - (*at == '>');
		if (*at == ' ' && depth == 0)
			name = at + 1;
	}
	return name;
}

bool hw_stack_is_plumbing(const struct hw_model *model, uint32_t frame)
{
	static const char *const runtimes[] = { "libc.so", "libc-", "libpthread", "libstdc++",
		"libc++", "libgcc_s", "ld-linux", "libholdwait", NULL };
	static const char *const prefixes[] = { "std::", "__gthread_", "__gnu_cxx::", "boost::",
		"core::", "alloc::", "<std::", "<core::", "<alloc::", "parking_lot::", "lock_api::",
		"<lock_api::", NULL };
	const struct hw_frame *f = &model->frames[frame];

	if (f->module != HW_NONE &&
		starts_with_any(hw_stack_file_name(model->modules[f->module].path), runtimes))
		return true;
	return f->function && starts_with_any(qualified_name(f->function), prefixes);
}

uint32_t hw_stack_site(const struct hw_model *model, uint32_t stack)
{
	uint32_t innermost = stack == HW_NONE ? HW_NONE : model->stacks[stack].frame, frame;

	for (; stack != HW_NONE; stack = model->stacks[stack].parent)
		for (frame = model->stacks[stack].frame; frame != HW_NONE;
			frame = model->frames[frame].caller)
			if (!hw_stack_is_plumbing(model, frame))
				return frame;
	return innermost;
}

const char *hw_stack_function(const struct hw_model *model, uint32_t frame, struct hw_arena *arena)
{
	const struct hw_frame *f = &model->frames[frame];

	if (f->function)
		return f->function;
	if (f->module == HW_NONE)
		return hw_arena_printf(arena, "0x%llx", (unsigned long long)f->offset);
	return hw_arena_printf(arena, "%s+0x%llx",
		hw_stack_file_name(model->modules[f->module].path), (unsigned long long)f->offset);
}

const char *hw_stack_place(const struct hw_model *model, uint32_t frame, struct hw_arena *arena)
{
	const struct hw_frame *f = &model->frames[frame];
	const char *function = hw_stack_function(model, frame, arena);

	if (!f->file)
		return f->function && f->module != HW_NONE ?
			hw_arena_printf(arena, "%s (%s)", function,
				hw_stack_file_name(model->modules[f->module].path)) :
			function;
	return hw_arena_printf(arena, "%s (%s:%lld)", function, hw_stack_file_name(f->file),
		(long long)f->line);
}
