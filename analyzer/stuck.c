/* SPDX-License-Identifier: MIT */
#include "analyzer/stuck.h"

#include <stdlib.h>

#include "trace/memory.h"

/* Threads by object: those of object o are members[first[o]] .. members[first[o + 1] - 1]. */
struct by_object {
	uint32_t *first;
	struct member {
		uint32_t thread;
		uint32_t hold; /* HW_NONE for waiters */
	} * members;
};

struct finder {
	const struct hw_model *model;
	struct hw_stuck *result;
	struct by_object holders, waiters;
	uint32_t *thread_of; /* by object: the thread whose end it is */
	uint32_t *queue;     /* threads to look at again */
	bool *queued;
	uint32_t queue_count;
	uint32_t keeper_capacity;
};

static void index_members(struct by_object *by, uint32_t object_count)
{
	for (uint32_t o = 0; o < object_count; o++)
		by->first[o + 1] += by->first[o];
	by->members = hw_xcalloc(by->first[object_count], sizeof(*by->members));
}

static void add_member(struct by_object *by, uint32_t *next, uint32_t object, struct member member)
{
	by->members[by->first[object] + next[object]++] = member;
}

/* Sort holds and waits by object (counting sort). */
static void index_state(struct finder *f)
{
	const struct hw_model *m = f->model;
	uint32_t *next_holder = hw_xcalloc(m->object_count, sizeof(*next_holder));
	uint32_t *next_waiter = hw_xcalloc(m->object_count, sizeof(*next_waiter));

	f->holders.first = hw_xcalloc((size_t)m->object_count + 1, sizeof(uint32_t));
	f->waiters.first = hw_xcalloc((size_t)m->object_count + 1, sizeof(uint32_t));
	for (uint32_t t = 0; t < m->thread_count; t++)
		for (uint32_t i = 0; i < m->threads[t].hold_count; i++)
			f->holders.first[m->holds[m->threads[t].first_hold + i].object + 1]++;
	for (uint32_t w = 0; w < m->wait_count; w++)
		f->waiters.first[m->waits[w].object + 1]++;
	index_members(&f->holders, m->object_count);
	index_members(&f->waiters, m->object_count);
	for (uint32_t t = 0; t < m->thread_count; t++)
		for (uint32_t i = 0; i < m->threads[t].hold_count; i++) {
			uint32_t hold = m->threads[t].first_hold + i;

			add_member(&f->holders, next_holder, m->holds[hold].object,
				(struct member){ t, hold });
		}
	for (uint32_t w = 0; w < m->wait_count; w++)
		add_member(&f->waiters, next_waiter, m->waits[w].object,
			(struct member){ m->waits[w].thread, HW_NONE });
	free(next_holder);
	free(next_waiter);
}

static const struct hw_wait *wait_of(const struct hw_model *model, uint32_t thread)
{
	return &model->waits[model->threads[thread].wait];
}

static bool waits_shared(const struct hw_model *model, uint32_t thread)
{
	return wait_of(model, thread)->shared;
}

/* Will never let go: stuck, or ended while its process went on. */
static bool keeps(const struct finder *f, uint32_t thread)
{
	const struct hw_thread *t = &f->model->threads[thread];
	const struct hw_process *process = &f->model->processes[t->process];

	return f->result->is_stuck[thread] ||
	       (t->wait == HW_NONE && t->end_ns != HW_UNKNOWN &&
		       (process->end_ns == HW_UNKNOWN || t->end_ns < process->end_ns));
}

