/* SPDX-License-Identifier: MIT */
#include "analyzer/outlook.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/contradiction.h"
#include "analyzer/stack.h"
#include "trace/memory.h"

enum {
	PREDICTIONS_MAX = 64,    /* of one cycle; each looks at the whole run */
	COMBINATIONS_MAX = 1 << 20,
};

/* One cycle, while combinations of threads are tried. */
struct attempt {
	struct hw_outlooks *outlooks;
	uint32_t length;
	const uint32_t *steps; /* of the example under way */
	struct hw_step_taker *ring;
	uint32_t *dependencies;
	uint32_t predictions, combinations;
	bool exhausted; /* there was more to try than was tried */
	bool contradicted; /* some way has a dependency that contradicts the events */
	bool believed;	   /* some way has none */
	bool possible;  /* some way is neither predicted nor ordered */
	uint32_t gate; /* what keeps the threads of some way apart; HW_NONE for nothing */
	bool has_order;
	struct hw_pull order; /* the first that was found */
	struct hw_prediction prediction;
};

static void want_takers(const struct hw_steps *steps, uint32_t step, bool *wanted)
{
	const struct hw_step *s = &steps->all[step];

	for (uint32_t i = 0; i < s->way_count; i++)
		wanted[steps->takers[s->first_taker + i].dependency] = true;
}

void hw_outlooks_init(struct hw_outlooks *outlooks, const struct hw_model *model,
	const struct hw_history *history, const struct hw_steps *steps,
	const struct hw_cycles *cycles)
{
	bool *wanted = hw_xcalloc(model->dependency_count, sizeof(*wanted));

	for (uint32_t i = 0; i < cycles->count; i++) {
		const struct hw_cycle *cycle = &cycles->all[i];

		for (uint32_t at = 0; at < cycle->width * cycle->example_count; at++)
			want_takers(steps, cycle->examples[at], wanted);
	}
	*outlooks = (struct hw_outlooks){ .model = model, .history = history, .steps = steps };
	hw_history_announce(history, wanted);
	hw_guards_init(&outlooks->guards, history);
	outlooks->contradicted = hw_contradiction_dependencies(model, history, wanted);
	outlooks->instances = hw_instances_find(model, history, wanted);
	outlooks->before_start =
		hw_xcalloc(history->thread_count, sizeof(*outlooks->before_start));
	free(wanted);
}

void hw_outlooks_finish(struct hw_outlooks *outlooks)
{
	for (uint32_t i = 0; i < outlooks->history->thread_count; i++)
		free(outlooks->before_start[i]);
	hw_guards_finish(&outlooks->guards, outlooks->history);
	free(outlooks->before_start);
	free(outlooks->contradicted);
	hw_instances_free(outlooks->model, outlooks->instances);
}

/* How many events of each thread come before this one's start in every run. */
static const uint32_t *before_start(struct hw_outlooks *outlooks, uint32_t thread)
{
	size_t bytes = outlooks->history->thread_count * sizeof(uint32_t);
	struct hw_closure closure;

	if (outlooks->before_start[thread])
		return outlooks->before_start[thread];
	hw_closure_init(&closure, outlooks->model, outlooks->history, false);
	hw_closure_include(&closure, thread, 1);
	outlooks->before_start[thread] = hw_xmalloc(bytes);
	memcpy(outlooks->before_start[thread], closure.wanted, bytes);
	hw_closure_finish(&closure);
	return outlooks->before_start[thread];
}

/* Whether the waits of one are all over before the other starts; then *ret_order says how. */
static bool one_ends_before(struct hw_outlooks *outlooks, const struct hw_step_taker *one,
	const struct hw_step_taker *other)
{
	const struct hw_instances *waits = &outlooks->instances[one->dependency];

	return waits->count && waits->moments[waits->count - 1] <
		before_start(outlooks, other->thread)[one->thread];
}

