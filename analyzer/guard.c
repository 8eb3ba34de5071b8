/* SPDX-License-Identifier: MIT */
#include "analyzer/guard.h"

#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

void hw_guards_init(struct hw_guards *guards, const struct hw_history *history)
{
	guards->of = hw_xcalloc(history->thread_count, sizeof(*guards->of));
	guards->counts = hw_xcalloc(history->thread_count, sizeof(*guards->counts));
}

void hw_guards_finish(struct hw_guards *guards, const struct hw_history *history)
{
	for (uint32_t i = 0; i < history->thread_count; i++)
		free(guards->of[i]);
	free(guards->of);
	free(guards->counts);
}

/* Whether an acquisition of the parent lasts from before it creates the child to after the join. */
static bool spans(const struct hw_moment *moment, uint32_t join)
{
	return moment->release == HW_NONE || moment->release > join;
}

static void add(struct hw_guards *guards, uint32_t thread, struct hw_guard guard, size_t *capacity)
{
	HW_GROW(guards->of[thread], guards->counts[thread], *capacity);
	guards->of[thread][guards->counts[thread]++] = guard;
}

/* All guards of a thread: those of its parent's own sections, and its parent's guards. */
static void find(struct hw_guards *guards, const struct hw_model *model,
	const struct hw_history *history, uint32_t thread)
{
	const struct hw_life *life = &history->lives[thread];
	const struct hw_moment *moments;
	const struct hw_life *creator;
	size_t capacity = 0;

	if (guards->of[thread])
		return;
	guards->of[thread] = hw_xcalloc(1, sizeof(struct hw_guard));
	capacity = 1;
	if (life->creator == HW_NONE || life->joiner != life->creator ||
		life->joined >= history->lives[life->creator].sound)
		return;
	creator = hw_history_life(history, life->creator);
	moments = creator->moments;
	for (uint32_t i = 0; i < life->created && i < creator->count; i++)
		if (hw_moment_acquires(model, &moments[i]) && moments[i].release != i &&
			!(moments[i].how & HW_HOW_SHARED) &&
			hw_model_capacity(model, moments[i].object) == 1 &&
			spans(&moments[i], life->joined))
			add(guards, thread,
				(struct hw_guard){ moments[i].object, life->creator, i },
				&capacity);
	find(guards, model, history, life->creator);
	for (uint32_t i = 0; i < guards->counts[life->creator]; i++)
		add(guards, thread, guards->of[life->creator][i], &capacity);
}

static bool holds(const struct hw_model *model, const struct hw_dependency *dependency,
	uint32_t object)
{
	for (uint32_t i = 0; i < dependency->hold_count; i++)
		if (model->holds[dependency->first_hold + i].object == object)
			return true;
	return false;
}

/* Guards of one against what the other holds, or is guarded by. */
static uint32_t guarded_against(struct hw_guards *guards, const struct hw_model *model,
	const struct hw_dependency *one, const struct hw_dependency *other)
{
	for (uint32_t i = 0; i < guards->counts[one->thread]; i++) {
		const struct hw_guard *guard = &guards->of[one->thread][i];

		if (guard->thread == other->thread)
			continue;
		if (holds(model, other, guard->object))
			return guard->object;
		for (uint32_t j = 0; j < guards->counts[other->thread]; j++) {
			const struct hw_guard *others = &guards->of[other->thread][j];

			if (others->object == guard->object &&
				(others->thread != guard->thread || others->index != guard->index))
				return guard->object;
		}
	}
	return HW_NONE;
}

uint32_t hw_guards_between(struct hw_guards *guards, const struct hw_model *model,
	const struct hw_history *history, uint32_t dependency, uint32_t other_dependency)
{
	const struct hw_dependency *one = &model->dependencies[dependency];
	const struct hw_dependency *other = &model->dependencies[other_dependency];
	uint32_t object;

	find(guards, model, history, one->thread);
	find(guards, model, history, other->thread);
	object = guarded_against(guards, model, one, other);
	return object != HW_NONE ? object : guarded_against(guards, model, other, one);
}
