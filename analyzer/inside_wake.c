/* SPDX-License-Identifier: MIT */
#include "analyzer/inside_private.h"

#include <stdlib.h>

#include "trace/memory.h"

/* Of a thread, between taking the lock and its arrival. */
enum { EVENTS_ON_THE_WAY = 32 };

/* What the thread under way did last to an object; of another thread it means nothing. */
struct last {
	uint32_t thread; /* 1 more than whose it is */
	uint32_t taken, taken_to_write; /* HW_NONE for never; not by a try */
	uint32_t woke; /* signalled, posted, arrived at it */
};

struct pass {
	const struct hw_inside_search *s;
	uint32_t *first; /* by object: a wait for it; HW_NONE for none */
	uint32_t *next;	 /* by wait: another one for the same object */
	struct last *last; /* by object */
	struct hw_held held;
	uint32_t thread;
};

static struct last *last_of(struct pass *p, uint32_t object)
{
	struct last *last = &p->last[object];

	if (last->thread != p->thread + 1)
		*last = (struct last){ p->thread + 1, HW_NONE, HW_NONE, HW_NONE };
	return last;
}

static bool is_wake(const struct hw_moment *moment)
{
	return moment->op == HW_OP_SIGNAL || moment->op == HW_OP_BROADCAST ||
	       moment->op == HW_OP_POST || moment->op == HW_OP_ARRIVE;
}

/*
 * Where the thread took the lock that it still holds as it wakes somebody at `index`; at a
 * barrier, also one that it took shortly before, and since it was there last. Or HW_NONE: what
 * was given back before a signal was most likely for something else.
 */
static uint32_t needed(struct pass *p, const struct hw_inside_wait *wait, uint32_t index,
	enum hw_kind kind)
{
	const struct hw_life *life = hw_history_life(p->s->history, p->thread);
	const struct hw_hold *lock = hw_inside_lock(p->s, wait);
	const struct hw_held_lock *held = hw_held_find(&p->held, lock->object);
	const struct last *last = last_of(p, lock->object);
	uint32_t taken = lock->shared ? last->taken_to_write : last->taken;
	uint32_t woke = last_of(p, hw_inside_dependency(p->s, wait)->object)->woke;

	if (held) {
		uint8_t how = life->moments[held->moment].how;

		if (!(how & HW_HOW_TRY) && !(lock->shared && how & HW_HOW_SHARED))
			return held->moment;
	}
	return kind == HW_KIND_BARRIER && taken != HW_NONE && (woke == HW_NONE || taken > woke) &&
			index - taken <= EVENTS_ON_THE_WAY ? taken : HW_NONE;
}

/* The next thread that wakes; how many there are matters at a barrier only. */
static void begin_thread(struct hw_inside_wait *wait, uint32_t thread)
{
	if (wait->last_thread == thread)
		return;
	wait->last_thread = thread;
	wait->thread_count++;
	wait->first_need = wait->need_count;
	wait->is_free = false;
}

/* One who can signal without the lock is enough; at a barrier it is one more. */
static void do_without(struct hw_inside_wait *wait, enum hw_kind kind)
{
	if (kind != HW_KIND_BARRIER)
		wait->harmless = true;
	wait->free_count += !wait->is_free;
	wait->is_free = true;
	wait->need_count = wait->first_need;
}

static void look_at_wake(struct pass *p, struct hw_inside_wait *wait, uint32_t index)
{
	const struct hw_dependency *dependency = hw_inside_dependency(p->s, wait);
	enum hw_kind kind = p->s->model->objects[dependency->object].kind;
	const struct hw_life *life = hw_history_life(p->s->history, p->thread);
	uint32_t moment;

	/* Nobody wakes itself; but a unit that it posted may be there when it wants one. */
	if (p->thread == dependency->thread)
		wait->harmless |= kind == HW_KIND_SEM;
	if (p->thread == dependency->thread || wait->harmless)
		return;
	begin_thread(wait, p->thread);
	if (wait->is_free)
		return;
	moment = needed(p, wait, index, kind);
	if (moment == HW_NONE || index >= life->sound) {
		do_without(wait, kind);
		return;
	}
	HW_GROW(wait->needs, wait->need_count, wait->need_capacity);
	wait->needs[wait->need_count++] = (struct hw_inside_need){ .thread = p->thread,
		.moment = hw_inside_begin(life, moment), .wake = index };
}

static void look_at(struct pass *p, uint32_t index, const struct hw_moment *moment)
{
	const struct hw_model *model = p->s->model;

	if (moment->object == HW_NONE)
		return;
	if (hw_moment_acquires(model, moment) && !(moment->how & HW_HOW_TRY) &&
		!hw_held_find(&p->held, moment->object)) {
		struct last *last = last_of(p, moment->object);

		last->taken = index;
		if (!(moment->how & HW_HOW_SHARED))
			last->taken_to_write = index;
	} else if (is_wake(moment) && p->first[moment->object] != HW_NONE) {
		for (uint32_t w = p->first[moment->object]; w != HW_NONE; w = p->next[w])
			look_at_wake(p, &p->s->waits[w], index);
		last_of(p, moment->object)->woke = index;
	}
	hw_held_step(&p->held, model, index, moment);
}

static void index_waits(struct pass *p)
{
	const struct hw_inside_search *s = p->s;

	for (uint32_t i = 0; i < s->model->object_count; i++)
		p->first[i] = HW_NONE;
	for (uint32_t i = 0; i < s->wait_count; i++) {
		uint32_t object = hw_inside_dependency(s, &s->waits[i])->object;

		s->waits[i].last_thread = HW_NONE;
		p->next[i] = p->first[object];
		p->first[object] = i;
	}
}

/* A barrier opens when enough others come who need no lock for it. */
static void count_at_barriers(const struct hw_inside_search *s)
{
	for (uint32_t i = 0; i < s->wait_count; i++) {
		struct hw_inside_wait *wait = &s->waits[i];
		const struct hw_object *o =
			&s->model->objects[hw_inside_dependency(s, wait)->object];

		if (o->kind == HW_KIND_BARRIER &&
			(o->capacity < 2 || wait->free_count >= o->capacity - 1))
			wait->harmless = true;
	}
}

void hw_inside_find_wakes(const struct hw_inside_search *s)
{
	struct pass p = { .s = s,
		.first = hw_xcalloc(s->model->object_count, sizeof(*p.first)),
		.next = hw_xcalloc(s->wait_count, sizeof(*p.next)),
		.last = hw_xcalloc(s->model->object_count, sizeof(*p.last)) };

	index_waits(&p);
	for (p.thread = 0; p.thread < s->history->thread_count; p.thread++) {
		const struct hw_life *life = hw_history_life(s->history, p.thread);

		hw_held_clear(&p.held);
		for (uint32_t i = 0; i < life->count; i++)
			look_at(&p, i, &life->moments[i]);
	}
	count_at_barriers(s);
	hw_held_finish(&p.held);
	free(p.first);
	free(p.next);
	free(p.last);
}
