/* SPDX-License-Identifier: MIT */
#include "analyzer/inside_private.h"

#include <stdlib.h>

#include "trace/memory.h"

/* Wakers of one wait that are looked at. */
enum { WAKERS_MAX = 8 };

/* When the thread waits; not when a unit was there from the beginning. */
static struct hw_inside_moments moments_of_wait(
	const struct hw_inside_search *s, const struct hw_inside_wait *wait)
{
	const struct hw_dependency *dependency = hw_inside_dependency(s, wait);
	const struct hw_instances *instances = &s->instances[wait->dependency];
	const struct hw_life *life = hw_history_life(s->history, dependency->thread);
	struct hw_inside_moments moments = { 0 };

	for (uint32_t i = 0; i < instances->count; i++) {
		const struct hw_moment *moment = &life->moments[instances->moments[i]];

		if (moment->op != HW_OP_TAKE || moment->enabler_thread != HW_NONE)
			hw_inside_add_moment(&moments, instances->moments[i]);
	}
	return moments;
}

/* The moments of needs of one thread at which it can be while the other one waits. */
static struct hw_inside_moments moments_of_needs(const struct hw_inside_search *s,
	const struct hw_inside_wait *wait, uint32_t first, uint32_t count)
{
	const struct hw_life *life = hw_history_life(s->history, wait->needs[first].thread);
	struct hw_inside_moments moments = { 0 };
	struct hw_held held = { 0 };

	for (uint32_t i = 0, n = first; n < first + count; i++) {
		if (wait->needs[n].moment == i && !hw_inside_excluded(s, wait, life, &held))
			hw_inside_add_moment(&moments, i);
		while (n < first + count && wait->needs[n].moment == i)
			n++;
		hw_held_step(&held, s->model, i, &life->moments[i]);
	}
	hw_held_finish(&held);
	return moments;
}

/* Whether nobody is past the lock and on the way to end the wait. */
static bool nobody_is_past(
	const struct hw_inside_wait *wait, const struct hw_prediction *prediction)
{
	uint32_t looked_at = HW_NONE;

	for (uint32_t i = 0; i < wait->need_count; i++) {
		const struct hw_inside_need *need = &wait->needs[i];
		uint32_t before = prediction->before[need->thread];

		if (need->thread == looked_at || need->wake < before)
			continue;
		looked_at = need->thread;
		if (need->moment < before)
			return false;
	}
	return true;
}

/* Whether what was signalled on the way came before the thread slept: then it is forgotten. */
static bool nobody_woke_it(const struct hw_inside_search *s, const struct hw_inside_wait *wait,
	const struct hw_prediction *prediction)
{
	const struct hw_dependency *dependency = hw_inside_dependency(s, wait);
	const struct hw_moment *sleep =
		&hw_history_life(s->history, dependency->thread)->moments[prediction->moments[0]];

	for (uint32_t i = 0; i < wait->need_count; i++) {
		const struct hw_inside_need *need = &wait->needs[i];
		const struct hw_life *life = hw_history_life(s->history, need->thread);

		if (need->wake < prediction->before[need->thread] &&
			life->moments[need->wake].position > sleep->position)
			return false;
	}
	return true;
}

/* Whether all units that were there or posted on the way were taken, too. */
static bool no_unit_is_left(const struct hw_inside_search *s, const struct hw_inside_wait *wait,
	const struct hw_prediction *prediction)
{
	uint32_t object = hw_inside_dependency(s, wait)->object;
	int64_t left = 0;

	for (uint32_t t = 0; t < s->history->thread_count; t++) {
		const struct hw_life *life = hw_history_life(s->history, t);

		for (uint32_t i = 0; i < life->count; i++) {
			const struct hw_moment *moment = &life->moments[i];
			bool in = i < prediction->before[t];

			if (moment->object != object)
				continue;
			if (moment->op == HW_OP_POST)
				left += in;
			else if (moment->op == HW_OP_TAKE && moment->enabler_thread == HW_NONE)
				left += !in;
			else if (moment->op == HW_OP_TAKE)
				left -= in;
		}
	}
	return left <= 0;
}

static bool stays(const struct hw_inside_search *s, const struct hw_inside_wait *wait,
	const struct hw_prediction *prediction)
{
	const struct hw_object *o = &s->model->objects[hw_inside_dependency(s, wait)->object];

	switch (o->kind) {
	case HW_KIND_COND:
		return nobody_is_past(wait, prediction) && nobody_woke_it(s, wait, prediction);
	case HW_KIND_SEM:
		return nobody_is_past(wait, prediction) && no_unit_is_left(s, wait, prediction);
	case HW_KIND_BARRIER:
		return (int64_t)wait->thread_count + 1 == o->capacity;
	default:
		return true;
	}
}

