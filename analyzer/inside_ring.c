/* SPDX-License-Identifier: MIT */
/*
 * Rings of three that begin with a join: the joined thread does not want the lock itself, but
 * waits for a thread that does, or for a lock that another one holds while it wants the first.
 */
#include <stdlib.h>

#include "analyzer/inside_private.h"
#include "trace/memory.h"

/* Ways on which the joined thread may come to wait, of which the first few are looked at. */
enum { WAYS_MAX = 16 };

struct way {
	uint32_t object;     /* that the joined thread waits for */
	uint32_t thread;     /* the third one */
	uint32_t dependency; /* by which that one wants the lock; HW_NONE: at `wants` */
	uint32_t hold;
	struct hw_inside_moments waits, wants; /* of the joined thread, and of the third one */
};

struct ways {
	const struct hw_inside_search *s;
	const struct hw_inside_wait *wait;
	uint32_t joined;
	struct way all[WAYS_MAX];
	uint32_t count;
};

static bool takes_part(const struct ways *w, uint32_t thread)
{
	return thread == w->joined || thread == hw_inside_dependency(w->s, w->wait)->thread;
}

static struct way *new_way(struct ways *w, uint32_t object, uint32_t thread)
{
	struct way *way = &w->all[w->count++];

	*way = (struct way){ .object = object, .thread = thread, .dependency = HW_NONE,
		.hold = HW_NONE };
	return way;
}

/* By what others wait for while they hold something. */
static void find_by_dependency(struct ways *w)
{
	const struct hw_model *model = w->s->model;
	const struct hw_hold *lock = hw_inside_lock(w->s, w->wait);

	for (uint32_t d = 0; d < model->dependency_count; d++) {
		const struct hw_dependency *dependency = &model->dependencies[d];

		if (dependency->object != lock->object || dependency->how & HW_HOW_TRY ||
			(dependency->shared && lock->shared) ||
			takes_part(w, dependency->thread) || !w->s->instances[d].count)
			continue;
		for (uint32_t i = 0; i < dependency->hold_count && w->count < WAYS_MAX; i++) {
			uint32_t hold = dependency->first_hold + i;
			struct way *way;

			if (!hw_inside_keeps_out(model, &model->holds[hold]))
				continue;
			way = new_way(w, model->holds[hold].object, dependency->thread);
			way->dependency = d;
			way->hold = hold;
		}
	}
}

/* By the joined thread waiting for the end of one that wants the lock. */
static void find_by_join(struct ways *w, const struct hw_moment *moment)
{
	uint32_t thread = w->s->thread_of[moment->object];
	struct hw_inside_wait needs = *w->wait;
	struct way *way;

	for (uint32_t i = 0; i < w->count; i++)
		if (w->all[i].object == moment->object)
			return;
	if (thread == HW_NONE || takes_part(w, thread) || w->count == WAYS_MAX)
		return;
	needs.needs = NULL;
	needs.need_count = needs.need_capacity = 0;
	hw_inside_find_needs(w->s, &needs, thread);
	way = new_way(w, moment->object, thread);
	for (uint32_t i = 0; i < needs.need_count; i++)
		hw_inside_add_moment(&way->wants, needs.needs[i].moment);
	free(needs.needs);
}

/* Whether the joined thread only wants to read what the third one holds to read. */
static bool both_read(const struct ways *w, const struct way *way, const struct hw_moment *moment)
{
	return way->hold != HW_NONE && w->s->model->holds[way->hold].shared &&
	       moment->how & HW_HOW_SHARED;
}

/* When the joined thread waits on any of the ways. */
static void find_waits(struct ways *w)
{
	const struct hw_life *life = hw_history_life(w->s->history, w->joined);
	struct hw_held held = { 0 };

	for (uint32_t i = 0; i < life->count && i < life->sound; i++) {
		const struct hw_moment *moment = &life->moments[i];
		bool join = moment->op == HW_OP_JOIN && moment->object != HW_NONE;
		bool takes = hw_moment_acquires(w->s->model, moment) &&
			     !(moment->how & HW_HOW_TRY) && !hw_held_find(&held, moment->object);

		if (join)
			find_by_join(w, moment);
		for (uint32_t k = 0; (join || takes) && k < w->count; k++)
			if (w->all[k].object == moment->object && !both_read(w, &w->all[k], moment))
				hw_inside_add_moment(
					&w->all[k].waits, hw_inside_begin(life, i));
		hw_held_step(&held, w->s->model, i, moment);
	}
	hw_held_finish(&held);
}

static bool meets(const struct ways *w, const struct way *way,
	const struct hw_inside_moments *joins, struct hw_inside *ret_inside)
{
	const struct hw_inside_search *s = w->s;
	const struct hw_dependency *dependency = hw_inside_dependency(s, w->wait);
	const struct hw_instances *wants =
		way->dependency == HW_NONE ? NULL : &s->instances[way->dependency];
	const struct hw_predict_side sides[] = { { dependency->thread, joins->all, joins->count },
		{ w->joined, way->waits.all, way->waits.count },
		{ way->thread, wants ? wants->moments : way->wants.all,
			wants ? wants->count : way->wants.count } };
	struct hw_inside inside = { .length = 3, .wake = HW_NONE,
		.outlook = HW_OUTLOOK_PREDICTED };

	hw_predict_sides(s->model, s->history, sides, 3, &inside.prediction);
	if (inside.prediction.outlook != HW_OUTLOOK_PREDICTED) {
		hw_prediction_finish(&inside.prediction);
		return false;
	}
	inside.sides[0] = hw_inside_first_side(s, w->wait);
	inside.sides[1] = (struct hw_inside_side){ w->joined, way->object, HW_NONE, HW_NONE,
		inside.prediction.moments[1] };
	inside.sides[2] = (struct hw_inside_side){ way->thread,
		hw_inside_lock(s, w->wait)->object, way->dependency, way->hold,
		inside.prediction.moments[2] };
	*ret_inside = inside;
	return true;
}

bool hw_inside_meet_ring(const struct hw_inside_search *s, const struct hw_inside_wait *wait,
	const struct hw_inside_moments *joins, struct hw_inside *ret_inside)
{
	struct ways w = { .s = s, .wait = wait,
		.joined = s->thread_of[hw_inside_dependency(s, wait)->object] };
	bool found = false;

	if (w.joined == HW_NONE || w.joined == hw_inside_dependency(s, wait)->thread)
		return false;
	find_by_dependency(&w);
	find_waits(&w);
	for (uint32_t i = 0; i < w.count; i++) {
		struct way *way = &w.all[i];

		found = found || (way->waits.count && meets(&w, way, joins, ret_inside));
		free(way->waits.all);
		free(way->wants.all);
	}
	return found;
}