static bool ends_before_any(const struct attempt *attempt, uint32_t position)
{
	for (uint32_t i = 0; i < position; i++)
		if (one_ends_before(attempt->outlooks, &attempt->ring[i],
			    &attempt->ring[position]) ||
			one_ends_before(attempt->outlooks, &attempt->ring[position],
				&attempt->ring[i]))
			return true;
	return false;
}

/* Whether a lock of their parents keeps the newest of the ring apart from another. */
static bool is_guarded(struct attempt *attempt, uint32_t position)
{
	struct hw_outlooks *o = attempt->outlooks;

	for (uint32_t i = 0; i < position; i++) {
		uint32_t gate = hw_guards_between(&o->guards, o->model, o->history,
			attempt->ring[i].dependency, attempt->ring[position].dependency);

		if (gate != HW_NONE) {
			attempt->gate = gate;
			return true;
		}
	}
	return false;
}

static bool is_taken(const struct attempt *attempt, uint32_t position, uint32_t thread)
{
	for (uint32_t i = 0; i < position; i++)
		if (attempt->ring[i].thread == thread)
			return true;
	return false;
}

/* True when the ring is predicted: then nothing else has to be tried. */
static bool predict(struct attempt *attempt)
{
	struct hw_outlooks *o = attempt->outlooks;

	attempt->believed = true;
	if (attempt->predictions++ == PREDICTIONS_MAX) {
		attempt->exhausted = true;
		return false;
	}
	for (uint32_t i = 0; i < attempt->length; i++)
		attempt->dependencies[i] = attempt->ring[i].dependency;
	hw_prediction_finish(&attempt->prediction);
	hw_predict(o->model, o->history, o->instances, attempt->dependencies, attempt->length,
		&attempt->prediction);
	if (attempt->prediction.outlook == HW_OUTLOOK_PREDICTED)
		return true;
	if (attempt->prediction.outlook == HW_OUTLOOK_POSSIBLE)
		attempt->possible = true;
	else if (!attempt->has_order)
		attempt->order = attempt->prediction.order;
	attempt->has_order |= attempt->prediction.outlook == HW_OUTLOOK_ORDERED;
	return false;
}

static bool try_from(struct attempt *attempt, uint32_t position)
{
	const struct hw_steps *steps = attempt->outlooks->steps;
	const struct hw_step *step;

	if (position == attempt->length)
		return predict(attempt);
	step = &steps->all[attempt->steps[position]];
	for (uint32_t i = 0; i < step->way_count && !attempt->exhausted; i++) {
		attempt->ring[position] = steps->takers[step->first_taker + i];
		if (attempt->combinations++ == COMBINATIONS_MAX)
			attempt->exhausted = true;
		if (attempt->outlooks->contradicted[attempt->ring[position].dependency]) {
			attempt->contradicted = true;
			continue;
		}
		if (is_taken(attempt, position, attempt->ring[position].thread))
			continue;
		if (ends_before_any(attempt, position) || is_guarded(attempt, position)) {
			attempt->believed = true;
			continue;
		}
		if (try_from(attempt, position + 1))
			return true;
	}
	return false;
}

/* All combinations fell to threads that never live together: look at one to say why. */
static void find_order(struct attempt *attempt, const struct hw_cycle *cycle)
{
	memcpy(attempt->ring, cycle->ring, cycle->width * sizeof(*attempt->ring));
	attempt->predictions = 0;
	predict(attempt);
}

/* No way was predicted: what is the cycle then? */
static void conclude(struct attempt *attempt, const struct hw_cycle *cycle)
{
	enum hw_outlook outlook = HW_OUTLOOK_ORDERED;

	if (attempt->possible || attempt->exhausted)
		outlook = HW_OUTLOOK_POSSIBLE;
	else if (attempt->contradicted && !attempt->believed)
		outlook = HW_OUTLOOK_CONTRADICTED;
	else if (attempt->gate != HW_NONE)
		outlook = HW_OUTLOOK_GATED;
	else if (!attempt->has_order)
		find_order(attempt, cycle);
	attempt->prediction.outlook = outlook;
	attempt->prediction.order = attempt->order;
	attempt->prediction.gate = attempt->gate;
}

