/* SPDX-License-Identifier: MIT */
#include "analyzer/instance.h"

#include <stdlib.h>

#include "analyzer/held.h"
#include "trace/memory.h"

/* A dependency that is wanted, by what a moment tells of it. */
struct wanted {
	uint64_t place; /* see place_of */
	uint32_t dependency;
};

struct search {
	const struct hw_model *model;
	struct hw_instances *instances;
	const struct wanted *wanted; /* of this thread, by place */
	uint32_t wanted_count;
	struct hw_held held;
	uint32_t waits_for; /* the object of a wait whose end has not come */
	uint32_t together;  /* the last moments, which took with one call, are not in `held` yet */
};

/* Objects that were thought to be held but do not lock (a semaphore that signals) do not count. */
static bool holds_the_same(const struct search *s, const struct hw_dependency *dependency)
{
	uint32_t locks = 0;

	for (uint32_t i = 0; i < dependency->hold_count; i++) {
		const struct hw_hold *hold = &s->model->holds[dependency->first_hold + i];
		uint32_t object = hold->object;
		const struct hw_held_lock *held;

		if (!hw_model_is_lock(s->model, object))
			continue;
		held = hw_held_find(&s->held, object);
		if (!held || held->shared != hold->shared)
			return false;
		if (hw_model_capacity(s->model, object) > 1 &&
			held->depth != (uint64_t)hold->count)
			return false;
		locks++;
	}
	return locks == s->held.count;
}

static uint64_t place_of(uint32_t object, uint32_t stack)
{
	return (uint64_t)object << 32 | stack;
}

/* The first of what is wanted at a place, if anything is. */
static uint32_t first_at(const struct search *s, uint64_t place)
{
	uint32_t low = 0, high = s->wanted_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (s->wanted[middle].place < place)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void note(const struct search *s, uint32_t index, const struct hw_moment *moment)
{
	uint64_t place = place_of(moment->object, moment->stack);
	bool shared = moment->how & HW_HOW_SHARED;

	for (uint32_t i = first_at(s, place); i < s->wanted_count && s->wanted[i].place == place;
		i++) {
		uint32_t d = s->wanted[i].dependency;
		const struct hw_dependency *dependency = &s->model->dependencies[d];
		struct hw_instances *instances = &s->instances[d];

		if (dependency->shared != shared || !holds_the_same(s, dependency))
			continue;
		HW_GROW(instances->moments, instances->count, instances->capacity);
		instances->moments[instances->count++] = index;
	}
}

/* What it waits for, and whether that wait is over. */
static void follow_wait(struct search *s, uint32_t index, const struct hw_moment *moment)
{
	switch ((enum hw_op)moment->op) {
	case HW_OP_WAIT:
		s->waits_for = moment->object;
		note(s, index, moment);
		break;
	case HW_OP_SLEEP:
	case HW_OP_ARRIVE:
		note(s, index, moment);
		break;
	case HW_OP_LOCK:
	case HW_OP_ONCE_BEGIN:
	case HW_OP_TAKE:
	case HW_OP_JOIN:
		if (s->waits_for != moment->object)
			note(s, index, moment);
		s->waits_for = HW_NONE;
		break;
	case HW_OP_FAIL:
	case HW_OP_CANCEL:
		s->waits_for = HW_NONE;
		break;
	default:
		break;
	}
}

/* What one call takes is waited for with what was held before the call. */
static void look_at(struct search *s, uint32_t index, const struct hw_moment *moment)
{
	follow_wait(s, index, moment);
	s->together++;
	if (moment->op == HW_OP_TAKE && moment->how & HW_HOW_MORE)
		return;
	while (s->together--)
		hw_held_step(&s->held, s->model, index - s->together, moment - s->together);
	s->together = 0;
}

static int compare_places(const void *a, const void *b)
{
	const struct wanted *one = a, *other = b;

	return (one->place > other->place) - (one->place < other->place);
}

/* By thread, and then by place: those of t are ret_first[t] up to ret_first[t + 1]. */
static struct wanted *sort_wanted(const struct hw_model *model, const bool *wanted,
	uint32_t *ret_first)
{
	struct wanted *sorted = hw_xcalloc(model->dependency_count, sizeof(*sorted));
	uint32_t *next = hw_xcalloc(model->thread_count, sizeof(*next));

	for (uint32_t i = 0; i < model->dependency_count; i++)
		if (wanted[i])
			ret_first[model->dependencies[i].thread + 1]++;
	for (uint32_t t = 0; t < model->thread_count; t++)
		ret_first[t + 1] += next[t] = ret_first[t];
	for (uint32_t i = 0; i < model->dependency_count; i++) {
		const struct hw_dependency *dependency = &model->dependencies[i];

		if (wanted[i])
			sorted[next[dependency->thread]++] = (struct wanted){
				.place = place_of(dependency->object, dependency->stack),
				.dependency = i,
			};
	}
	for (uint32_t t = 0; t < model->thread_count; t++)
		qsort(sorted + ret_first[t], ret_first[t + 1] - ret_first[t], sizeof(*sorted),
			compare_places);
	free(next);
	return sorted;
}

struct hw_instances *hw_instances_find(const struct hw_model *model,
	const struct hw_history *history, const bool *wanted)
{
	struct hw_instances *instances = hw_xcalloc(model->dependency_count, sizeof(*instances));
	uint32_t *first = hw_xcalloc(model->thread_count + 1, sizeof(*first));
	struct wanted *sorted = sort_wanted(model, wanted, first);
	struct search search = { .model = model, .instances = instances };

	for (uint32_t thread = 0; thread < history->thread_count; thread++) {
		const struct hw_life *life;

		search.wanted = sorted + first[thread];
		search.wanted_count = first[thread + 1] - first[thread];
		if (!search.wanted_count)
			continue;
		life = hw_history_life(history, thread);
		hw_held_clear(&search.held);
		search.waits_for = HW_NONE;
		search.together = 0;
		for (uint32_t i = 0; i < life->count; i++)
			look_at(&search, i, &life->moments[i]);
	}
	hw_held_finish(&search.held);
	free(first);
	free(sorted);
	return instances;
}

void hw_instances_free(const struct hw_model *model, struct hw_instances *instances)
{
	for (uint32_t i = 0; instances && i < model->dependency_count; i++)
		free(instances[i].moments);
	free(instances);
}
