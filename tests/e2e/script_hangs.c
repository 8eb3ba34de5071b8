/* SPDX-License-Identifier: MIT */
#include "tests/e2e/script_hangs.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct exploring {
	const struct hw_script *script;
	struct hw_script_hangs *hangs;
	uint8_t *seen; /* a bit for each state */
	struct hw_script_state *left; /* that are still to be looked at */
	size_t left_count, left_capacity;
};

/* A number for each state. */
static size_t number_of(const struct hw_script *script, const struct hw_script_state *state)
{
	size_t number = 0;

	for (unsigned t = 0; t < script->thread_count; t++)
		number = number * (script->threads[t].count + 1) + state->done[t];
	return number << script->thread_count | state->writers;
}

static size_t states(const struct hw_script *script)
{
	size_t count = 1;

	for (unsigned t = 0; t < script->thread_count; t++)
		count *= script->threads[t].count + 1;
	return count << script->thread_count;
}

static void look_at_later(struct exploring *exploring, const struct hw_script_state *state)
{
	size_t number = number_of(exploring->script, state);

	if (exploring->seen[number / 8] & 1u << number % 8)
		return;
	exploring->seen[number / 8] |= (uint8_t)(1u << number % 8);
	if (exploring->left_count == exploring->left_capacity) {
		exploring->left_capacity = 2 * exploring->left_capacity + 1024;
		exploring->left = realloc(exploring->left,
			exploring->left_capacity * sizeof(*exploring->left));
		cr_assert_not_null(exploring->left);
	}
	exploring->left[exploring->left_count++] = *state;
}

static bool is_known(const struct exploring *exploring, const struct hw_script_state *state,
	unsigned threads)
{
	for (unsigned i = 0; i < exploring->hangs->count; i++) {
		const struct hw_script_hang *known = &exploring->hangs->all[i];
		bool same = known->threads == threads;

		for (unsigned t = 0; same && t < exploring->script->thread_count; t++) {
			const struct hw_script_step *steps = exploring->script->threads[t].steps;

			if (!(threads & 1u << t))
				continue;
			same = steps[known->state.done[t]].number == steps[state->done[t]].number &&
			       steps[known->state.done[t]].what == steps[state->done[t]].what;
		}
		if (same)
			return true;
	}
	return false;
}

/* Whether fewer of these threads hang as well. */
static bool is_least(const struct hw_script *script, const struct hw_script_state *state,
	unsigned threads)
{
	for (unsigned fewer = (threads - 1) & threads; fewer; fewer = (fewer - 1) & threads)
		if (hw_script_hangs(script, state, fewer))
			return false;
	return true;
}

static void find_hangs(struct exploring *exploring, const struct hw_script_state *state,
	unsigned waiting)
{
	struct hw_script_hangs *hangs = exploring->hangs;

	for (unsigned threads = waiting; threads; threads = (threads - 1) & waiting) {
		if (!hw_script_hangs(exploring->script, state, threads) ||
			!is_least(exploring->script, state, threads) ||
			is_known(exploring, state, threads))
			continue;
		cr_assert_lt(hangs->count, HW_SCRIPT_HANGS_MAX);
		hangs->all[hangs->count++] = (struct hw_script_hang){ threads, *state };
	}
}

/* Look at one state, and see where it leads to. */
static void explore(struct exploring *exploring, const struct hw_script_state *state)
{
	const struct hw_script *script = exploring->script;
	unsigned waiting = 0;

	for (unsigned t = 0; t < script->thread_count; t++) {
		struct hw_script_state next = *state;

		if (hw_script_can(script, state, t)) {
			hw_script_do(&next, t);
			look_at_later(exploring, &next);
		} else if (hw_script_next(script, state, t)) {
			waiting |= 1u << t;
		}
		if (hw_script_can_wait(script, state, t)) {
			next.writers |= (uint8_t)(1u << t);
			look_at_later(exploring, &next);
		}
	}
	find_hangs(exploring, state, waiting);
}

void hw_script_hangs_find(const struct hw_script *script, struct hw_script_hangs *ret_hangs)
{
	struct exploring exploring = { .script = script, .hangs = ret_hangs };
	struct hw_script_state state = { 0 };

	ret_hangs->count = 0;
	exploring.seen = calloc(states(script) / 8 + 1, 1);
	cr_assert_not_null(exploring.seen);
	look_at_later(&exploring, &state);
	while (exploring.left_count) {
		state = exploring.left[--exploring.left_count];
		explore(&exploring, &state);
	}
	free(exploring.seen);
	free(exploring.left);
}
