/* SPDX-License-Identifier: MIT */
#include "analyzer/predict.h"

#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

/* The instances of a ring, tried from the first on. */
struct trial {
	const struct hw_predict_side *sides;
	uint32_t length;
	uint32_t *tried; /* by position in the ring: which of its moments */
};

static uint32_t moment_at(const struct trial *trial, uint32_t position)
{
	return trial->sides[position].moments[trial->tried[position]];
}

/* The first instance that is not in the closure; false when none is left. */
static bool advance(struct trial *trial, uint32_t position, const struct hw_closure *closure)
{
	const struct hw_predict_side *side = &trial->sides[position];
	uint32_t in = hw_closure_count(closure, side->thread);

	while (trial->tried[position] < side->count && moment_at(trial, position) < in)
		trial->tried[position]++;
	return trial->tried[position] < side->count;
}

/*
 * Find an instance none of whose moments is in the closure of what comes before them
 * all. HW_NONE when there is one; otherwise the position in the ring that ran out.
 */
static uint32_t search(struct trial *trial, struct hw_closure *closure)
{
	bool moved = true;

	memset(trial->tried, 0, trial->length * sizeof(*trial->tried));
	while (moved) {
		for (uint32_t i = 0; i < trial->length; i++)
			hw_closure_include(closure, trial->sides[i].thread, moment_at(trial, i));
		moved = false;
		for (uint32_t i = 0; i < trial->length; i++) {
			uint32_t tried = trial->tried[i];

			if (!advance(trial, i, closure))
				return i;
			moved |= trial->tried[i] != tried;
		}
	}
	return HW_NONE;
}

/* Whether the moments that the ring waits at, and all before them, can be believed. */
static bool is_sound(const struct trial *trial, const struct hw_closure *closure)
{
	for (uint32_t i = 0; i < trial->length; i++)
		if (moment_at(trial, i) >=
			closure->history->lives[trial->sides[i].thread].sound)
			return false;
	return hw_closure_is_sound(closure);
}

static void keep_witness(const struct trial *trial, const struct hw_closure *closure,
	struct hw_prediction *prediction)
{
	size_t bytes = closure->history->thread_count * sizeof(*prediction->before);

	prediction->outlook = HW_OUTLOOK_PREDICTED;
	prediction->before = hw_xmalloc(bytes);
	memcpy(prediction->before, closure->wanted, bytes);
	prediction->moments = hw_xcalloc(trial->length, sizeof(*prediction->moments));
	for (uint32_t i = 0; i < trial->length; i++)
		prediction->moments[i] = moment_at(trial, i);
}

/* What was not seen happening (its events were dropped) cannot be said to be ordered. */
static bool all_seen(const struct trial *trial)
{
	for (uint32_t i = 0; i < trial->length; i++)
		if (!trial->sides[i].count)
			return false;
	return true;
}

void hw_predict_sides(const struct hw_model *model, const struct hw_history *history,
	const struct hw_predict_side *sides, uint32_t length,
	struct hw_prediction *ret_prediction)
{
	struct trial trial = { .sides = sides, .length = length };
	struct hw_closure closure;
	uint32_t out;

	*ret_prediction = (struct hw_prediction){ .outlook = HW_OUTLOOK_POSSIBLE };
	if (!all_seen(&trial))
		return;
	trial.tried = hw_xcalloc(length, sizeof(*trial.tried));
	hw_closure_init(&closure, model, history, true);
	if (search(&trial, &closure) == HW_NONE && is_sound(&trial, &closure))
		keep_witness(&trial, &closure, ret_prediction);
	hw_closure_finish(&closure);
	if (ret_prediction->outlook != HW_OUTLOOK_PREDICTED) {
		hw_closure_init(&closure, model, history, false);
		out = search(&trial, &closure);
		if (out != HW_NONE) {
			ret_prediction->outlook = HW_OUTLOOK_ORDERED;
			ret_prediction->order = closure.pulls[sides[out].thread];
		}
		hw_closure_finish(&closure);
	}
	free(trial.tried);
}

void hw_predict(const struct hw_model *model, const struct hw_history *history,
	const struct hw_instances *instances, const uint32_t *dependencies, uint32_t length,
	struct hw_prediction *ret_prediction)
{
	struct hw_predict_side *sides = hw_xcalloc(length, sizeof(*sides));

	for (uint32_t i = 0; i < length; i++)
		sides[i] = (struct hw_predict_side){
			.thread = model->dependencies[dependencies[i]].thread,
			.moments = instances[dependencies[i]].moments,
			.count = instances[dependencies[i]].count,
		};
	hw_predict_sides(model, history, sides, length, ret_prediction);
	free(sides);
}

void hw_prediction_finish(struct hw_prediction *prediction)
{
	free(prediction->before);
	free(prediction->moments);
	*prediction = (struct hw_prediction){ 0 };
}
