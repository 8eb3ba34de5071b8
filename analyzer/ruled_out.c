/* SPDX-License-Identifier: MIT */
#include "analyzer/ruled_out.h"

#include <stdlib.h>

#include "analyzer/coverage.h"
#include "analyzer/rotation.h"
#include "analyzer/walk.h"
#include "trace/memory.h"

/* Choices tried for one cycle before it is left undecided. */
enum { TRIES_MAX = 20000 };

struct search {
	const struct hw_model *model;
	const struct hw_graph *graph;
	const struct hw_steps *steps;
	struct hw_ruled_outs *result;
	struct hw_pattern pattern;
	struct hw_coverage coverage;
	uint32_t *edge_code;	 /* of edges: number of the pair of classes */
	uint32_t *first_step, *last_step; /* of edges: its steps are from one to before the other */
	struct hw_intern rings;	 /* least rotations of these */
	struct hw_intern groups; /* ring and reason; the number is that of the result */
	uint32_t *codes, *turned;
	int64_t budget;
	bool undecided;

	/* Of the cycle being looked at. */
	const uint32_t *edges;
	uint32_t length;
	int64_t tries_left;
	uint32_t refused_by[HW_REASON_READERS + 1]; /* the first object that stood in the way */
	bool refused[HW_REASON_READERS + 1];

	/* Who takes which edge, when nothing but threads counts. */
	uint32_t *edge_of;    /* position, by thread; HW_NONE when free */
	uint64_t *asked;      /* by thread */
	uint64_t assignments; /* counts the searches */
};

static void refuse(struct search *s, enum hw_reason reason)
{
	if (!s->refused[reason])
		s->refused_by[reason] = s->pattern.because_object;
	s->refused[reason] = true;
}

/* Whether some choice of steps from `position` on completes a pattern. */
static bool possible(struct search *s, uint32_t position)
{
	uint32_t edge, end;
	bool result = false;

	if (position == s->length) {
		enum hw_reason reason = hw_pattern_close(&s->pattern);

		if (!reason)
			reason = hw_pattern_complete(&s->pattern);
		refuse(s, reason);
		while (s->pattern.length > s->length)
			hw_pattern_pop(&s->pattern);
		return !reason;
	}
	edge = s->edges[position];
	end = s->last_step[edge];
	for (uint32_t step = s->first_step[edge]; step < end && !result; step++) {
		enum hw_reason reason;

		if (s->tries_left-- <= 0)
			return false;
		reason = hw_pattern_push(&s->pattern, step);
		refuse(s, reason);
		if (reason)
			continue;
		result = possible(s, position + 1);
		hw_pattern_pop(&s->pattern);
	}
	return result;
}

/* Find a thread for the edge at a position, as pattern.c does for a step. */
static bool assign(struct search *s, uint32_t position)
{
	const struct hw_graph_edge *edge = &s->graph->edges[s->edges[position]];

	for (uint32_t i = 0; i < edge->use_count; i++) {
		uint32_t dependency = s->graph->uses[edge->first_use + i].dependency;
		uint32_t thread = s->model->dependencies[dependency].thread;

		if (s->asked[thread] == s->assignments)
			continue;
		s->asked[thread] = s->assignments;
		if (s->edge_of[thread] == HW_NONE || assign(s, s->edge_of[thread])) {
			s->edge_of[thread] = position;
			return true;
		}
	}
	return false;
}

/* Fill in the threads that are too few for the edges they take (Hall's theorem names them). */
static void list_threads(struct search *s, struct hw_ruled_out *r)
{
	const struct hw_model *m = s->model;

	for (uint32_t t = 0; t < m->thread_count; t++)
		r->because_thread_count += s->asked[t] == s->assignments;
	r->because_threads = hw_arena_alloc(
		&s->result->arena, r->because_thread_count, sizeof(*r->because_threads));
	r->because_thread_count = 0;
	for (uint32_t t = 0; t < m->thread_count; t++)
		if (s->asked[t] == s->assignments)
			r->because_threads[r->because_thread_count++] = t;
}

static bool lacks_threads(struct search *s, struct hw_ruled_out *r)
{
	bool enough = true;

	for (uint32_t t = 0; t < s->model->thread_count; t++)
		s->edge_of[t] = HW_NONE;
	for (uint32_t position = 0; position < s->length && enough; position++) {
		s->assignments++;
		enough = assign(s, position);
	}
	if (!enough)
		list_threads(s, r);
	return !enough;
}

static void explain(struct search *s, struct hw_ruled_out *r)
{
	static const enum hw_reason order[] = { HW_REASON_GATE, HW_REASON_CAPACITY,
		HW_REASON_READERS, HW_REASON_TRY };

	r->because_object = HW_NONE;
	r->reason = HW_REASON_ONE_THREAD;
	if (!s->pattern.any_thread && lacks_threads(s, r))
		return;
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (s->refused[order[i]]) {
			r->reason = order[i];
			r->because_object = s->refused_by[order[i]];
			return;
		}
}

static bool enter(void *user, uint32_t arc, uint32_t position, uint32_t length)
{
	struct search *s = user;
	uint32_t code = s->edge_code[arc];

	if (!hw_coverage_put(&s->coverage, code, length, &s->budget))
		return true;
	hw_coverage_take(&s->coverage, code);
	return false;
}

static void leave(void *user, uint32_t arc, uint32_t position)
{
	struct search *s = user;

	hw_coverage_take(&s->coverage, s->edge_code[arc]);
}

