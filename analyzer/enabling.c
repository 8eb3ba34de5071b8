/* SPDX-License-Identifier: MIT */
#include "analyzer/enabling.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

/* An event while the run is read: where it is, for those who were there later. */
struct hw_enabling_place {
	uint32_t thread, index;
	uint32_t position; /* in the run */
	uint32_t units;	   /* of a post: those that no take was given yet */
};

/* A growing list of places, taken from the front. */
struct queue {
	struct hw_enabling_place *places;
	uint32_t first, count, capacity;
};

/* What is known of an object while the run is read. */
struct hw_enabling_object {
	struct queue posts; /* posts no take was given yet; signals no waiter got */
	/* The last; of a once: its initialiser's end; of a semaphore that locks: the last take. */
	struct hw_enabling_place broadcast;
	struct hw_enabling_place last_take; /* of a semaphore that signals */
	struct queue rounds; /* of a barrier: the last arrival of each full round */
	struct hw_enabling_place arrival; /* the last one of the round under way */
	uint32_t arrivals;		  /* in the round under way */
	/* Of a semaphore that locks: units that were brought and not given back, and the first. */
	struct hw_enabling_place unit;
	uint32_t units;
	int64_t out;	      /* units that were taken and not posted after that */
	bool began_with_unit; /* somebody took one before any was brought */
};

struct hw_enabling_thread {
	uint32_t slept; /* position of its last sleep */
	bool slept_for_a_time;
	uint32_t round; /* of the barrier it is at */
};

static const struct hw_enabling_place nowhere = { HW_NONE, HW_NONE, HW_NONE, 0 };

static void push(struct queue *queue, struct hw_enabling_place place)
{
	HW_GROW(queue->places, queue->count, queue->capacity);
	queue->places[queue->count++] = place;
}

static void enable(struct hw_moment *moment, struct hw_enabling_place enabler)
{
	moment->enabler_thread = enabler.thread;
	moment->enabler = enabler.index;
}

/* The earliest; nowhere when there is none: then it is a unit the semaphore began with. */
static struct hw_enabling_place take_first(struct queue *queue)
{
	return queue->first < queue->count ? queue->places[queue->first++] : nowhere;
}

/* The post that brought the last of the units that a take was given. */
static struct hw_enabling_place take_units(struct queue *queue, uint32_t units)
{
	struct hw_enabling_place place = nowhere;

	while (units && queue->first < queue->count) {
		struct hw_enabling_place *post = &queue->places[queue->first];
		uint32_t given = units < post->units ? units : post->units;

		place = *post;
		post->units -= given;
		units -= given;
		queue->first += !post->units;
	}
	return place;
}

static void wake(struct hw_enabling *e, struct hw_enabling_place place, struct hw_moment *moment)
{
	struct hw_enabling_object *cond = &e->objects[moment->object];
	uint32_t slept = e->threads[place.thread].slept;

	if (e->threads[place.thread].slept_for_a_time)
		return;

	while (cond->posts.first < cond->posts.count) {
		struct hw_enabling_place signal = take_first(&cond->posts);

		if (signal.position > slept) {
			enable(moment, signal);
			return;
		}
	}
	if (cond->broadcast.thread != HW_NONE && cond->broadcast.position > slept)
		enable(moment, cond->broadcast);
}

static void arrive(struct hw_enabling *e, struct hw_enabling_place place, struct hw_moment *moment)
{
	struct hw_enabling_object *barrier = &e->objects[moment->object];
	int64_t capacity = e->model->objects[moment->object].capacity;

	if (barrier->arrivals)
		enable(moment, barrier->arrival);
	barrier->arrival = place;
	e->threads[place.thread].round = barrier->rounds.count;
	if (++barrier->arrivals < capacity || capacity < 1)
		return;
	push(&barrier->rounds, place);
	barrier->arrivals = 0;
}

/*
 * A barrier when its round is full, a once when its initialiser has ended; and a semaphore that was
 * to have no units when its last one was taken.
 */