static uint32_t wake_after(const struct hw_inside_wait *wait, uint32_t first, uint32_t moment)
{
	while (wait->needs[first].moment != moment)
		first++;
	return wait->needs[first].wake;
}

/* Look at the needs of one thread. */
static enum hw_outlook meet_one(const struct hw_inside_search *s,
	const struct hw_inside_wait *wait, const struct hw_inside_moments *waits, uint32_t first,
	uint32_t count, struct hw_inside *ret_inside)
{
	const struct hw_dependency *dependency = hw_inside_dependency(s, wait);
	struct hw_inside_moments needs = moments_of_needs(s, wait, first, count);
	const struct hw_predict_side sides[] = {
		{ dependency->thread, waits->all, waits->count },
		{ wait->needs[first].thread, needs.all, needs.count } };
	struct hw_inside inside = { .length = 2 };
	uint32_t moment;

	if (!needs.count) {
		free(needs.all);
		return HW_OUTLOOK_GATED;
	}
	hw_predict_sides(s->model, s->history, sides, 2, &inside.prediction);
	inside.outlook = inside.prediction.outlook;
	if (inside.outlook == HW_OUTLOOK_PREDICTED && !stays(s, wait, &inside.prediction))
		inside.outlook = HW_OUTLOOK_POSSIBLE;
	moment = inside.outlook == HW_OUTLOOK_PREDICTED ? inside.prediction.moments[1]
							 : needs.all[0];
	if (inside.outlook != HW_OUTLOOK_PREDICTED)
		hw_prediction_finish(&inside.prediction);
	inside.sides[0] = hw_inside_first_side(s, wait);
	inside.sides[1] = (struct hw_inside_side){ .thread = sides[1].thread,
		.object = hw_inside_lock(s, wait)->object, .dependency = HW_NONE,
		.hold = HW_NONE, .moment = moment };
	inside.wake = wake_after(wait, first, moment);
	free(needs.all);
	*ret_inside = inside;
	return inside.outlook;
}

/* How many needs from `first` on are of its thread. */
static uint32_t count_of_thread(const struct hw_inside_wait *wait, uint32_t first)
{
	uint32_t count = 1;

	while (first + count < wait->need_count &&
		wait->needs[first + count].thread == wait->needs[first].thread)
		count++;
	return count;
}

/* Who always has the lock before the wait begins can end it. */
static bool can_end(const struct hw_inside_search *s, const struct hw_inside_wait *wait,
	uint32_t ordered)
{
	const struct hw_object *o = &s->model->objects[hw_inside_dependency(s, wait)->object];

	if (o->kind == HW_KIND_BARRIER)
		return wait->free_count + ordered >= o->capacity - 1;
	return ordered > 0;
}

/* Look at what each of the others needs. */
static bool meet_pair(const struct hw_inside_search *s, const struct hw_inside_wait *wait,
	const struct hw_inside_moments *waits, struct hw_inside *ret_inside)
{
	struct hw_inside best = { .outlook = HW_OUTLOOK_ORDERED };
	uint32_t ordered = 0, wakers = 0, count;

	for (uint32_t first = 0; first < wait->need_count && wakers < WAKERS_MAX &&
		best.outlook != HW_OUTLOOK_PREDICTED; first += count, wakers++) {
		struct hw_inside inside;
		enum hw_outlook outlook;

		count = count_of_thread(wait, first);
		outlook = meet_one(s, wait, waits, first, count, &inside);
		ordered += outlook == HW_OUTLOOK_ORDERED;
		if (outlook == HW_OUTLOOK_PREDICTED ||
			(outlook == HW_OUTLOOK_POSSIBLE && best.outlook == HW_OUTLOOK_ORDERED))
			best = inside;
	}
	if (best.outlook == HW_OUTLOOK_ORDERED || can_end(s, wait, ordered)) {
		hw_prediction_finish(&best.prediction);
		return false;
	}
	*ret_inside = best;
	return true;
}

bool hw_inside_meet(const struct hw_inside_search *s, const struct hw_inside_wait *wait,
	struct hw_inside *ret_inside)
{
	struct hw_inside_moments waits = moments_of_wait(s, wait);
	uint32_t object = hw_inside_dependency(s, wait)->object;
	bool found = waits.count && meet_pair(s, wait, &waits, ret_inside);

	if (!found && waits.count && s->model->objects[object].kind == HW_KIND_THREAD)
		found = hw_inside_meet_ring(s, wait, &waits, ret_inside);
	free(waits.all);
	return found;
}