static void keep(struct search *s, const struct hw_ruled_out *found)
{
	struct hw_ruled_outs *result = s->result;
	struct hw_ruled_out *r;

	HW_GROW(result->all, result->count, result->capacity);
	r = &result->all[result->count++];
	*r = *found;
	r->ring = hw_arena_alloc(&result->arena, r->length, sizeof(*r->ring));
	r->codes = hw_arena_alloc(&result->arena, r->length, sizeof(*r->codes));
	for (uint32_t i = 0; i < r->length; i++) {
		const struct hw_step *step = &s->steps->all[s->first_step[s->edges[i]]];

		r->ring[i] = s->steps->takers[step->first_taker];
		r->codes[i] = step->code;
	}
}

/* The number of the ring that these edges make between classes; new ones count on. */
static uint32_t ring_of(struct search *s, const uint32_t *edges, uint32_t length)
{
	uint32_t least;

	for (uint32_t i = 0; i < length; i++)
		s->codes[i] = s->edge_code[edges[i]];
	least = hw_rotation_least(s->codes, length);
	for (uint32_t i = 0; i < length; i++)
		s->turned[i] = s->codes[(least + i) % length];
	return hw_intern_bytes(&s->rings, s->turned, length * sizeof(*s->turned));
}

static void found(void *user, const uint32_t *edges, uint32_t length)
{
	struct search *s = user;
	struct hw_ruled_out r = { .length = length };
	uint32_t ring_count = s->rings.count, group[2];
	bool can_be;

	s->edges = edges;
	s->length = length;
	s->tries_left = TRIES_MAX;
	for (size_t i = 0; i < sizeof(s->refused) / sizeof(*s->refused); i++)
		s->refused[i] = false;
	group[0] = ring_of(s, edges, length);
	if (group[0] == ring_count)
		hw_coverage_add(&s->coverage, s->codes, length);
	can_be = possible(s, 0);
	s->budget -= TRIES_MAX - s->tries_left;
	if (!can_be && s->tries_left <= 0)
		s->undecided = true;
	if (can_be || s->tries_left <= 0)
		return;
	explain(s, &r);
	s->budget -= length + s->model->thread_count;
	group[1] = r.reason;
	group[0] = hw_intern_bytes(&s->groups, group, sizeof(group));
	if (group[0] == s->result->count)
		keep(s, &r);
	if (s->result->count == HW_RULED_OUT_COUNT_MAX)
		s->budget = 0;
	s->result->all[group[0]].instances++;
}

/* Number the pairs of classes, and find where the steps of each edge begin. */
static uint32_t prepare(struct search *s)
{
	const struct hw_graph *graph = s->graph;
	struct hw_intern pairs = { 0 };
	uint32_t count;

	for (uint32_t e = 0; e < graph->edge_count; e++) {
		const struct hw_graph_edge *edge = &graph->edges[e];
		uint32_t pair[2] = {
			s->model->objects[graph->nodes[edge->from].subject].class_,
			s->model->objects[graph->nodes[edge->to].subject].class_,
		};

		s->edge_code[e] = hw_intern_bytes(&pairs, pair, sizeof(pair));
	}
	for (uint32_t step = 0; step < s->steps->count; step++) {
		uint32_t e = s->steps->all[step].edge;

		if (e == HW_NONE)
			continue;
		if (!s->last_step[e])
			s->first_step[e] = step;
		s->last_step[e] = step + 1;
	}
	count = pairs.count;
	hw_intern_finish(&pairs);
	return count;
}

void hw_ruled_out_find(const struct hw_model *model, const struct hw_graph *graph,
	const struct hw_steps *steps, const struct hw_analysis_options *options,
	struct hw_ruled_outs *ret_ruled_outs)
{
	struct hw_ruled_outs result = { 0 };
	struct search s = {
		.model = model,
		.graph = graph,
		.steps = steps,
		.result = &result,
		.edge_code = hw_xcalloc(graph->edge_count, sizeof(uint32_t)),
		.first_step = hw_xcalloc(graph->edge_count, sizeof(uint32_t)),
		.last_step = hw_xcalloc(graph->edge_count, sizeof(uint32_t)),
		.codes = hw_xcalloc(graph->node_count, sizeof(uint32_t)),
		.turned = hw_xcalloc(graph->node_count, sizeof(uint32_t)),
		.edge_of = hw_xcalloc(model->thread_count, sizeof(uint32_t)),
		.asked = hw_xcalloc(model->thread_count, sizeof(uint64_t)),
		.budget = options->budget / 4,
	};
	struct hw_walk_visitor visitor = { enter, leave, found, &s };
	struct hw_walk_rest rest;

	hw_coverage_init(&s.coverage, prepare(&s));
	hw_pattern_init(&s.pattern, model, steps, options->any_thread);
	rest = hw_walk_cycles(&graph->shape, graph->node_count, &s.budget, &visitor);
	result.complete = !rest.node_count && !s.undecided;
	hw_pattern_finish(&s.pattern);
	hw_coverage_finish(&s.coverage);
	hw_intern_finish(&s.rings);
	hw_intern_finish(&s.groups);
	free(s.edge_code);
	free(s.first_step);
	free(s.last_step);
	free(s.codes);
	free(s.turned);
	free(s.edge_of);
	free(s.asked);
	*ret_ruled_outs = result;
}

void hw_ruled_out_finish(struct hw_ruled_outs *ruled_outs)
{
	free(ruled_outs->all);
	hw_arena_finish(&ruled_outs->arena);
	*ruled_outs = (struct hw_ruled_outs){ 0 };
}
