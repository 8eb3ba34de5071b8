/* SPDX-License-Identifier: MIT */
#include "analyzer/step.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/plentiful.h"
#include "analyzer/stack.h"
#include "trace/memory.h"

/* In what stands for a hold: object and mode are below it. */
enum { COUNT_SHIFT = 33 };

/* What is needed while steps are gathered, and not later. */
struct gathering {
	const struct hw_model *model;
	const struct hw_graph *graph;
	struct hw_steps *steps;
	uint32_t
		*set_of; /* of dependencies: the number of what they hold; HW_NONE: not known yet */
	struct hw_intern sets;
	bool *plentiful; /* of objects (plentiful.h) */
	uint32_t *node_of;  /* of objects, where the graph has none for them */
	uint32_t *queue_of; /* of objects; HW_NONE without one */
	struct raw_step *raw;
	size_t raw_count, raw_capacity;
};

/* One use with the key it is grouped by. */
struct raw_step {
	struct hw_step step;
	uint32_t set, set_size;
	struct hw_step_taker taker;
};

static uint32_t function_of(struct gathering *g, uint32_t frame)
{
	struct hw_arena scratch = { 0 };
	uint32_t result;

	if (frame == HW_NONE)
		return hw_intern_string(&g->steps->functions, "");
	result = hw_intern_string(
		&g->steps->functions, hw_stack_function(g->model, frame, &scratch));
	hw_arena_finish(&scratch);
	return result;
}

