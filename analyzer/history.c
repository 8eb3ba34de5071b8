/* SPDX-License-Identifier: MIT */
#include "analyzer/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/contradiction.h"
#include "analyzer/doubt.h"
#include "analyzer/history_rows.h"
#include "trace/memory.h"

enum { ROWS_AHEAD = 32 };

/* An event while it is read: where it is, for those who were there later. */
struct place {
	uint32_t thread, index;
	uint32_t position; /* in the run */
};

/* A growing list of places, taken from the front. */
struct queue {
	struct place *places;
	uint32_t first, count, capacity;
};

/* What is known of an object while the run is read. */
struct object_state {
	struct queue posts;     /* posts no take was given yet; signals no waiter got */
	struct place broadcast; /* the last one; of a once: the end of its initialiser */
	struct queue rounds;    /* of a barrier: the last arrival of each full round */
	struct place arrival;   /* the last one of the round under way */
	uint32_t arrivals;      /* in the round under way */
};

struct thread_state {
	uint32_t slept; /* position of its last sleep */
	bool slept_for_a_time;
	uint32_t round; /* of the barrier it is at */
};

struct reading {
	const struct hw_model *model;
	struct hw_history *history;
	struct object_state *objects;
	struct thread_state *threads;
	struct hw_doubt doubt;
	struct place *creations; /* by thread: the event that created it */
	struct place *forks;     /* by process: the event that made it */
	struct place *execs;     /* by process: the last attempt to replace it by another */
	uint32_t *thread_of;     /* by thread object */
};

static const struct place nowhere = { HW_NONE, HW_NONE, HW_NONE };

static void push(struct queue *queue, struct place place)
{
	HW_GROW(queue->places, queue->count, queue->capacity);
	queue->places[queue->count++] = place;
}

static void enable(struct hw_moment *moment, struct place enabler)
{
	moment->enabler_thread = enabler.thread;
	moment->enabler = enabler.index;
}

/* The earliest; nowhere when there is none: then it is a unit the semaphore began with. */
static struct place take_first(struct queue *queue)
{
	return queue->first < queue->count ? queue->places[queue->first++] : nowhere;
}

static void wake(struct reading *r, struct place place, struct hw_moment *moment)
{
	struct object_state *cond = &r->objects[moment->object];
	uint32_t slept = r->threads[place.thread].slept;

	if (r->threads[place.thread].slept_for_a_time)
		return;

	while (cond->posts.first < cond->posts.count) {
		struct place signal = take_first(&cond->posts);

		if (signal.position > slept) {
			enable(moment, signal);
			return;
		}
	}
	if (cond->broadcast.thread != HW_NONE && cond->broadcast.position > slept)
		enable(moment, cond->broadcast);
}

static void arrive(struct reading *r, struct place place, struct hw_moment *moment)
{
	struct object_state *barrier = &r->objects[moment->object];
	int64_t capacity = r->model->objects[moment->object].capacity;

	if (barrier->arrivals)
		enable(moment, barrier->arrival);
	barrier->arrival = place;
	r->threads[place.thread].round = barrier->rounds.count;
	if (++barrier->arrivals < capacity || capacity < 1)
		return;
	push(&barrier->rounds, place);
	barrier->arrivals = 0;
}

/* A barrier when its round is full, a once when its initialiser has ended. */
static void leave(struct reading *r, struct place place, struct hw_moment *moment)
{
	struct object_state *object = &r->objects[moment->object];
	uint32_t round = r->threads[place.thread].round;

	/* A round of nobody knows how many is full when the first of them leaves. */
	if (round == object->rounds.count && object->arrivals &&
		r->model->objects[moment->object].capacity < 1) {
		push(&object->rounds, object->arrival);
		object->arrivals = 0;
	}
	if (r->model->objects[moment->object].kind == HW_KIND_ONCE)
		enable(moment, object->broadcast);
	else if (round < object->rounds.count)
		enable(moment, object->rounds.places[round]);
}