static void leave(struct hw_enabling *e, struct hw_enabling_place place, struct hw_moment *moment)
{
	struct hw_enabling_object *object = &e->objects[moment->object];
	uint32_t round = e->threads[place.thread].round;

	/* A round of nobody knows how many is full when the first of them leaves. */
	if (round == object->rounds.count && object->arrivals &&
		e->model->objects[moment->object].capacity < 1) {
		push(&object->rounds, object->arrival);
		object->arrivals = 0;
	}
	if (e->model->objects[moment->object].kind == HW_KIND_ONCE)
		enable(moment, object->broadcast);
	else if (e->model->objects[moment->object].kind == HW_KIND_SEM)
		enable(moment, object->last_take);
	else if (round < object->rounds.count)
		enable(moment, object->rounds.places[round]);
}

/* Whether an attempt failed, with this error, because of what others have. */
static bool is_of_others(int64_t error)
{
	return error == EBUSY || error == EAGAIN || error == ETIMEDOUT;
}

/*
 * Who has the lock that a thread did not get: it would have got it without them. Again and
 * again because of the same is told once.
 */
static void fail(struct hw_enabling *e, struct hw_enabling_place place, struct hw_moment *moment)
{
	const struct hw_life *life = &e->history->lives[place.thread];
	const struct hw_history_link *last =
		life->link_count ? &life->links[life->link_count - 1] : NULL;
	struct hw_enabling_place holder = nowhere;

	if (!hw_model_is_lock(e->model, moment->object))
		return;
	if (e->model->objects[moment->object].kind == HW_KIND_SEM)
		holder = e->objects[moment->object].broadcast;
	else
		hw_doubt_find_holder(e->doubt, moment->object, place.thread, &holder.thread,
			&holder.index);
	if (holder.thread == HW_NONE || holder.thread == place.thread ||
		(last && last->enabler_thread == holder.thread && last->enabler == holder.index))
		return;
	enable(moment, holder);
}

/* With one unit in all, nobody could take it before it was brought. */
static void take_lock(struct hw_enabling *e, struct hw_enabling_place place,
	struct hw_moment *moment)
{
	struct hw_enabling_object *object = &e->objects[moment->object];

	object->broadcast = place;
	object->began_with_unit |= !object->units;
	object->out += moment->units;
	if (object->units == 1 && !object->began_with_unit)
		enable(moment, object->unit);
}

static void post_lock(struct hw_enabling_object *object, struct hw_enabling_place place)
{
	uint32_t own = object->out < place.units ? (uint32_t)object->out : place.units;

	object->out -= own;
	if (own < place.units && !object->units)
		object->unit = place;
	object->units += place.units - own;
}

static void apply_to_object(struct hw_enabling *e, struct hw_enabling_place place,
	struct hw_moment *moment)
{
	struct hw_enabling_object *object = &e->objects[moment->object];

	switch ((enum hw_op)moment->op) {
	case HW_OP_ONCE_END:
		object->broadcast = place;
		break;
	case HW_OP_POST:
		if (hw_model_is_lock(e->model, moment->object))
			post_lock(object, place);
		else
			push(&object->posts, place);
		break;
	case HW_OP_TAKE:
		enable(moment, take_units(&object->posts, moment->units));
		object->last_take = place;
		break;
	case HW_OP_FAIL:
		fail(e, place, moment);
		break;
	case HW_OP_SLEEP:
		e->threads[place.thread].slept = place.position;
		e->threads[place.thread].slept_for_a_time = moment->how & HW_HOW_TIMED;
		break;
	case HW_OP_SIGNAL:
		push(&object->posts, place);
		break;
	case HW_OP_BROADCAST:
		object->broadcast = place;
		break;
	case HW_OP_WAKE:
		wake(e, place, moment);
		break;
	case HW_OP_ARRIVE:
		arrive(e, place, moment);
		break;
	case HW_OP_LEAVE:
		leave(e, place, moment);
		break;
	default:
		break;
	}
}

/* The last event that a thread has had up to now. */
static struct hw_enabling_place last_of(const struct hw_enabling *e, uint32_t thread)
{
	uint32_t last = e->history->lives[thread].count - 1;

	return (struct hw_enabling_place){ thread, last, HW_NONE, 0 };
}

/* Joining waits for the last event of the thread that is its object. */
static void join(struct hw_enabling *e, struct hw_enabling_place place, struct hw_moment *moment)
{
	uint32_t joined = e->thread_of[moment->object];

	if (joined == HW_NONE || !e->history->lives[joined].count)
		return;
	enable(moment, last_of(e, joined));
	e->history->lives[joined].joiner = place.thread;
	e->history->lives[joined].joined = place.index;
}

