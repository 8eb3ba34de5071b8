/* SPDX-License-Identifier: MIT */
#include "analyzer/pattern.h"

#include <stdlib.h>

#include "trace/memory.h"

/* Steps tried to use up a semaphore; beyond that it is taken to be possible. */
enum { COMPLETION_TRIES_MAX = 10000 };

void hw_pattern_init(struct hw_pattern *pattern, const struct hw_model *model,
	const struct hw_steps *steps, bool any_thread)
{
	*pattern = (struct hw_pattern){
		.model = model,
		.steps = steps,
		.any_thread = any_thread,
		.because_object = HW_NONE,
		.position_of = hw_xcalloc(model->thread_count, sizeof(uint32_t)),
		.asked = hw_xcalloc(model->thread_count, sizeof(uint64_t)),
		.owner = hw_xcalloc(model->object_count, sizeof(uint32_t)),
		.readers = hw_xcalloc(model->object_count, sizeof(uint32_t)),
		.units = hw_xcalloc(model->object_count, sizeof(int64_t)),
	};
	for (uint32_t i = 0; i < model->thread_count; i++)
		pattern->position_of[i] = HW_NONE;
}

void hw_pattern_finish(struct hw_pattern *pattern)
{
	free(pattern->path);
	free(pattern->taker_at);
	free(pattern->position_of);
	free(pattern->asked);
	free(pattern->owner);
	free(pattern->readers);
	free(pattern->units);
	*pattern = (struct hw_pattern){ 0 };
}

static const struct hw_step *step_at(const struct hw_pattern *p, uint32_t position)
{
	return &p->steps->all[p->path[position]];
}

const struct hw_step_taker *hw_pattern_taker(const struct hw_pattern *pattern, uint32_t position)
{
	return &pattern->steps->takers[pattern->taker_at[position]];
}

/* Whether waiting by one step is ended by what the other, next in the ring, holds. */
static enum hw_reason check_conflict(
	struct hw_pattern *p, const struct hw_step *waits, const struct hw_step *holds)
{
	p->because_object = p->model->dependencies[waits->dependency].object;
	return waits->awaited_shared && holds->held_shared ? HW_REASON_READERS : HW_REASON_NONE;
}

/*
 * Find a taker for a position, moving others to other takers where that helps.
 * Recursion goes at most as deep as the path is long.
 */
static bool assign(struct hw_pattern *p, uint32_t position)
{
	const struct hw_step *step = step_at(p, position);
	uint32_t enough = step->taker_count < p->length ? step->taker_count : p->length;

	if (p->any_thread) {
		p->taker_at[position] = step->first_taker;
		return true;
	}
	for (uint32_t i = 0; i < enough; i++) {
		uint32_t taker = step->first_taker + i, thread = p->steps->takers[taker].thread;

		if (p->asked[thread] == p->search)
			continue;
		p->asked[thread] = p->search;
		if (p->position_of[thread] == HW_NONE || assign(p, p->position_of[thread])) {
			p->position_of[thread] = position;
			p->taker_at[position] = taker;
			return true;
		}
	}
	return false;
}

/* Let the path hold an object at a position, if it can. */
static enum hw_reason occupy(struct hw_pattern *p, const struct hw_hold *hold, uint32_t position)
{
	uint32_t o = hold->object;
	bool others = p->owner[o] && p->owner[o] != position + 1;

	p->because_object = o;
	if (hw_model_capacity(p->model, o) > 1) {
		if (p->units[o] + hold->count > hw_model_capacity(p->model, o))
			return HW_REASON_CAPACITY;
		p->units[o] += hold->count;
		return HW_REASON_NONE;
	}
	if (others || (!hold->shared && p->readers[o]))
		return HW_REASON_GATE;
	if (hold->shared)
		p->readers[o]++;
	else
		p->owner[o] = position + 1;
	return HW_REASON_NONE;
}

static void vacate(struct hw_pattern *p, const struct hw_hold *hold)
{
	uint32_t o = hold->object;

	if (hw_model_capacity(p->model, o) > 1)
		p->units[o] -= hold->count;
	else if (hold->shared)
		p->readers[o]--;
	else
		p->owner[o] = 0;
}

/* Give back the first `count` holds of a dependency. */
static void vacate_all(struct hw_pattern *p, const struct hw_dependency *dependency, uint32_t count)
{
	while (count--) {
		const struct hw_hold *hold = &p->model->holds[dependency->first_hold + count];

		if (hw_model_is_lock(p->model, hold->object))
			vacate(p, hold);
	}
}

static enum hw_reason occupy_all(
	struct hw_pattern *p, const struct hw_dependency *dependency, uint32_t position)
{
	for (uint32_t i = 0; i < dependency->hold_count; i++) {
		const struct hw_hold *hold = &p->model->holds[dependency->first_hold + i];
		enum hw_reason reason = hw_model_is_lock(p->model, hold->object)
						? occupy(p, hold, position)
						: HW_REASON_NONE;

		if (reason) {
			vacate_all(p, dependency, i);
			return reason;
		}
	}
	return HW_REASON_NONE;
}

static void make_room(struct hw_pattern *p)
{
	if (p->length < p->capacity)
		return;
	p->capacity = p->capacity ? 2 * p->capacity : 16;
	p->path = hw_xrealloc(p->path, p->capacity * sizeof(*p->path));
	p->taker_at = hw_xrealloc(p->taker_at, p->capacity * sizeof(*p->taker_at));
}

