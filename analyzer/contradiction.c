/* SPDX-License-Identifier: MIT */
#include "analyzer/contradiction.h"

#include <inttypes.h>
#include <stdlib.h>

#include "trace/memory.h"

void hw_contradiction_end(const struct hw_model *model, uint64_t nobodys,
	struct hw_history *history)
{
	struct hw_contradictions *contradictions = &history->contradictions;
	uint64_t there = history->event_count + nobodys;

	contradictions->nobodys = nobodys;
	contradictions->count += nobodys;
	if (model->meta.events <= 0 || (uint64_t)model->meta.events <= there)
		return;
	contradictions->missing = (uint64_t)model->meta.events - there;
	for (uint32_t t = 0; t < history->thread_count; t++)
		history->lives[t].sound = 0;
}

/* Whether an event comes with waiting for an object or having it, unlike making it, say. */
static bool is_use(enum hw_op op)
{
	switch (op) {
	case HW_OP_INIT:
	case HW_OP_DESTROY:
	case HW_OP_UNLOCK:
	case HW_OP_POST:
	case HW_OP_SIGNAL:
	case HW_OP_BROADCAST:
	case HW_OP_ONCE_END:
		return false;
	default:
		return true;
	}
}

/* Mark or unmark the objects that a thread waited for or had. */
static void touch(const struct hw_life *life, bool *touched, bool value)
{
	for (uint32_t i = 0; i < life->count; i++)
		if (life->moments[i].object != HW_NONE && is_use(life->moments[i].op))
			touched[life->moments[i].object] = value;
}

static bool is_known(
	const struct hw_model *model, const struct hw_dependency *dependency, const bool *touched)
{
	const struct hw_thread *thread = &model->threads[dependency->thread];

	if (!touched[dependency->object])
		return false;
	/* What a forked child inherits it has never taken. */
	if (model->processes[thread->process].parent != HW_NONE)
		return true;
	for (uint32_t i = 0; i < dependency->hold_count; i++)
		if (!touched[model->holds[dependency->first_hold + i].object])
			return false;
	return true;
}

/* Whether what a thread did is all known; if not, it may have done anything else. */
static bool is_all_there(
	const struct hw_model *model, const struct hw_history *history, uint32_t thread)
{
	const struct hw_life *life = &history->lives[thread];

	return history->event_count && !model->meta.lost && !history->contradictions.missing &&
	       !history->contradictions.nobodys && life->sound >= life->count;
}

bool *hw_contradiction_dependencies(
	const struct hw_model *model, const struct hw_history *history, const bool *wanted)
{
	bool *contradicted = hw_xcalloc(model->dependency_count, sizeof(*contradicted));
	bool *touched = hw_xcalloc(model->object_count, sizeof(*touched));
	uint32_t *next = hw_xcalloc(model->dependency_count, sizeof(*next));
	uint32_t *first = hw_xmalloc(model->thread_count * sizeof(*first));

	for (uint32_t i = 0; i < model->thread_count; i++)
		first[i] = HW_NONE;
	for (uint32_t i = 0; i < model->dependency_count; i++)
		if (wanted[i] && is_all_there(model, history, model->dependencies[i].thread)) {
			next[i] = first[model->dependencies[i].thread];
			first[model->dependencies[i].thread] = i;
		}
	for (uint32_t i = 0; i < model->thread_count; i++) {
		if (first[i] == HW_NONE)
			continue;
		touch(hw_history_life(history, i), touched, true);
		for (uint32_t d = first[i]; d != HW_NONE; d = next[d])
			contradicted[d] = !is_known(model, &model->dependencies[d], touched);
		touch(hw_history_life(history, i), touched, false);
	}
	free(first);
	free(next);
	free(touched);
	return contradicted;
}

/* "7 events contradict the rest ...", or NULL when none does. */
static const char *say_events(const struct hw_model *model,
	const struct hw_contradictions *contradictions, struct hw_arena *arena)
{
	uint64_t count = contradictions->count;
	const char *first = "they are of threads that it does not know";

	if (!count)
		return NULL;
	if (contradictions->first)
		first = hw_arena_printf(arena, "the first is that %s %s",
			model->threads[contradictions->first_thread].label, contradictions->first);
	return hw_arena_printf(arena,
		"%" PRIu64 " event%s contradict%s the rest of the recording (%s), and what %s did "
		"after that is not used for predictions",
		count, count == 1 ? "" : "s", count == 1 ? "s" : "", first,
		count == 1 ? "its thread" : "their threads");
}

static const char *say_missing(
	const struct hw_model *model, uint64_t missing, struct hw_arena *arena)
{
	if (!missing)
		return NULL;
	return hw_arena_printf(arena,
		"%" PRIu64 " of %" PRId64 " events are not there, which contradicts the rest of "
		"the recording, and nothing is predicted from the others", missing,
		model->meta.events);
}

static const char *say_cycles(uint32_t count, struct hw_arena *arena)
{
	if (!count)
		return NULL;
	return hw_arena_printf(arena,
		"%" PRIu32 " lock-order cycle%s left out, as the events know nothing of such "
		"waits", count, count == 1 ? " was" : "s were");
}

static const char *say_rows(uint64_t count, struct hw_arena *arena)
{
	if (!count)
		return NULL;
	return hw_arena_printf(arena,
		"%" PRIu64 " row%s left out, as %s to what the recording does not have", count,
		count == 1 ? " was" : "s were", count == 1 ? "it refers" : "they refer");
}

const char *hw_contradiction_note(const struct hw_model *model,
	const struct hw_contradictions *contradictions, struct hw_arena *arena)
{
	const char *parts[] = { say_missing(model, contradictions->missing, arena),
		say_events(model, contradictions, arena),
		say_cycles(contradictions->cycles, arena), say_rows(model->left_out, arena) };
	const char *note = NULL;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (parts[i])
			note = note ? hw_arena_printf(arena, "%s; %s", note, parts[i]) : parts[i];
	return note;
}
