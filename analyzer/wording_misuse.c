/* SPDX-License-Identifier: MIT */
#include "analyzer/wording_misuse.h"

#include "analyzer/stack.h"
#include "analyzer/wording.h"

struct wording {
	const struct hw_model *model;
	const struct hw_finding *finding;
	struct hw_arena *arena;
};

bool hw_wording_misuse_has(enum hw_rule rule)
{
	return rule == HW_RULE_UNLOCK || rule == HW_RULE_END_HOLDING ||
	       rule == HW_RULE_DESTROY_IN_USE || rule == HW_RULE_INTERRUPTION ||
	       rule == HW_RULE_INHERITED || rule == HW_RULE_UNIT_LOST;
}

static const char *thread_name(const struct wording *w, uint32_t i)
{
	return hw_wording_thread(w->model, w->finding, i);
}

static const char *object_name(const struct wording *w)
{
	return w->model->objects[w->finding->objects[0]].label;
}

static const char *unlock_title(const struct wording *w)
{
	const struct hw_finding *f = w->finding;

	if (f->thread_count > 1 && !f->threads[1].held_before)
		return hw_arena_printf(w->arena, "%s unlocks %s, which %s holds",
			thread_name(w, 0), object_name(w), thread_name(w, 1));
	return hw_arena_printf(w->arena, "%s unlocks %s, which nobody holds",
		w->model->threads[f->threads[0].thread].short_name, object_name(w));
}

static const char *destroy_title(const struct wording *w)
{
	const struct hw_finding_thread *t = w->finding->threads;
	const char *what = t->act == HW_ACT_FREE ? "frees the memory of" : "destroys";

	if (t->hold_count)
		return hw_arena_printf(w->arena, "%s %s %s while it holds it", thread_name(w, 0),
			what, object_name(w));
	return hw_arena_printf(w->arena, "%s %s %s while %s %s it", thread_name(w, 0), what,
		object_name(w), thread_name(w, 1),
		t[1].act == HW_ACT_WAIT ? "waits for" : "holds");
}

static const char *end_title(const struct wording *w)
{
	bool waited_for = w->finding->thread_count > 1;

	return hw_arena_printf(w->arena, "%s ended while it held %s%s%s%s", thread_name(w, 0),
		w->finding->rule == HW_RULE_UNIT_LOST ? "a unit of " : "", object_name(w),
		waited_for ? ", for which waits " : "", waited_for ? thread_name(w, 1) : "");
}

/* "SIGALRM" */
static const char *signal_name(const struct wording *w)
{
	return hw_stack_signal_name(
		hw_stack_signal(w->model, w->finding->threads[0].stack), w->arena);
}

const char *hw_wording_misuse_title(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena)
{
	struct wording w = { model, finding, arena };

	switch (finding->rule) {
	case HW_RULE_UNLOCK:
		return unlock_title(&w);
	case HW_RULE_DESTROY_IN_USE:
		return destroy_title(&w);
	case HW_RULE_INTERRUPTION:
		return hw_arena_printf(arena,
			"a handler of %s takes %s and can interrupt %s while it holds %s",
			signal_name(&w), object_name(&w), thread_name(&w, 0),
			model->objects[finding->objects[0]].short_label);
	case HW_RULE_INHERITED:
		return hw_arena_printf(arena,
			"%s of a forked child waits for %s, which %s of its parent held",
			thread_name(&w, 0), object_name(&w), thread_name(&w, 1));
	default:
		return end_title(&w);
	}
}

static const char *unlock_help(const struct wording *w)
{
	if (w->finding->thread_count > 1 && !w->finding->threads[1].held_before)
		return "unlock it in the thread that locked it; to tell another thread to go on, "
		       "use a semaphore or a condition variable";
	return "unlock it once for every time it is locked: on some way through the code it is "
	       "unlocked twice, or never locked";
}

static const char *destroy_help(const struct wording *w)
{
	const char *name = w->model->objects[w->finding->objects[0]].short_label;

	if (w->finding->threads[0].hold_count)
		return hw_arena_printf(w->arena,
			"unlock %s first; who waits for it must be able to go on", name);
	return hw_arena_printf(w->arena,
		"let nobody find %s any more before it ends: join the threads that use it, or "
		"count who does",
		name);
}

const char *hw_wording_misuse_handler_help(const struct hw_model *model,
	const struct hw_finding_thread *thread, struct hw_arena *arena)
{
	return hw_arena_printf(arena,
		"lock nothing in a signal handler: let it set a flag, write to a pipe or sem_post; "
		"or block %s wherever %s is held",
		hw_stack_signal_name(hw_stack_signal(model, thread->stack), arena),
		model->objects[thread->object].short_label);
}

const char *hw_wording_misuse_help(
	const struct hw_model *model, const struct hw_finding *finding, struct hw_arena *arena)
{
	struct wording w = { model, finding, arena };

	switch (finding->rule) {
	case HW_RULE_UNLOCK:
		return unlock_help(&w);
	case HW_RULE_DESTROY_IN_USE:
		return destroy_help(&w);
	case HW_RULE_INTERRUPTION:
		return hw_wording_misuse_handler_help(model, &finding->threads[0], arena);
	case HW_RULE_INHERITED:
		return "between fork and exec call only what signal-safety(7) lists, or use "
		       "posix_spawn; or take the lock before the fork and give it back on both "
		       "sides, with pthread_atfork";
	case HW_RULE_UNIT_LOST:
		return "post it on every way out of the thread, also of errors and cancellation";
	default:
		return "unlock it on every way out of the thread, also of errors and cancellation; "
		       "what processes that may die share can be a robust mutex";
	}
}
