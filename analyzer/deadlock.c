/* SPDX-License-Identifier: MIT */
#include "analyzer/deadlock.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/fingerprint.h"
#include "analyzer/stack.h"
#include "analyzer/stuck.h"
#include "trace/memory.h"

struct search {
	const struct hw_model *model;
	struct hw_stuck stuck;
	struct hw_deadlocks *result;
	uint32_t *component; /* of threads */
	uint32_t *via; /* keeper by which a breadth-first search came to a thread; HW_NONE if not */
	uint32_t *queue;
	struct hw_deadlock best; /* ring of the component being looked at, in these arrays */
	uint64_t best_fingerprint;
	uint32_t *ring, *ring_holds;
};

static const struct hw_wait *wait_of(const struct hw_model *model, uint32_t thread)
{
	return &model->waits[model->threads[thread].wait];
}

static const char *function_at(const struct hw_model *model, uint32_t frame, struct hw_arena *arena)
{
	return frame == HW_NONE ? "" : hw_stack_function(model, frame, arena);
}

uint64_t hw_deadlocks_fingerprint(const struct hw_model *model, const char *rule,
	const uint32_t *threads, const uint32_t *holds, uint32_t length)
{
	struct hw_arena scratch = { 0 };
	struct hw_fingerprint_edge *edges = hw_xcalloc(length, sizeof(*edges));
	uint64_t result;

	for (uint32_t i = 0; i < length; i++) {
		const struct hw_wait *wait = wait_of(model, threads[i]);
		uint32_t previous = threads[(i + length - 1) % length];
		uint32_t held = wait_of(model, previous)->object;
		uint32_t held_stack = holds[i] == HW_NONE ? HW_NONE : model->holds[holds[i]].stack;
		uint32_t held_site, awaited_site;

		hw_stack_sites(model, held_stack, wait->stack, &held_site, &awaited_site);
		edges[i] = (struct hw_fingerprint_edge){
			.held_class = model->classes[model->objects[held].class_].key,
			.awaited_class = model->classes[model->objects[wait->object].class_].key,
			.held_function = function_at(model, held_site, &scratch),
			.awaited_function = function_at(model, awaited_site, &scratch),
		};
	}
	result = hw_fingerprint_ring(rule, edges, length);
	free(edges);
	hw_arena_finish(&scratch);
	return result;
}

/* The shortest way from a thread back to itself, as keepers in s->via. False when there is none. */
static bool search_ring(struct search *s, uint32_t start, uint32_t *ret_last)
{
	const struct hw_digraph *graph = &s->stuck.graph;
	uint32_t count = 0;

	memset(s->via, 0xff, s->model->thread_count * sizeof(*s->via));
	s->queue[count++] = start;
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t arc = graph->first[s->queue[i]]; arc < graph->first[s->queue[i] + 1];
			arc++) {
			uint32_t to = graph->to[arc];

			if (to == start && s->queue[i] != start) {
				*ret_last = arc;
				return true;
			}
			if (to == start || s->via[to] != HW_NONE ||
				s->component[to] != s->component[start])
				continue;
			s->via[to] = arc;
			s->queue[count++] = to;
		}
	return false;
}

/* Write the ring that ends with keeper `last`: back from it to `start`. Returns its length. */
static uint32_t write_ring(struct search *s, uint32_t start, uint32_t last)
{
	const struct hw_stuck_keeper *keepers = s->stuck.keepers;
	uint32_t length = 1, at;

	for (at = keepers[last].waiter; at != start; at = keepers[s->via[at]].waiter)
		length++;
	s->ring[0] = start;
	s->ring_holds[0] = keepers[last].hold;
	at = keepers[last].waiter;
	for (uint32_t i = length; --i > 0; at = keepers[s->via[at]].waiter) {
		s->ring[i] = at;
		s->ring_holds[i] = keepers[s->via[at]].hold;
	}
	return length;
}

static void keep_if_better(struct search *s, uint32_t length)
{
	struct hw_deadlock *best = &s->best;
	uint64_t fingerprint;

	if (best->ring_length && best->ring_length < length)
		return;
	fingerprint = hw_deadlocks_fingerprint(s->model, "", s->ring, s->ring_holds, length);
	if (best->ring_length == length && s->best_fingerprint <= fingerprint)
		return;
	best->ring_length = best->thread_count = length;
	memcpy(best->threads, s->ring, length * sizeof(*s->ring));
	memcpy(best->holds, s->ring_holds, length * sizeof(*s->ring_holds));
	s->best_fingerprint = fingerprint;
}

/* Whether a thread waits for what it keeps itself, so that no other one matters. */
static bool waits_for_itself(const struct search *s, uint32_t thread, uint32_t *ret_arc)
{
	const struct hw_digraph *graph = &s->stuck.graph;
	bool self = false, others = false;

	for (uint32_t arc = graph->first[thread]; arc < graph->first[thread + 1]; arc++)
		if (graph->to[arc] == thread) {
			self = true;
			*ret_arc = arc;
		} else {
			others = true;
		}
	return self && !(others && hw_stuck_needs_all(s->model, thread));
}

