/* SPDX-License-Identifier: MIT */
#include "analyzer/cycle.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/coverage.h"
#include "analyzer/rotation.h"
#include "analyzer/walk.h"
#include "trace/memory.h"

struct search {
	const struct hw_steps *steps;
	struct hw_cycles *cycles;
	struct hw_pattern pattern;
	struct hw_coverage coverage; /* its cycles have the same numbers */
	struct hw_intern rings;	     /* least rotations of codes; again the same numbers */
	struct hw_intern seen;	     /* nodes and codes of every instance */
	struct hw_intern completed;  /* steps of those that others were added to, sorted */
	uint32_t *scratch;
	int64_t budget;
};

static bool enter(void *user, uint32_t arc, uint32_t position, uint32_t length)
{
	struct search *s = user;
	uint32_t code = s->steps->all[arc].code;

	if (hw_coverage_put(&s->coverage, code, length, &s->budget) ||
		hw_pattern_push(&s->pattern, arc)) {
		hw_coverage_take(&s->coverage, code);
		return false;
	}
	return true;
}

static void leave(void *user, uint32_t arc, uint32_t position)
{
	struct search *s = user;

	hw_pattern_pop(&s->pattern);
	hw_coverage_take(&s->coverage, s->steps->all[arc].code);
}

/* Whether this very cycle, of the same locks and codes, was met before in other steps. */
static bool is_repeated(struct search *s, const uint32_t *arcs, uint32_t length)
{
	uint32_t count = s->seen.count;

	for (uint32_t i = 0; i < length; i++) {
		s->scratch[2 * i] = s->steps->all[arcs[i]].from;
		s->scratch[2 * i + 1] = s->steps->all[arcs[i]].code;
	}
	return hw_intern_bytes(&s->seen, s->scratch, 2 * length * sizeof(uint32_t)) < count;
}

static int compare_numbers(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/*
 * Whether the ring, with those added that use up its semaphores, was met before, beginning
 * with another one of them: each of them is on a ring, too.
 */
static bool is_another_side(struct search *s, uint32_t length)
{
	uint32_t width = s->pattern.length, count = s->completed.count, *sorted;
	bool known;

	if (width == length)
		return false;
	sorted = hw_xcalloc(width, sizeof(*sorted));
	memcpy(sorted, s->pattern.path, width * sizeof(*sorted));
	qsort(sorted, width, sizeof(*sorted), compare_numbers);
	known = hw_intern_bytes(&s->completed, sorted, width * sizeof(*sorted)) < count;
	free(sorted);
	return known;
}

static void mark_edges(struct search *s, const uint32_t *arcs, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++)
		if (s->steps->all[arcs[i]].edge != HW_NONE)
			s->cycles->edge_found[s->steps->all[arcs[i]].edge] = true;
}

/* The number of the cycle with these codes; a new one when there is none. */
static uint32_t ring_of(struct search *s, const uint32_t *arcs, uint32_t length)
{
	uint32_t *codes = s->scratch, *turned = s->scratch + length, least;

	for (uint32_t i = 0; i < length; i++)
		codes[i] = s->steps->all[arcs[i]].code;
	least = hw_rotation_least(codes, length);
	for (uint32_t i = 0; i < length; i++)
		turned[i] = codes[(least + i) % length];
	return hw_intern_bytes(&s->rings, turned, length * sizeof(*turned));
}

static void keep(struct search *s, uint32_t length)
{
	struct hw_cycles *cycles = s->cycles;
	uint32_t width = s->pattern.length;
	struct hw_cycle cycle = {
		.ring = hw_arena_alloc(&cycles->arena, width, sizeof(*cycle.ring)),
		.codes = hw_arena_alloc(&cycles->arena, width, sizeof(*cycle.codes)),
		.length = length,
		.width = width,
	};

	for (uint32_t i = 0; i < width; i++) {
		const struct hw_step *step = &s->steps->all[s->pattern.path[i]];

		cycle.ring[i] = *hw_pattern_taker(&s->pattern, i);
		cycle.codes[i] = step->code;
		cycle.bounded |= step->bounded;
	}
	hw_coverage_add(&s->coverage, cycle.codes, length);
	HW_GROW(cycles->all, cycles->count, cycles->capacity);
	cycles->all[cycles->count++] = cycle;
}

