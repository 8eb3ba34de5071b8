/* SPDX-License-Identifier: MIT */
#include "tests/e2e/script_shrink.h"

#include <string.h>

/* Leave out one step, and its place in the order. */
static void leave_out(struct hw_script *script, unsigned thread, unsigned step)
{
	struct hw_script_thread *steps = &script->threads[thread];
	unsigned nth = 0, at = 0;

	while (script->order[at] != thread || nth++ != step)
		at++;
	script->order_count--;
	memmove(&script->order[at], &script->order[at + 1], script->order_count - at);
	steps->count--;
	memmove(&steps->steps[step], &steps->steps[step + 1],
		(steps->count - step) * sizeof(*steps->steps));
}

/* The step that gives back what one takes, or joins what it creates; or none. */
static int partner(const struct hw_script_thread *thread, unsigned step)
{
	struct hw_script_step first = thread->steps[step];
	char what = first.what == 'C' ? 'J' : 'U';

	if (!strchr("LRTC", first.what))
		return -1;
	for (unsigned i = step + 1; i < thread->count; i++)
		if (thread->steps[i].what == what && thread->steps[i].number == first.number)
			return (int)i;
	return -1;
}

/* Whether all of it can be done in its order, and everything is given back. */
static bool is_whole(const struct hw_script *script)
{
	struct hw_script_state state = { 0 };

	for (unsigned i = 0; i < script->order_count; i++) {
		unsigned thread = script->order[i];
		const struct hw_script_step *next = hw_script_next(script, &state, thread);

		if (!next || !hw_script_can(script, &state, thread) ||
			(next->what == 'U' &&
				!hw_script_holds(script, &state, thread, next->number)))
			return false;
		hw_script_do(&state, thread);
	}
	for (unsigned t = 0; t < script->thread_count; t++)
		for (unsigned o = 0; o < script->object_count; o++)
			if (state.done[t] != script->threads[t].count ||
				hw_script_holds(script, &state, t, o))
				return false;
	return true;
}

static bool all_joined(const struct hw_script *script)
{
	int created = 0;

	for (unsigned t = 0; t < script->thread_count; t++)
		for (unsigned i = 0; i < script->threads[t].count; i++)
			created += (script->threads[t].steps[i].what == 'C') -
				   (script->threads[t].steps[i].what == 'J');
	return !created;
}

/* Without a step and what belongs to it, when that shows it as well. */
static bool shrink_at(struct hw_script *script, unsigned thread, unsigned step,
	hw_script_shows *shows, void *user)
{
	struct hw_script smaller = *script;
	int other = partner(&script->threads[thread], step);

	if (strchr("UJ", script->threads[thread].steps[step].what))
		return false;
	if (other >= 0)
		leave_out(&smaller, thread, (unsigned)other);
	leave_out(&smaller, thread, step);
	if (!is_whole(&smaller) || !all_joined(&smaller) || !shows(&smaller, user))
		return false;
	*script = smaller;
	return true;
}

/* Without any step of a thread. */
static bool empty(struct hw_script *script, unsigned thread, hw_script_shows *shows, void *user)
{
	struct hw_script smaller = *script;

	for (unsigned i = smaller.threads[thread].count; i-- > 0;)
		if (!strchr("CJ", smaller.threads[thread].steps[i].what))
			leave_out(&smaller, thread, i);
	if (smaller.order_count == script->order_count || !is_whole(&smaller) ||
		!shows(&smaller, user))
		return false;
	*script = smaller;
	return true;
}

void hw_script_shrink(struct hw_script *script, hw_script_shows *shows, void *user)
{
	bool shrunk = true;

	for (unsigned t = 0; t < script->thread_count; t++)
		empty(script, t, shows, user);
	while (shrunk) {
		shrunk = false;
		for (unsigned t = 0; t < script->thread_count; t++)
			for (unsigned i = 0; i < script->threads[t].count; i++)
				shrunk |= shrink_at(script, t, i, shows, user);
	}
}
