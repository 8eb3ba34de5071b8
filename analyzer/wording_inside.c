/* SPDX-License-Identifier: MIT */
#include "analyzer/wording_inside.h"

#include "analyzer/stack.h"
#include "analyzer/wording.h"

struct wording {
	const struct hw_model *model;
	const struct hw_finding *finding;
	struct hw_arena *arena;
};

bool hw_wording_inside_has(enum hw_rule rule)
{
	return rule == HW_RULE_WAIT_HOLDING || rule == HW_RULE_JOIN_HOLDING;
}

static const char *thread_name(const struct wording *w, uint32_t i)
{
	return hw_wording_thread(w->model, w->finding, i);
}

static const struct hw_object *awaited(const struct wording *w)
{
	return &w->model->objects[w->finding->threads[0].object];
}

static const struct hw_object *lock(const struct wording *w)
{
	return &w->model->objects[w->finding->threads[0].holds[0].object];
}

/* What others have to do to what is waited for. */
static const char *deed(const struct wording *w)
{
	switch (awaited(w)->kind) {
	case HW_KIND_SEM:
		return "post it";
	case HW_KIND_BARRIER:
		return "arrive there";
	default:
		return "wake it up";
	}
}

const char *hw_wording_inside_title(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena)
{
	struct wording w = { model, finding, arena };
	uint32_t last = finding->ring_length - 1;

	if (finding->rule == HW_RULE_JOIN_HOLDING && last > 1)
		return hw_arena_printf(arena, "%s joins %s while it holds %s, for which %s waits",
			thread_name(&w, 0), thread_name(&w, 1), lock(&w)->label,
			thread_name(&w, last));
	if (finding->rule == HW_RULE_JOIN_HOLDING)
		return hw_arena_printf(arena, "%s joins %s while it holds %s, which %s takes",
			thread_name(&w, 0), thread_name(&w, 1), lock(&w)->label,
			thread_name(&w, 1));
	return hw_arena_printf(arena, "%s waits for %s while it holds %s, which %s takes to %s",
		thread_name(&w, 0), awaited(&w)->label, lock(&w)->label, thread_name(&w, 1),
		deed(&w));
}

static const char *where(const struct wording *w)
{
	uint32_t site = hw_stack_site(w->model, w->finding->wake_stack);

	return site == HW_NONE ? "" :
				 hw_arena_printf(w->arena, " in %s",
					 hw_stack_place(w->model, site, w->arena));
}

const char *hw_wording_inside_help(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena)
{
	struct wording w = { model, finding, arena };
	const char *name = lock(&w)->short_label;

	if (finding->rule == HW_RULE_JOIN_HOLDING)
		return hw_arena_printf(arena,
			"unlock %s before joining %s, which needs it to go on", name,
			thread_name(&w, 1));
	return hw_arena_printf(arena,
		"unlock %s before waiting for %s: %s takes it before it can %s%s", name,
		awaited(&w)->short_label, thread_name(&w, 1), deed(&w), where(&w));
}