/* The end of a process is that of all its threads: one of them stands for it. */
static void reap(struct hw_enabling *e, uint32_t process, struct hw_moment *moment)
{
	for (uint32_t t = 0; process != HW_NONE && t < e->model->thread_count; t++)
		if (e->model->threads[t].process == process && e->history->lives[t].count) {
			enable(moment, last_of(e, t));
			return;
		}
}

static void start(struct hw_enabling *e, struct hw_enabling_place place, struct hw_moment *moment)
{
	const struct hw_thread *thread = &e->model->threads[place.thread];
	const struct hw_process *process = &e->model->processes[thread->process];
	struct hw_enabling_place creation = e->creations[place.thread];

	/* The first thread of a forked process begins where its parent forked. */
	if (creation.thread == HW_NONE)
		creation = e->forks[thread->process];
	if (creation.thread == HW_NONE && process->parent != HW_NONE &&
		!strcmp(process->origin, "exec"))
		creation = e->execs[process->parent];
	enable(moment, creation);
}

static void create(struct hw_enabling *e, uint32_t made, struct hw_enabling_place place)
{
	e->creations[made] = place;
	e->history->lives[made].creator = place.thread;
	e->history->lives[made].created = place.index;
}

static struct hw_enabling_place *nowheres(uint32_t count)
{
	struct hw_enabling_place *places = hw_xmalloc(count * sizeof(*places));

	for (uint32_t i = 0; i < count; i++)
		places[i] = nowhere;
	return places;
}

void hw_enabling_init(struct hw_enabling *e, struct hw_history *history,
	const struct hw_doubt *doubt)
{
	const struct hw_model *model = history->model;

	*e = (struct hw_enabling){ .model = model, .history = history, .doubt = doubt };
	e->objects = hw_xcalloc(model->object_count, sizeof(*e->objects));
	e->threads = hw_xcalloc(model->thread_count, sizeof(*e->threads));
	e->creations = nowheres(model->thread_count);
	e->forks = nowheres(model->process_count);
	e->execs = nowheres(model->process_count);
	e->thread_of = hw_xmalloc(model->object_count * sizeof(*e->thread_of));
	for (uint32_t i = 0; i < model->object_count; i++) {
		e->thread_of[i] = HW_NONE;
		e->objects[i].broadcast = e->objects[i].last_take = nowhere;
	}
	for (uint32_t i = 0; i < model->thread_count; i++)
		if (model->threads[i].object != HW_NONE)
			e->thread_of[model->threads[i].object] = i;
}

void hw_enabling_finish(struct hw_enabling *e)
{
	for (uint32_t i = 0; i < e->model->object_count; i++) {
		free(e->objects[i].posts.places);
		free(e->objects[i].rounds.places);
	}
	free(e->objects);
	free(e->threads);
	free(e->creations);
	free(e->forks);
	free(e->execs);
	free(e->thread_of);
}

void hw_enabling_apply(struct hw_enabling *e, struct hw_history_row *row)
{
	struct hw_moment *moment = &row->moment;
	struct hw_enabling_place place = { row->thread, e->history->lives[row->thread].count,
		moment->position, moment->units };
	uint32_t made;

	switch ((enum hw_op)moment->op) {
	case HW_OP_CREATE:
		made = hw_model_find_thread(e->model, row->result);
		if (made != HW_NONE)
			create(e, made, place);
		return;
	case HW_OP_FORK:
		made = hw_model_find_process(e->model, row->result);
		if (made != HW_NONE)
			e->forks[made] = place;
		return;
	case HW_OP_REAP:
		reap(e, hw_model_find_process(e->model, row->result), moment);
		return;
	case HW_OP_EXEC:
		e->execs[e->model->threads[place.thread].process] = place;
		return;
	case HW_OP_START:
		start(e, place, moment);
		return;
	default:
		break;
	}
	if (moment->object == HW_NONE)
		return;
	if (moment->op == HW_OP_JOIN)
		join(e, place, moment);
	else if (moment->op == HW_OP_FAIL && !is_of_others(row->result))
		return;
	else if (moment->op == HW_OP_TAKE && hw_model_is_lock(e->model, moment->object))
		take_lock(e, place, moment);
	else if (!hw_moment_acquires(e->model, moment))
		apply_to_object(e, place, moment);
}