static void apply_to_object(struct reading *r, struct place place, struct hw_moment *moment)
{
	struct object_state *object = &r->objects[moment->object];

	switch ((enum hw_op)moment->op) {
	case HW_OP_ONCE_END:
		object->broadcast = place;
		break;
	case HW_OP_POST:
		if (!hw_model_is_lock(r->model, moment->object))
			push(&object->posts, place);
		break;
	case HW_OP_TAKE:
		enable(moment, take_first(&object->posts));
		break;
	case HW_OP_SLEEP:
		r->threads[place.thread].slept = place.position;
		r->threads[place.thread].slept_for_a_time = moment->how & HW_HOW_TIMED;
		break;
	case HW_OP_SIGNAL:
		push(&object->posts, place);
		break;
	case HW_OP_BROADCAST:
		object->broadcast = place;
		break;
	case HW_OP_WAKE:
		wake(r, place, moment);
		break;
	case HW_OP_ARRIVE:
		arrive(r, place, moment);
		break;
	case HW_OP_LEAVE:
		leave(r, place, moment);
		break;
	default:
		break;
	}
}

/* The last event that a thread has had up to now. */
static struct place last_of(const struct reading *r, uint32_t thread)
{
	return (struct place){ thread, r->history->lives[thread].count - 1, HW_NONE };
}

/* Joining waits for the last event of the thread that is its object. */
static void join(struct reading *r, struct place place, struct hw_moment *moment)
{
	uint32_t joined = r->thread_of[moment->object];

	if (joined == HW_NONE || !r->history->lives[joined].count)
		return;
	enable(moment, last_of(r, joined));
	r->history->lives[joined].joiner = place.thread;
	r->history->lives[joined].joined = place.index;
}

/* The end of a process is that of all its threads: one of them stands for it. */
static void reap(struct reading *r, uint32_t process, struct hw_moment *moment)
{
	for (uint32_t t = 0; process != HW_NONE && t < r->model->thread_count; t++)
		if (r->model->threads[t].process == process && r->history->lives[t].count) {
			enable(moment, last_of(r, t));
			return;
		}
}

static void start(struct reading *r, struct place place, struct hw_moment *moment)
{
	const struct hw_thread *thread = &r->model->threads[place.thread];
	const struct hw_process *process = &r->model->processes[thread->process];
	struct place creation = r->creations[place.thread];

	/* The first thread of a forked process begins where its parent forked. */
	if (creation.thread == HW_NONE)
		creation = r->forks[thread->process];
	if (creation.thread == HW_NONE && process->parent != HW_NONE &&
		!strcmp(process->origin, "exec"))
		creation = r->execs[process->parent];
	enable(moment, creation);
}

static void create(struct reading *r, uint32_t made, struct place place)
{
	r->creations[made] = place;
	r->history->lives[made].creator = place.thread;
	r->history->lives[made].created = place.index;
}

static void apply(struct reading *r, struct place place, struct hw_moment *moment, int64_t result)
{
	uint32_t made;

	switch ((enum hw_op)moment->op) {
	case HW_OP_CREATE:
		made = hw_model_find_thread(r->model, result);
		if (made != HW_NONE)
			create(r, made, place);
		return;
	case HW_OP_FORK:
		made = hw_model_find_process(r->model, result);
		if (made != HW_NONE)
			r->forks[made] = place;
		return;
	case HW_OP_REAP:
		reap(r, hw_model_find_process(r->model, result), moment);
		return;
	case HW_OP_EXEC:
		r->execs[r->model->threads[place.thread].process] = place;
		return;
	case HW_OP_START:
		start(r, place, moment);
		return;
	default:
		break;
	}
	if (moment->object == HW_NONE)
		return;
	if (moment->op == HW_OP_JOIN)
		join(r, place, moment);
	else if (!hw_moment_acquires(r->model, moment))
		apply_to_object(r, place, moment);
}

static struct place *nowheres(uint32_t count)
{
	struct place *places = hw_xmalloc(count * sizeof(*places));

	for (uint32_t i = 0; i < count; i++)
		places[i] = nowhere;
	return places;
}

static void begin_reading(struct reading *r, const struct hw_model *model,
	struct hw_history *history)
{
	*r = (struct reading){ .model = model, .history = history };
	hw_doubt_init(&r->doubt, model);
	r->objects = hw_xcalloc(model->object_count, sizeof(*r->objects));
	r->threads = hw_xcalloc(model->thread_count, sizeof(*r->threads));
	r->creations = nowheres(model->thread_count);
	r->forks = nowheres(model->process_count);
	r->execs = nowheres(model->process_count);
	r->thread_of = hw_xmalloc(model->object_count * sizeof(*r->thread_of));
	for (uint32_t i = 0; i < model->object_count; i++) {
		r->thread_of[i] = HW_NONE;
		r->objects[i].broadcast = nowhere;
	}
	for (uint32_t i = 0; i < model->thread_count; i++)
		if (model->threads[i].object != HW_NONE)
			r->thread_of[model->threads[i].object] = i;
}