static int compare_numbers(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/* The number of the set of locks that a dependency holds, in their modes, with their units. */
static uint32_t set_of(struct gathering *g, uint32_t d)
{
	const struct hw_dependency *dependency = &g->model->dependencies[d];
	uint64_t *members;
	uint32_t count = 0;

	if (g->set_of[d] != HW_NONE)
		return g->set_of[d];
	members = hw_xcalloc(dependency->hold_count, sizeof(*members));
	for (uint32_t i = 0; i < dependency->hold_count; i++) {
		const struct hw_hold *hold = &g->model->holds[dependency->first_hold + i];

		if (hw_model_is_lock(g->model, hold->object))
			members[count++] = (uint64_t)hold->object << 1 | hold->shared |
				(uint64_t)(hold->count - 1) << COUNT_SHIFT;
	}
	qsort(members, count, sizeof(*members), compare_numbers);
	g->set_of[d] = hw_intern_bytes(&g->sets, members, count * sizeof(*members));
	free(members);
	return g->set_of[d];
}

/* What a dependency waits for in common with others, and what it holds (HW_NONE: nothing). */
static uint32_t code_of(struct gathering *g, const struct hw_dependency *dependency, uint32_t h)
{
	const struct hw_model *m = g->model;
	const struct hw_hold *hold = h == HW_NONE ? NULL : &m->holds[h];
	struct hw_step_code code = {
		.held_class = m->objects[hold ? hold->object : dependency->object].class_,
		.awaited_class = m->objects[dependency->object].class_,
	};
	uint32_t held_site, awaited_site;

	hw_stack_sites(
		m, hold ? hold->stack : HW_NONE, dependency->stack, &held_site, &awaited_site);
	code.held_function = function_of(g, held_site);
	code.awaited_function = function_of(g, awaited_site);
	return hw_intern_bytes(&g->steps->codes, &code, sizeof(code));
}

/* One way of one thread; what it holds, by number, is `h`. The caller says from where to where. */
static struct raw_step *add_raw(struct gathering *g, uint32_t d, uint32_t h)
{
	const struct hw_dependency *dependency = &g->model->dependencies[d];
	struct raw_step *raw;

	HW_GROW(g->raw, g->raw_count, g->raw_capacity);
	raw = &g->raw[g->raw_count++];
	*raw = (struct raw_step){
		.step = {
			.edge = HW_NONE,
			.code = code_of(g, dependency, h),
			.held_shared = h != HW_NONE && g->model->holds[h].shared,
			.awaited_shared = dependency->shared,
			.bounded = dependency->how & HW_HOW_TIMED,
			.tried = dependency->how & HW_HOW_TRY,
			.plentiful = g->plentiful[dependency->object],
			.units = dependency->units,
			.dependency = d,
		},
		.set = set_of(g, d),
		.set_size = dependency->hold_count,
		.taker = { dependency->thread, d, h },
	};
	return raw;
}

static void add_edge(struct gathering *g, uint32_t e)
{
	const struct hw_graph_edge *edge = &g->graph->edges[e];

	for (uint32_t i = 0; i < edge->use_count; i++) {
		const struct hw_graph_use *use = &g->graph->uses[edge->first_use + i];
		struct raw_step *raw = add_raw(g, use->dependency, use->hold);
		uint32_t object = g->model->dependencies[use->dependency].object;

		raw->step.edge = e;
		raw->step.from = edge->from;
		raw->step.to = edge->to;
		if (!raw->step.awaited_shared || g->queue_of[object] == HW_NONE)
			continue;
		/* Behind a writer it waits for somebody who is alone there. */
		raw = add_raw(g, use->dependency, use->hold);
		raw->step.edge = e;
		raw->step.from = edge->from;
		raw->step.to = g->queue_of[object];
		raw->step.awaited_shared = false;
	}
}

/* The node of an object, which may have none in the graph. */
static uint32_t node_of(struct gathering *g, uint32_t object)
{
	if (g->graph->node_of[object] != HW_NONE)
		return g->graph->node_of[object];
	if (g->node_of[object] == HW_NONE)
		g->node_of[object] = g->steps->node_count++;
	return g->node_of[object];
}

/* Readers who read again what they hold, and writers in the queue. */
static void add_queued(struct gathering *g, uint32_t d)
{
	const struct hw_model *m = g->model;
	const struct hw_dependency *dependency = &m->dependencies[d];
	uint32_t queue = g->queue_of[dependency->object], node;
	struct raw_step *raw;

	if (queue == HW_NONE || dependency->how & HW_HOW_TRY)
		return;
	node = node_of(g, dependency->object);
	if (!dependency->shared) {
		raw = add_raw(g, d, HW_NONE);
		raw->step.from = queue;
		raw->step.to = node;
		return;
	}
	for (uint32_t i = 0; i < dependency->hold_count; i++) {
		uint32_t h = dependency->first_hold + i;

		if (m->holds[h].object != dependency->object)
			continue;
		raw = add_raw(g, d, h);
		raw->step.from = node;
		raw->step.to = queue;
		raw->step.awaited_shared = false;
	}
}

/* Locks that somebody writes and whose waiting writers stop readers; each gets its nodes. */
static void number_queues(struct gathering *g)
{
	const struct hw_model *m = g->model;

	g->steps->node_count = g->graph->node_count;
	for (uint32_t d = 0; d < m->dependency_count; d++) {
		uint32_t o = m->dependencies[d].object;

		if (m->dependencies[d].shared || !hw_model_writers_first(m, o) ||
			g->queue_of[o] != HW_NONE)
			continue;
		g->queue_of[o] = g->steps->node_count++;
	}
}

/* Who has a unit of a semaphore and wants another one: a ring of its own, with others like it. */
static void add_units(struct gathering *g, uint32_t d)
{
	const struct hw_model *m = g->model;
	const struct hw_dependency *dependency = &m->dependencies[d];

	if (hw_model_capacity(m, dependency->object) <= 1)
		return;
	for (uint32_t i = 0; i < dependency->hold_count; i++) {
		uint32_t h = dependency->first_hold + i;
		struct raw_step *raw;

		if (m->holds[h].object != dependency->object)
			continue;
		raw = add_raw(g, d, h);
		raw->step.from = raw->step.to = node_of(g, dependency->object);
	}
}

#define COMPARE(a, b)   \
	if ((a) != (b)) \
	return (a) < (b) ? -1 : 1

static int compare_keys(const struct raw_step *left, const struct raw_step *right)
{
	COMPARE(left->step.from, right->step.from);
	COMPARE(left->step.edge, right->step.edge);
	COMPARE(left->step.to, right->step.to);
	COMPARE(left->step.code, right->step.code);
	COMPARE(left->step.tried, right->step.tried);
	COMPARE(left->step.bounded, right->step.bounded);
	COMPARE(left->set_size, right->set_size);
	COMPARE(left->set, right->set);
	COMPARE(left->step.held_shared, right->step.held_shared);
	COMPARE(left->step.awaited_shared, right->step.awaited_shared);
	COMPARE(left->step.units, right->step.units);
	return 0;
}

static int compare_steps(const void *a, const void *b)
{
	const struct raw_step *left = a, *right = b;
	int order = compare_keys(left, right);

	if (order)
		return order;
	COMPARE(left->taker.thread, right->taker.thread);
	COMPARE(left->taker.dependency, right->taker.dependency);
	COMPARE(left->taker.hold, right->taker.hold);
	return 0;
}

static void add_taker(struct hw_steps *steps, const struct raw_step *raw, size_t *capacity)
{
	HW_GROW(steps->takers, steps->taker_count, *capacity);
	steps->takers[steps->taker_count++] = raw->taker;
}

/* Whether the step before is the same, and by the same thread. */
static bool is_of_known_thread(const struct raw_step *raw, size_t i, size_t first)
{
	return i > first && raw[i].taker.thread == raw[i - 1].taker.thread;
}

/* Threads first, each by one of its dependencies, and then all other dependencies. */
static void group(struct hw_steps *steps, const struct raw_step *raw, size_t raw_count)
{
	size_t step_capacity = 0, taker_capacity = 0, end;

	for (size_t first = 0; first < raw_count; first = end) {
		struct hw_step step = raw[first].step;

		step.first_taker = steps->taker_count;
		for (end = first; end < raw_count && !compare_keys(&raw[end], &raw[first]); end++)
			if (!is_of_known_thread(raw, end, first))
				add_taker(steps, &raw[end], &taker_capacity);
		step.taker_count = steps->taker_count - step.first_taker;
		for (size_t i = first; i < end; i++)
			if (is_of_known_thread(raw, i, first) &&
				raw[i].taker.dependency != raw[i - 1].taker.dependency)
				add_taker(steps, &raw[i], &taker_capacity);
		step.way_count = steps->taker_count - step.first_taker;
		HW_GROW(steps->all, steps->count, step_capacity);
		steps->all[steps->count++] = step;
	}
}

static void index_shape(struct hw_steps *steps, uint32_t node_count)
{
	uint32_t *sources = hw_xcalloc(steps->count, sizeof(*sources));

	hw_digraph_init(&steps->shape, node_count, steps->count);
	for (uint32_t s = 0; s < steps->count; s++) {
		sources[s] = steps->all[s].from;
		steps->shape.to[s] = steps->all[s].to;
	}
	hw_digraph_index(&steps->shape, sources);
	free(sources);
}

static uint32_t *unknown_numbers(uint32_t count)
{
	uint32_t *numbers = hw_xcalloc(count, sizeof(*numbers));

	if (count)
		memset(numbers, 0xff, count * sizeof(*numbers));
	return numbers;
}

void hw_steps_build(
	const struct hw_model *model, const struct hw_graph *graph, struct hw_steps *ret_steps)
{
	struct hw_steps steps = { 0 };
	struct gathering g = {
		.model = model,
		.graph = graph,
		.steps = &steps,
		.set_of = unknown_numbers(model->dependency_count),
		.plentiful = hw_plentiful_find(model),
		.node_of = unknown_numbers(model->object_count),
		.queue_of = unknown_numbers(model->object_count),
	};

	number_queues(&g);
	for (uint32_t e = 0; e < graph->edge_count; e++)
		if (graph->edges[e].cyclic)
			add_edge(&g, e);
	for (uint32_t d = 0; d < model->dependency_count; d++) {
		add_queued(&g, d);
		add_units(&g, d);
	}
	if (g.raw_count)
		qsort(g.raw, g.raw_count, sizeof(*g.raw), compare_steps);
	group(&steps, g.raw, g.raw_count);
	index_shape(&steps, steps.node_count);
	free(g.raw);
	free(g.node_of);
	free(g.queue_of);
	free(g.set_of);
	free(g.plentiful);
	hw_intern_finish(&g.sets);
	*ret_steps = steps;
}

void hw_steps_finish(struct hw_steps *steps)
{
	free(steps->all);
	free(steps->takers);
	hw_intern_finish(&steps->codes);
	hw_intern_finish(&steps->functions);
	hw_digraph_finish(&steps->shape);
	*steps = (struct hw_steps){ 0 };
}

const struct hw_step_code *hw_steps_code(const struct hw_steps *steps, uint32_t code)
{
	return hw_intern_value(&steps->codes, code);
}
