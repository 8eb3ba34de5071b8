/* SPDX-License-Identifier: MIT */
#include "analyzer/inside_private.h"

#include "trace/memory.h"

static void need(struct hw_inside_wait *wait, uint32_t thread, uint32_t moment)
{
	HW_GROW(wait->needs, wait->need_count, wait->need_capacity);
	wait->needs[wait->need_count++] = (struct hw_inside_need){
		.thread = thread, .moment = moment, .wake = HW_NONE };
}

/*
 * Whether somebody is told of something while the lock is held. Then who joins under the same lock
 * most likely knows that there is nothing left to do but to end.
 */
static bool tells(const struct hw_life *life, uint32_t index)
{
	uint32_t release = life->moments[index].release;

	for (uint32_t i = index; i < life->count && i < release; i++)
		if (life->moments[i].op == HW_OP_SIGNAL || life->moments[i].op == HW_OP_BROADCAST)
			return true;
	return false;
}

void hw_inside_find_needs(
	const struct hw_inside_search *s, struct hw_inside_wait *wait, uint32_t thread)
{
	const struct hw_hold *lock = hw_inside_lock(s, wait);
	const struct hw_life *life = hw_history_life(s->history, thread);
	struct hw_held held = { 0 };

	for (uint32_t i = 0; i < life->count && i < life->sound; i++) {
		const struct hw_moment *moment = &life->moments[i];
		bool both_read = lock->shared && moment->how & HW_HOW_SHARED;

		if (hw_moment_acquires(s->model, moment) && moment->object == lock->object &&
			!(moment->how & HW_HOW_TRY) && !both_read &&
			!hw_held_find(&held, lock->object) &&
			!hw_inside_excluded(s, wait, life, &held) && !tells(life, i))
			need(wait, thread, hw_inside_begin(life, i));
		hw_held_step(&held, s->model, i, moment);
	}
	hw_held_finish(&held);
}
