/* SPDX-License-Identifier: MIT */
#include "analyzer/stack.h"

#include <signal.h>
#include <string.h>

#include "analyzer/path.h"

uint32_t hw_stack_frames(
	const struct hw_model *model, uint32_t stack, uint32_t *ret_frames, uint32_t capacity)
{
	uint32_t count = 0, frame;

	for (; stack != HW_NONE; stack = model->stacks[stack].parent)
		for (frame = model->stacks[stack].frame; frame != HW_NONE;
			frame = model->frames[frame].caller) {
			if (model->frames[frame].is_holdwait)
				continue;
			if (count < capacity)
				ret_frames[count] = frame;
			count++;
		}
	return count;
}

int32_t hw_stack_signal(const struct hw_model *model, uint32_t stack)
{
	for (; stack != HW_NONE; stack = model->stacks[stack].parent)
		if (model->frames[model->stacks[stack].frame].signal != HW_NO_SIGNAL)
			return model->frames[model->stacks[stack].frame].signal;
	return HW_NO_SIGNAL;
}

const char *hw_stack_signal_name(int32_t signal, struct hw_arena *arena)
{
	int32_t number = signal < 0 ? -signal : signal;
	const char *name = sigabbrev_np(number), *other = signal < 0 ? " or another signal" : "";

	if (name)
		return hw_arena_printf(arena, "SIG%s%s", name, other);
	if (number >= SIGRTMIN && number <= SIGRTMAX)
		return hw_arena_printf(arena, "SIGRTMIN+%d%s", number - SIGRTMIN, other);
	return "a signal";
}

/* What a signal handler interrupted has nothing to do with what the handler wants. */
static uint32_t before_handler(const struct hw_model *model, const uint32_t *frames, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		if (model->frames[frames[i]].signal != HW_NO_SIGNAL)
			return i;
	return count;
}

/* The frames that may be a site: those past run-time library and wrappers, or what there is. */
static uint32_t candidates(const struct hw_model *model, uint32_t stack, uint32_t *ret_frames)
{
	uint32_t all[HW_STACK_FRAMES_MAX], count = 0;
	uint32_t total = hw_stack_frames(model, stack, all, HW_STACK_FRAMES_MAX);

	if (total > HW_STACK_FRAMES_MAX)
		total = HW_STACK_FRAMES_MAX;
	total = before_handler(model, all, total);
	for (int allow_wrappers = 0; allow_wrappers < 2 && !count; allow_wrappers++)
		for (uint32_t i = 0; i < total; i++) {
			const struct hw_frame *f = &model->frames[all[i]];

			if (!f->is_runtime && (allow_wrappers || !f->is_wrapper))
				ret_frames[count++] = all[i];
		}
	if (!count)
		memcpy(ret_frames, all, total * sizeof(*all));
	return count ? count : total;
}

uint32_t hw_stack_site(const struct hw_model *model, uint32_t stack)
{
	uint32_t frames[HW_STACK_FRAMES_MAX];

	return candidates(model, stack, frames) ? frames[0] : HW_NONE;
}

static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* The same line of the same function, even when it was compiled twice. */
static bool same_place(const struct hw_model *model, uint32_t a, uint32_t b)
{
	const struct hw_frame *x = &model->frames[a], *y = &model->frames[b];

	return a == b || (same_text(x->function, y->function) && same_text(x->file, y->file) &&
				 x->line && x->line == y->line);
}

/* Whether a function that is already among the first `count` frames is called again. */
static bool recurs(const struct hw_model *model, const uint32_t *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (frames[i] == frames[count] || same_text(model->frames[frames[i]].function,
							  model->frames[frames[count]].function))
			return true;
	return false;
}

void hw_stack_sites(const struct hw_model *model, uint32_t stack, uint32_t other_stack,
	uint32_t *ret_site, uint32_t *ret_other_site)
{
	uint32_t frames[HW_STACK_FRAMES_MAX], others[HW_STACK_FRAMES_MAX], at = 0;
	uint32_t count = candidates(model, stack, frames);
	uint32_t other_count = candidates(model, other_stack, others);

	while (at < count && at < other_count && same_place(model, frames[at], others[at]) &&
		!recurs(model, frames, at))
		at++;
	/* Nowhere different, as in a loop; or a recursion, where the difference says little. */
	if (at == count || at == other_count || recurs(model, frames, at) ||
		recurs(model, others, at))
		at = 0;
	*ret_site = count ? frames[at] : HW_NONE;
	*ret_other_site = other_count ? others[at] : HW_NONE;
}

const char *hw_stack_function(const struct hw_model *model, uint32_t frame, struct hw_arena *arena)
{
	const struct hw_frame *f = &model->frames[frame];

	if (f->function)
		return f->function;
	if (f->module == HW_NONE)
		return hw_arena_printf(arena, "0x%llx", (unsigned long long)f->offset);
	return hw_arena_printf(arena, "%s+0x%llx", hw_path_base(model->modules[f->module].path),
		(unsigned long long)f->offset);
}

const char *hw_stack_place(const struct hw_model *model, uint32_t frame, struct hw_arena *arena)
{
	const struct hw_frame *f;
	const char *function;

	if (frame == HW_NONE)
		return "an unknown place";
	f = &model->frames[frame];
	function = hw_stack_function(model, frame, arena);
	if (!f->file && f->function && f->module != HW_NONE)
		return hw_arena_printf(
			arena, "%s (%s)", function, hw_path_base(model->modules[f->module].path));
	if (!f->file)
		return function;
	return hw_arena_printf(
		arena, "%s (%s:%lld)", function, hw_path_base(f->file), (long long)f->line);
}