enum hw_outlook hw_outlooks_of(struct hw_outlooks *outlooks, const struct hw_cycle *cycle,
	struct hw_step_taker *ring, struct hw_prediction *ret_prediction)
{
	struct attempt attempt = { .outlooks = outlooks, .length = cycle->width, .ring = ring,
		.gate = HW_NONE };
	bool predicted = false;

	attempt.dependencies = hw_xcalloc(cycle->width, sizeof(*attempt.dependencies));
	/* Others could use up a semaphore as well: an example is one way of several. */
	attempt.exhausted = cycle->has_more_examples || cycle->width > cycle->length;
	for (uint32_t i = 0; i < cycle->example_count && !predicted; i++) {
		bool exhausted = attempt.exhausted;

		attempt.exhausted = false;
		attempt.steps = &cycle->examples[i * cycle->width];
		predicted = try_from(&attempt, 0);
		attempt.exhausted |= exhausted;
	}
	if (!predicted) {
		conclude(&attempt, cycle);
	}
	free(attempt.dependencies);
	*ret_prediction = attempt.prediction;
	return attempt.prediction.outlook;
}

static const char *place_of(const struct hw_outlooks *outlooks, const struct hw_moment *moment,
	struct hw_arena *arena)
{
	uint32_t site = hw_stack_site(outlooks->model, moment->stack);

	return site == HW_NONE ? "" :
				 hw_arena_printf(arena, " in %s",
					 hw_stack_place(outlooks->model, site, arena));
}

static int64_t process_of(const struct hw_model *model, uint32_t thread)
{
	return model->processes[model->threads[thread].process].id;
}

const char *hw_outlooks_because(const struct hw_outlooks *outlooks, const struct hw_pull *order,
	struct hw_arena *arena)
{
	const struct hw_model *model = outlooks->model;
	const struct hw_life *life_after, *life_before;
	const struct hw_moment *after, *before;
	const char *one, *other, *object;

	if (order->thread == HW_NONE)
		return "one is over before the other begins";
	life_after = hw_history_life(outlooks->history, order->thread);
	life_before = hw_history_life(outlooks->history, order->enabler_thread);
	if (order->index >= life_after->count || order->enabler >= life_before->count)
		return "one is over before the other begins";
	after = &life_after->moments[order->index];
	before = &life_before->moments[order->enabler];
	one = model->threads[order->enabler_thread].label;
	other = model->threads[order->thread].label;
	object = after->object == HW_NONE ? "" : model->objects[after->object].label;
	switch ((enum hw_op)after->op) {
	case HW_OP_JOIN:
		return hw_arena_printf(arena, "%s joins %s%s before the other begins", other, one,
			place_of(outlooks, after, arena));
	case HW_OP_REAP:
		return hw_arena_printf(arena, "%s waits for the end of process %lld%s in between",
			other, (long long)process_of(model, order->enabler_thread),
			place_of(outlooks, after, arena));
	case HW_OP_START:
		return hw_arena_printf(arena, "%s creates %s%s after that", one, other,
			place_of(outlooks, before, arena));
	case HW_OP_TAKE:
		return hw_arena_printf(arena, "%s posts %s%s, which %s waits for%s", one, object,
			place_of(outlooks, before, arena), other,
			place_of(outlooks, after, arena));
	case HW_OP_WAKE:
		return hw_arena_printf(arena, "%s wakes %s through %s%s", one, other, object,
			place_of(outlooks, before, arena));
	case HW_OP_LEAVE:
		return hw_arena_printf(arena, "both pass %s%s in between", object,
			place_of(outlooks, after, arena));
	default:
		return hw_arena_printf(arena, "%s is over before %s begins", one, other);
	}
}
