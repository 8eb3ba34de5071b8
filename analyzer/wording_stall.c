/* SPDX-License-Identifier: MIT */
#include "analyzer/wording_stall.h"

#include "analyzer/stack.h"
#include "analyzer/wording.h"

/* "1.25 s", "40 ms", "300 us": as exact as anybody cares. */
static const char *duration(int64_t ns, struct hw_arena *arena)
{
	if (ns >= 1000000000)
		return hw_arena_printf(arena, "%.2f s", (double)ns / 1e9);
	if (ns >= 1000000)
		return hw_arena_printf(arena, "%.0f ms", (double)ns / 1e6);
	return hw_arena_printf(arena, "%.0f us", (double)ns / 1e3);
}

const char *hw_wording_stall_title(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena)
{
	bool over = finding->threads[0].act == HW_ACT_WAITED;
	bool held = finding->thread_count > 1;

	return hw_arena_printf(arena, "%s %s blocked for %s on %s%s%s%s",
		hw_wording_thread(model, finding, 0), over ? "was" : "has been",
		duration(finding->blocked_ns, arena), model->objects[finding->objects[0]].label,
		held ? ", which " : "", held ? hw_wording_thread(model, finding, 1) : "",
		!held ? "" : over ? " held" : " holds");
}

const char *hw_wording_stall_help(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena)
{
	const char *object = model->objects[finding->objects[0]].short_label;
	uint32_t site = finding->thread_count > 1 ?
		hw_stack_site(model, finding->threads[1].holds[0].stack) :
		HW_NONE;

	if (site == HW_NONE)
		return hw_arena_printf(arena,
			"do what is slow without %s: copy what it needs, unlock, do it, lock again",
			object);
	return hw_arena_printf(arena,
		"do what is slow without %s, which was taken in %s: copy what it needs, unlock, "
		"do it, lock again",
		object, hw_stack_place(model, site, arena));
}