static bool is_member(const struct hw_deadlock *deadlock, uint32_t thread)
{
	for (uint32_t i = 0; i < deadlock->thread_count; i++)
		if (deadlock->threads[i] == thread)
			return true;
	return false;
}

/*
 * Add whoever else is needed to keep the members waiting: all keepers of a semaphore's
 * units, and for each of these somebody who keeps it waiting.
 */
static void add_others(struct search *s, struct hw_deadlock *deadlock)
{
	const struct hw_digraph *graph = &s->stuck.graph;

	for (uint32_t i = 0; i < deadlock->thread_count; i++) {
		uint32_t thread = deadlock->threads[i], first = graph->first[thread];
		bool all = hw_stuck_needs_all(s->model, thread), kept = false;

		for (uint32_t arc = first; arc < graph->first[thread + 1]; arc++)
			kept |= is_member(deadlock, graph->to[arc]);
		for (uint32_t arc = first; arc < graph->first[thread + 1] && (all || !kept);
			arc++) {
			if (!is_member(deadlock, graph->to[arc])) {
				deadlock->threads[deadlock->thread_count] = graph->to[arc];
				deadlock->holds[deadlock->thread_count++] =
					s->stuck.keepers[arc].hold;
			}
			kept = true;
		}
	}
}

/* How many more stuck threads lead to a member, directly or not. */
static uint32_t count_behind(struct search *s, const struct hw_deadlock *deadlock)
{
	struct hw_digraph reverse;
	bool *seen = hw_xcalloc(s->model->thread_count, sizeof(*seen));
	uint32_t count = 0;

	hw_digraph_reverse(&s->stuck.graph, &reverse);
	for (uint32_t i = 0; i < deadlock->thread_count; i++) {
		seen[deadlock->threads[i]] = true;
		s->queue[count++] = deadlock->threads[i];
	}
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t arc = reverse.first[s->queue[i]];
			arc < reverse.first[s->queue[i] + 1]; arc++)
			if (!seen[reverse.to[arc]]) {
				seen[reverse.to[arc]] = true;
				s->queue[count++] = reverse.to[arc];
			}
	hw_digraph_finish(&reverse);
	free(seen);
	return count - deadlock->thread_count;
}

static void keep(struct search *s)
{
	struct hw_deadlocks *result = s->result;
	struct hw_deadlock deadlock = s->best;
	size_t bytes;

	add_others(s, &deadlock);
	bytes = deadlock.thread_count * sizeof(uint32_t);
	deadlock.behind_count = count_behind(s, &deadlock);
	deadlock.threads = hw_arena_copy(&result->arena, deadlock.threads, bytes);
	deadlock.holds = hw_arena_copy(&result->arena, deadlock.holds, bytes);
	HW_GROW(result->all, result->count, result->capacity);
	result->all[result->count++] = deadlock;
}

static void search_component(struct search *s, uint32_t first)
{
	uint32_t arc = HW_NONE;

	s->best.ring_length = 0;
	for (uint32_t t = first; t < s->model->thread_count; t++) {
		if (s->component[t] != s->component[first])
			continue;
		if (waits_for_itself(s, t, &arc)) {
			s->ring[0] = t;
			s->ring_holds[0] = s->stuck.keepers[arc].hold;
			keep_if_better(s, 1);
		} else if (search_ring(s, t, &arc)) {
			keep_if_better(s, write_ring(s, t, arc));
		}
	}
	if (s->best.ring_length)
		keep(s);
}

void hw_deadlocks_find(const struct hw_model *model, struct hw_deadlocks *ret_deadlocks)
{
	struct hw_deadlocks result = { 0 };
	uint32_t count = model->thread_count, component_count;
	struct search s = {
		.model = model,
		.result = &result,
		.component = hw_xcalloc(count, sizeof(uint32_t)),
		.via = hw_xcalloc(count, sizeof(uint32_t)),
		.queue = hw_xcalloc(count, sizeof(uint32_t)),
		.ring = hw_xcalloc(count, sizeof(uint32_t)),
		.ring_holds = hw_xcalloc(count, sizeof(uint32_t)),
		.best.threads = hw_xcalloc(count, sizeof(uint32_t)),
		.best.holds = hw_xcalloc(count, sizeof(uint32_t)),
	};
	bool *seen;

	hw_stuck_find(model, &s.stuck);
	component_count = hw_digraph_components(&s.stuck.graph, s.component);
	seen = hw_xcalloc(component_count, sizeof(*seen));
	for (uint32_t t = 0; t < count; t++)
		if (s.stuck.is_stuck[t] && !seen[s.component[t]]) {
			seen[s.component[t]] = true;
			search_component(&s, t);
		}
	hw_stuck_finish(&s.stuck);
	free(seen);
	free(s.component);
	free(s.via);
	free(s.queue);
	free(s.ring);
	free(s.ring_holds);
	free(s.best.threads);
	free(s.best.holds);
	*ret_deadlocks = result;
}

void hw_deadlocks_finish(struct hw_deadlocks *deadlocks)
{
	free(deadlocks->all);
	hw_arena_finish(&deadlocks->arena);
	*deadlocks = (struct hw_deadlocks){ 0 };
}