#define FOR_EACH(who, by, object)                                                      \
	for (const struct member *who = (by).members + (by).first[object],             \
				 *who##_end = (by).members + (by).first[(object) + 1]; \
		who < who##_end; who++)

static bool mutex_is_kept(const struct finder *f, uint32_t object)
{
	bool held = false;

	FOR_EACH(holder, f->holders, object)
	{
		held = true;
		if (!keeps(f, holder->thread))
			return false;
	}
	return held;
}

/* Who wants to read is kept out by who writes or, where writers go first, by who waits to. */
static bool reader_is_kept(const struct finder *f, uint32_t object)
{
	FOR_EACH(holder, f->holders, object)
	if (!f->model->holds[holder->hold].shared)
		return keeps(f, holder->thread);
	FOR_EACH(waiter, f->waiters, object)
	if (!waits_shared(f->model, waiter->thread) && f->result->is_stuck[waiter->thread])
		return true;
	return false;
}

static bool writer_is_kept(const struct finder *f, uint32_t object)
{
	FOR_EACH(holder, f->holders, object)
	if (keeps(f, holder->thread))
		return true;
	return false;
}

/*
 * A thread that has taken all units of a semaphore and then waits for another means to wait for
 * somebody's post: that is how conditions are made of them. Until one has been posted nothing says
 * whose posts they are.
 */
static bool may_be_posted_by_others(const struct finder *f, uint32_t object, uint32_t waiter)
{
	if (f->model->objects[object].role != HW_ROLE_UNKNOWN)
		return false;
	FOR_EACH(holder, f->holders, object)
	if (holder->thread != waiter)
		return false;
	return true;
}

/* Whether so many are with threads that keep them that the others are fewer than it wants. */
static bool units_are_kept(const struct finder *f, uint32_t object, int64_t wanted)
{
	int64_t kept = 0;

	FOR_EACH(holder, f->holders, object)
	if (keeps(f, holder->thread))
		kept += f->model->holds[holder->hold].count;
	return kept + wanted > hw_model_capacity(f->model, object);
}

/* Whether everything that could end its wait is up to threads that will not. */
static bool is_kept(const struct finder *f, uint32_t thread)
{
	const struct hw_wait *wait = wait_of(f->model, thread);
	uint32_t o = wait->object;

	if (f->model->objects[o].kind == HW_KIND_THREAD)
		return f->thread_of[o] != HW_NONE && f->result->is_stuck[f->thread_of[o]];
	if (!hw_model_is_lock(f->model, o))
		return false;
	if (f->model->objects[o].kind == HW_KIND_SEM)
		return !may_be_posted_by_others(f, o, thread) &&
			units_are_kept(f, o, wait->units);
	if (f->model->objects[o].kind == HW_KIND_RWLOCK)
		return wait->shared ? reader_is_kept(f, o) : writer_is_kept(f, o);
	return mutex_is_kept(f, o);
}

static void look_again(struct finder *f, uint32_t object)
{
	FOR_EACH(waiter, f->waiters, object)
	if (f->result->is_stuck[waiter->thread] && !f->queued[waiter->thread]) {
		f->queued[waiter->thread] = true;
		f->queue[f->queue_count++] = waiter->thread;
	}
}

/* A thread can go on after all: so may those who wait for what it has, or wait with it. */
static void release(struct finder *f, uint32_t thread)
{
	const struct hw_thread *t = &f->model->threads[thread];

	f->result->is_stuck[thread] = false;
	for (uint32_t i = 0; i < t->hold_count; i++)
		look_again(f, f->model->holds[t->first_hold + i].object);
	if (t->object != HW_NONE)
		look_again(f, t->object);
	look_again(f, wait_of(f->model, thread)->object);
}

static void find_stuck(struct finder *f)
{
	const struct hw_model *m = f->model;

	f->queue = hw_xcalloc(m->thread_count, sizeof(*f->queue));
	f->queued = hw_xcalloc(m->thread_count, sizeof(*f->queued));
	for (uint32_t w = 0; w < m->wait_count; w++) {
		uint32_t thread = m->waits[w].thread;

		if (m->waits[w].how & HW_HOW_TIMED)
			continue;
		f->result->is_stuck[thread] = f->queued[thread] = true;
		f->queue[f->queue_count++] = thread;
	}
	while (f->queue_count) {
		uint32_t thread = f->queue[--f->queue_count];

		f->queued[thread] = false;
		if (f->result->is_stuck[thread] && !is_kept(f, thread))
			release(f, thread);
	}
	free(f->queue);
	free(f->queued);
}

static void add_keeper(struct finder *f, uint32_t waiter, uint32_t keeper, uint32_t hold)
{
	struct hw_stuck *r = f->result;

	if (!r->is_stuck[keeper])
		return;
	HW_GROW(r->keepers, r->keeper_count, f->keeper_capacity);
	r->keepers[r->keeper_count++] = (struct hw_stuck_keeper){ waiter, keeper, hold };
}

static void add_keepers(struct finder *f, uint32_t thread)
{
	const struct hw_wait *wait = wait_of(f->model, thread);
	uint32_t o = wait->object, before = f->result->keeper_count;

	if (f->model->objects[o].kind == HW_KIND_THREAD) {
		add_keeper(f, thread, f->thread_of[o], HW_NONE);
		return;
	}
	FOR_EACH(holder, f->holders, o)
	if (!wait->shared || !f->model->holds[holder->hold].shared)
		add_keeper(f, thread, holder->thread, holder->hold);
	if (f->result->keeper_count > before || !wait->shared)
		return;
	FOR_EACH(waiter, f->waiters, o)
	if (!waits_shared(f->model, waiter->thread))
		add_keeper(f, thread, waiter->thread, HW_NONE);
}

static void make_graph(struct finder *f)
{
	struct hw_stuck *r = f->result;
	uint32_t *sources;

	for (uint32_t t = 0; t < f->model->thread_count; t++)
		if (r->is_stuck[t])
			add_keepers(f, t);
	sources = hw_xcalloc(r->keeper_count, sizeof(*sources));
	hw_digraph_init(&r->graph, f->model->thread_count, r->keeper_count);
	for (uint32_t i = 0; i < r->keeper_count; i++) {
		sources[i] = r->keepers[i].waiter;
		r->graph.to[i] = r->keepers[i].keeper;
	}
	hw_digraph_index(&r->graph, sources);
	free(sources);
}

void hw_stuck_find(const struct hw_model *model, struct hw_stuck *ret_stuck)
{
	struct hw_stuck result = { .is_stuck = hw_xcalloc(model->thread_count, sizeof(bool)) };
	struct finder f = {
		.model = model,
		.result = &result,
		.thread_of = hw_xcalloc(model->object_count, sizeof(uint32_t)),
	};

	for (uint32_t o = 0; o < model->object_count; o++)
		f.thread_of[o] = HW_NONE;
	for (uint32_t t = 0; t < model->thread_count; t++)
		if (model->threads[t].object != HW_NONE)
			f.thread_of[model->threads[t].object] = t;
	index_state(&f);
	find_stuck(&f);
	make_graph(&f);
	free(f.holders.first);
	free(f.holders.members);
	free(f.waiters.first);
	free(f.waiters.members);
	free(f.thread_of);
	*ret_stuck = result;
}

void hw_stuck_finish(struct hw_stuck *stuck)
{
	free(stuck->is_stuck);
	free(stuck->keepers);
	hw_digraph_finish(&stuck->graph);
	*stuck = (struct hw_stuck){ 0 };
}

bool hw_stuck_needs_all(const struct hw_model *model, uint32_t thread)
{
	return hw_model_capacity(model, wait_of(model, thread)->object) >
	       wait_of(model, thread)->units;
}