static void end_reading(struct reading *r)
{
	for (uint32_t i = 0; i < r->model->object_count; i++) {
		free(r->objects[i].posts.places);
		free(r->objects[i].rounds.places);
	}
	hw_doubt_finish(&r->doubt);
	free(r->objects);
	free(r->threads);
	free(r->creations);
	free(r->forks);
	free(r->execs);
	free(r->thread_of);
}

static void keep_link(struct hw_life *life, uint32_t index, const struct hw_moment *moment)
{
	HW_GROW(life->links, life->link_count, life->link_capacity);
	life->links[life->link_count++] = (struct hw_history_link){
		index, moment->enabler_thread, moment->enabler };
}

/* What contradicts what is known before it has no part in what follows. */
static void read_event(struct reading *r, struct hw_history_row *row)
{
	struct hw_history *history = r->history;
	struct hw_life *life = &history->lives[row->thread];
	struct place place = { row->thread, life->count, row->moment.position };

	if (hw_doubt_look(&r->doubt, row, life->count, history)) {
		HW_GROW(life->doubted, life->doubted_count, life->doubted_capacity);
		life->doubted[life->doubted_count++] = life->count;
	} else {
		apply(r, place, &row->moment, row->result);
		if (row->moment.enabler_thread != HW_NONE)
			keep_link(life, life->count, &row->moment);
	}
	life->count++;
	history->event_count++;
}

/* Rows are read ahead, so that what they need of objects is there when their turn comes. */
static int read_events(struct reading *r, struct hw_history_rows *rows, struct hw_error *error)
{
	struct hw_history_row ahead[ROWS_AHEAD];
	size_t count;
	int code;

	do {
		for (count = 0; count < ROWS_AHEAD; count++) {
			code = hw_history_rows_next(rows, &ahead[count], error);
			if (code != 1)
				break;
			hw_doubt_prefetch(&r->doubt, &ahead[count]);
		}
		for (size_t i = 0; i < count; i++)
			read_event(r, &ahead[i]);
	} while (code == 1);
	return code;
}

static void begin_lives(struct hw_history *history)
{
	history->lives = hw_xcalloc(history->thread_count, sizeof(struct hw_life));
	for (uint32_t i = 0; i < history->thread_count; i++) {
		history->lives[i].creator = history->lives[i].joiner = HW_NONE;
		history->lives[i].sound = UINT32_MAX;
	}
}

static void end_lives(struct hw_history *history)
{
	for (uint32_t i = 0; i < history->thread_count && history->lives; i++) {
		free(history->lives[i].moments);
		free(history->lives[i].links);
		free(history->lives[i].doubted);
	}
	free(history->lives);
	history->lives = NULL;
	history->event_count = 0;
	history->contradictions = (struct hw_contradictions){ 0 };
}

static int read_run(struct hw_history *history, struct hw_error *error)
{
	struct reading reading;
	int code;

	begin_lives(history);
	begin_reading(&reading, history->model, history);
	code = read_events(&reading, history->rows, error);
	end_reading(&reading);
	hw_contradiction_end(history->model, history->rows->nobodys, history);
	return code;
}

int hw_history_load(sqlite3 *db, const struct hw_model *model, const char *path,
	struct hw_history *ret_history, struct hw_error *error)
{
	struct hw_history history = { .model = model, .thread_count = model->thread_count,
		.moments_max = HW_HISTORY_BYTES_MAX / sizeof(struct hw_moment) };
	int code = hw_history_rows_open(db, model, path, &history.rows, error);

	if (code)
		return code;
	code = read_run(&history, error);
	if (code == -EAGAIN) {
		end_lives(&history);
		code = hw_history_rows_rewind(history.rows, NULL, error);
		if (!code)
			code = read_run(&history, error);
	}
	if (code)
		hw_history_finish(&history);
	else
		*ret_history = history;
	return code;
}

void hw_history_finish(struct hw_history *history)
{
	end_lives(history);
	hw_history_rows_close(history->rows);
	*history = (struct hw_history){ 0 };
}
