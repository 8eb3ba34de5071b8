/* SPDX-License-Identifier: MIT */
#include "analyzer/witness.h"

#include <stdlib.h>

#include "trace/memory.h"

struct placed {
	uint32_t position;
	struct hw_witness_step step;
};

static int by_position(const void *a, const void *b)
{
	uint32_t one = ((const struct placed *)a)->position;
	uint32_t other = ((const struct placed *)b)->position;

	return one < other ? -1 : one > other;
}

static struct hw_witness_step step_of(uint32_t thread, const struct hw_moment *moment, bool waits)
{
	return (struct hw_witness_step){ .thread = thread, .op = moment->op,
		.object = moment->object, .stack = moment->stack, .waits = waits };
}

/* All that comes before the waits, in the recorded order; *ret_count of them. For free(). */
static struct placed *gather(const struct hw_history *history,
	const struct hw_prediction *prediction, uint32_t *ret_count)
{
	struct placed *all;
	uint32_t total = 0, count = 0;

	for (uint32_t t = 0; t < history->thread_count; t++)
		total += prediction->before[t];
	all = hw_xcalloc(total, sizeof(*all));
	for (uint32_t t = 0; t < history->thread_count; t++)
		for (uint32_t i = 0; i < prediction->before[t]; i++) {
			const struct hw_moment *moment =
				&hw_history_life(history, t)->moments[i];

			all[count++] = (struct placed){ moment->position,
				step_of(t, moment, false) };
		}
	qsort(all, count, sizeof(*all), by_position);
	*ret_count = count;
	return all;
}

/* The last steps, those that wait to read or all others. */
static void add_waits(const struct hw_history *history, const struct hw_prediction *prediction,
	struct hw_finding *finding, bool shared)
{
	for (uint32_t i = 0; i < finding->thread_count; i++) {
		uint32_t thread = finding->threads[i].thread;
		uint32_t moment = prediction->moments[i];

		if (finding->threads[i].shared == shared)
			finding->witness[finding->witness_count++] =
				step_of(thread,
					&hw_history_life(history, thread)->moments[moment], true);
	}
}

void hw_witness_fill(const struct hw_history *history, const struct hw_prediction *prediction,
	struct hw_finding *finding, struct hw_arena *arena)
{
	uint32_t count, first = 0;
	struct placed *all = gather(history, prediction, &count);

	if (count > HW_WITNESS_STEPS_MAX)
		first = count - HW_WITNESS_STEPS_MAX;
	finding->witness = hw_arena_alloc(arena, count - first + finding->thread_count,
		sizeof(*finding->witness));
	for (uint32_t i = first; i < count; i++)
		finding->witness[finding->witness_count++] = all[i].step;
	free(all);
	/* Writers first: there are readers who wait behind them. */
	add_waits(history, prediction, finding, false);
	add_waits(history, prediction, finding, true);
}