/* Room for examples is made when it is needed, twice as much each time. */
static void keep_example(struct search *s, struct hw_cycle *cycle)
{
	size_t bytes = cycle->width * sizeof(*s->pattern.path);
	uint32_t count = cycle->example_count;

	if (count == HW_CYCLE_EXAMPLES_MAX || s->pattern.length != cycle->width) {
		cycle->has_more_examples = true;
		return;
	}
	if ((count & (count - 1)) == 0) {
		uint32_t *more = hw_arena_alloc(&s->cycles->arena, count ? 2 * count : 1, bytes);

		if (count)
			memcpy(more, cycle->examples, count * bytes);
		cycle->examples = more;
	}
	memcpy(cycle->examples + (size_t)count * cycle->width, s->pattern.path, bytes);
	cycle->example_count++;
}

/* The ring that the pattern is, with all who take part. */
static void add(struct search *s, const uint32_t *arcs, uint32_t length)
{
	bool repeated = is_repeated(s, arcs, length);
	uint32_t number = ring_of(s, arcs, length);

	if (number == s->cycles->count)
		keep(s, length);
	keep_example(s, &s->cycles->all[number]);
	if (s->cycles->count == HW_CYCLE_COUNT_MAX)
		s->budget = 0;
	if (!repeated && ++s->cycles->all[number].instances == HW_CYCLE_INSTANCES_MAX)
		hw_coverage_close(&s->coverage, number);
}

static void found(void *user, const uint32_t *arcs, uint32_t length)
{
	struct search *s = user;

	s->budget -= length;
	if (hw_pattern_close(&s->pattern) || hw_pattern_complete(&s->pattern))
		return;
	mark_edges(s, arcs, length);
	if (!is_another_side(s, length))
		add(s, arcs, length);
	while (s->pattern.length > length)
		hw_pattern_pop(&s->pattern);
}

/* Steps that lead to where they begin: no walk takes them. */
static void find_rings_of_one(struct search *s)
{
	for (uint32_t step = 0; step < s->steps->count; step++) {
		if (s->steps->all[step].from != s->steps->all[step].to || !enter(s, step, 0, 1))
			continue;
		found(s, &step, 1);
		leave(s, step, 0);
	}
}

/* No cycle is longer than there are threads to take its steps. */
static uint32_t count_takers(const struct hw_model *model, const struct hw_steps *steps)
{
	bool *taking = hw_xcalloc(model->thread_count, sizeof(*taking));
	uint32_t count = 0;

	for (uint32_t i = 0; i < steps->taker_count; i++) {
		count += !taking[steps->takers[i].thread];
		taking[steps->takers[i].thread] = true;
	}
	free(taking);
	return count;
}

void hw_cycles_find(const struct hw_model *model, const struct hw_graph *graph,
	const struct hw_steps *steps, const struct hw_analysis_options *options,
	struct hw_cycles *ret_cycles)
{
	struct hw_cycles cycles = { .edge_found = hw_xcalloc(graph->edge_count, sizeof(bool)) };
	struct search s = {
		.steps = steps,
		.cycles = &cycles,
		.scratch = hw_xcalloc(2 * (size_t)steps->node_count, sizeof(uint32_t)),
		.budget = options->budget,
	};
	struct hw_walk_visitor visitor = { enter, leave, found, &s };

	hw_coverage_init(&s.coverage, steps->codes.count);
	hw_pattern_init(&s.pattern, model, steps, options->any_thread);
	find_rings_of_one(&s);
	cycles.rest =
		hw_walk_cycles(&steps->shape,
			options->any_thread ? steps->node_count : count_takers(model, steps),
			&s.budget, &visitor);
	hw_pattern_finish(&s.pattern);
	hw_coverage_finish(&s.coverage);
	free(s.scratch);
	hw_intern_finish(&s.rings);
	hw_intern_finish(&s.seen);
	hw_intern_finish(&s.completed);
	*ret_cycles = cycles;
}

void hw_cycles_finish(struct hw_cycles *cycles)
{
	free(cycles->all);
	free(cycles->edge_found);
	hw_arena_finish(&cycles->arena);
	*cycles = (struct hw_cycles){ 0 };
}