/* Add a step at the end, whatever the one before waits for. */
static enum hw_reason join(struct hw_pattern *pattern, uint32_t step)
{
	const struct hw_step *s = &pattern->steps->all[step];
	const struct hw_dependency *dependency = &pattern->model->dependencies[s->dependency];
	uint32_t position = pattern->length;
	enum hw_reason reason;

	pattern->because_object = dependency->object;
	if (s->tried)
		return HW_REASON_TRY;
	if (s->plentiful)
		return HW_REASON_CAPACITY;
	reason = occupy_all(pattern, dependency, position);
	if (reason)
		return reason;
	make_room(pattern);
	pattern->path[position] = step;
	pattern->length++;
	pattern->search++;
	if (assign(pattern, position))
		return HW_REASON_NONE;
	pattern->length--;
	vacate_all(pattern, dependency, dependency->hold_count);
	return HW_REASON_ONE_THREAD;
}

enum hw_reason hw_pattern_push(struct hw_pattern *pattern, uint32_t step)
{
	const struct hw_step *s = &pattern->steps->all[step];
	enum hw_reason reason = HW_REASON_NONE;

	if (pattern->length > 0)
		reason = check_conflict(pattern, step_at(pattern, pattern->length - 1), s);
	return reason ? reason : join(pattern, step);
}

void hw_pattern_pop(struct hw_pattern *pattern)
{
	uint32_t position = --pattern->length;
	const struct hw_step *step = step_at(pattern, position);
	const struct hw_dependency *dependency = &pattern->model->dependencies[step->dependency];

	pattern->position_of[hw_pattern_taker(pattern, position)->thread] = HW_NONE;
	vacate_all(pattern, dependency, dependency->hold_count);
}

enum hw_reason hw_pattern_close(struct hw_pattern *pattern)
{
	return check_conflict(pattern, step_at(pattern, pattern->length - 1), step_at(pattern, 0));
}

/* Whether one step keeps what another waits for, if that is what it is from. */
static bool can_keep(const struct hw_step *holds, const struct hw_step *waits)
{
	return !(waits->awaited_shared && holds->held_shared);
}

static bool is_read_by(const struct hw_pattern *p, const struct hw_step *step, uint32_t object)
{
	const struct hw_dependency *dependency = &p->model->dependencies[step->dependency];

	for (uint32_t i = 0; i < dependency->hold_count; i++)
		if (p->model->holds[dependency->first_hold + i].object == object)
			return p->model->holds[dependency->first_hold + i].shared;
	return false;
}

/*
 * Whether what is waited for at a position is kept by others on the path: of a semaphore, all
 * units. What readers wait for is not kept by readers, but may be by a writer in the queue.
 */
static bool is_kept(const struct hw_pattern *p, uint32_t position)
{
	const struct hw_step *step = step_at(p, position);
	const struct hw_dependency *waits = &p->model->dependencies[step->dependency];
	uint32_t o = waits->object;

	if (hw_model_capacity(p->model, o) > 1)
		return p->units[o] + waits->units > hw_model_capacity(p->model, o);
	for (uint32_t i = 0; i < p->length; i++)
		if (i != position && step_at(p, i)->from == step->to &&
			can_keep(step_at(p, i), step))
			return true;
	if (p->owner[o])
		return p->owner[o] != position + 1;
	return !waits->shared && p->readers[o] > is_read_by(p, step, o);
}

/*
 * Let every wait be kept by somebody, trying what could do so one after the other. The ring
 * is kept by itself, except where it waits for a semaphore that is not used up.
 */
static bool keep_all(struct hw_pattern *p, uint32_t from, int *tries)
{
	const struct hw_digraph *shape = &p->steps->shape;
	const struct hw_step *waits;

	while (from < p->length && is_kept(p, from))
		from++;
	if (from == p->length)
		return true;
	waits = step_at(p, from);
	for (uint32_t arc = shape->first[waits->to]; arc < shape->first[waits->to + 1]; arc++) {
		if ((*tries)-- <= 0)
			return false;
		if (!can_keep(&p->steps->all[arc], waits) || join(p, arc))
			continue;
		if (keep_all(p, from, tries))
			return true;
		hw_pattern_pop(p);
	}
	return false;
}

enum hw_reason hw_pattern_complete(struct hw_pattern *pattern)
{
	uint32_t ring_length = pattern->length;
	int tries = COMPLETION_TRIES_MAX;

	for (uint32_t i = 0; i < ring_length; i++) {
		uint32_t o = pattern->model->dependencies[step_at(pattern, i)->dependency].object;

		if (hw_model_capacity(pattern->model, o) <= 1 ||
			is_kept(pattern, i))
			continue;
		if (keep_all(pattern, i, &tries) || tries < 0)
			return HW_REASON_NONE;
		pattern->because_object = o;
		return HW_REASON_CAPACITY;
	}
	return HW_REASON_NONE;
}

const char *hw_pattern_reason_name(enum hw_reason reason)
{
	static const char *const names[] = {
		[HW_REASON_NONE] = NULL,
		[HW_REASON_TRY] = "try",
		[HW_REASON_ONE_THREAD] = "one-thread",
		[HW_REASON_GATE] = "gate",
		[HW_REASON_CAPACITY] = "capacity",
		[HW_REASON_READERS] = "readers",
		[HW_REASON_ORDERED] = "ordered",
	};

	return names[reason];
}
