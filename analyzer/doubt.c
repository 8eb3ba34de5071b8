/* SPDX-License-Identifier: MIT */
#include "analyzer/doubt.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/held.h"
#include "trace/memory.h"

struct hw_doubt_thread {
	struct hw_held held;
	uint32_t asleep_on; /* a condition; HW_NONE when it is awake */
	uint32_t round;	    /* of the barrier it is at */
	bool created, started, ended, joined;
};

struct hw_doubt_object {
	uint32_t owner;	      /* who has it for itself; HW_NONE for nobody */
	uint32_t readers;     /* how many others have it */
	uint32_t arrivals;    /* in the round under way */
	uint32_t rounds;      /* that are complete */
	int64_t units_out;    /* taken and not posted */
	bool used;
	uint8_t kind; /* enum hw_kind */
	bool robust, recursive, shared; /* by its type */
};

/* The event under way. */
struct event {
	struct hw_doubt *doubt;
	struct hw_doubt_thread *by;
	struct hw_doubt_object *object; /* NULL for none */
	const struct hw_object *what;	/* NULL for none */
	const struct hw_moment *moment;
	uint32_t thread, index;
	int64_t result;
	uint32_t sound;
};

void hw_doubt_init(struct hw_doubt *doubt, const struct hw_model *model)
{
	*doubt = (struct hw_doubt){ .model = model };
	doubt->threads = hw_xcalloc(model->thread_count, sizeof(*doubt->threads));
	doubt->objects = hw_xcalloc(model->object_count, sizeof(*doubt->objects));
	doubt->forked = hw_xcalloc(model->process_count, sizeof(*doubt->forked));
	doubt->thread_of = hw_xcalloc(model->object_count, sizeof(*doubt->thread_of));
	for (uint32_t i = 0; i < model->object_count; i++) {
		const struct hw_object *o = &model->objects[i];

		doubt->thread_of[i] = HW_NONE;
		doubt->objects[i] = (struct hw_doubt_object){ .owner = HW_NONE, .kind = o->kind,
			.robust = strstr(o->type, "robust"),
			.recursive = strstr(o->type, "recursive"),
			.shared = o->process == HW_NONE };
	}
	for (uint32_t i = 0; i < model->thread_count; i++) {
		doubt->threads[i].asleep_on = HW_NONE;
		if (model->threads[i].object != HW_NONE)
			doubt->thread_of[model->threads[i].object] = i;
	}
}

void hw_doubt_finish(struct hw_doubt *doubt)
{
	for (uint32_t i = 0; i < doubt->model->thread_count; i++)
		hw_held_finish(&doubt->threads[i].held);
	free(doubt->threads);
	free(doubt->objects);
	free(doubt->forked);
	free(doubt->thread_of);
}

static const char *start(struct event *e)
{
	const struct hw_thread *threads = e->doubt->model->threads;
	uint32_t creator = threads[e->thread].creator;

	if (e->index)
		return "starts twice";
	/* A fork that goes round the library is not seen. */
	if (e->by->created || creator == HW_NONE ||
		threads[creator].process != threads[e->thread].process)
		return NULL;
	e->sound = 0;
	return "starts, but nobody has created it";
}

/* Of a thread that somebody created, nothing else can come first. */
static bool must_start(const struct event *e)
{
	return e->by->created || e->doubt->model->threads[e->thread].creator != HW_NONE;
}

static const char *create(struct event *e)
{
	uint32_t made = hw_model_find_thread(e->doubt->model, e->result);

	/* It may have been killed before it did anything. */
	if (made == HW_NONE)
		return NULL;
	if (e->doubt->threads[made].created || e->doubt->threads[made].started)
		return "creates a thread that is there already";
	e->doubt->threads[made].created = true;
	return NULL;
}

static const char *fork_process(struct event *e)
{
	uint32_t made = hw_model_find_process(e->doubt->model, e->result);

	if (made == HW_NONE)
		return NULL;
	if (e->doubt->forked[made])
		return "forks a process that is there already";
	e->doubt->forked[made] = true;
	return NULL;
}

static const char *join(struct event *e)
{
	uint32_t joined = e->doubt->thread_of[e->moment->object];
	struct hw_doubt_thread *thread;

	if (joined == HW_NONE || !e->doubt->threads[joined].started)
		return "joins a thread that never started";
	thread = &e->doubt->threads[joined];
	if (!thread->ended)
		return "joins a thread that has not ended";
	if (thread->joined)
		return "joins a thread that was joined before";
	thread->joined = true;
	return NULL;
}

static const char *end(struct event *e)
{
	if (e->by->ended)
		return "ends twice";
	e->by->ended = true;
	return NULL;
}

/* Whether a process that is not recorded could be the reason for anything. */
static bool is_shared(const struct event *e)
{
	return e->object->shared;
}

static bool is_kept_from_others(const struct event *e)
{
	bool shared = e->moment->how & HW_HOW_SHARED;

	/* The dead lose a robust mutex; an initialiser that is left by an exception begins anew. */
	if (is_shared(e) || e->object->robust || e->object->kind == HW_KIND_ONCE)
		return false;
	return e->object->owner != HW_NONE || (!shared && e->object->readers);
}

static const char *acquire(struct event *e)
{
	bool shared = e->moment->how & HW_HOW_SHARED;
	const char *wrong;

	if (hw_held_acquire(&e->by->held, e->index, e->moment) > 1)
		return shared || e->object->recursive ?
			NULL : "takes a lock that it has already";
	wrong = is_kept_from_others(e) ? "takes a lock that another thread has" : NULL;
	if (shared)
		e->object->readers++;
	else
		e->object->owner = e->thread;
	return wrong;
}

/* A child of fork has what its parent had. */
static bool is_inherited(const struct event *e)
{
	const struct hw_model *m = e->doubt->model;

	return !e->object->used && m->processes[m->threads[e->thread].process].parent != HW_NONE;
}

/* The collector saw it, too, and knows that it had not been taken. */
static bool is_misuse(const struct event *e)
{
	const struct hw_model *m = e->doubt->model;

	for (uint32_t i = 0; i < m->misuse_count; i++)
		if (m->misuses[i].what == HW_MISUSE_UNLOCK && m->misuses[i].thread == e->thread &&
			m->misuses[i].object == e->moment->object)
			return true;
	return false;
}

static const char *release(struct event *e)
{
	bool held = hw_held_find(&e->by->held, e->moment->object);
	bool is_owner = e->object->owner == e->thread;

	if (hw_held_release(&e->by->held, e->moment->object, 1))
		return NULL;
	if (is_owner || (held && !e->object->readers)) {
		e->object->owner = is_owner ? HW_NONE : e->object->owner;
	} else if (e->object->readers) {
		e->object->readers--;
	} else if (e->object->owner != HW_NONE) {
		hw_held_drop(&e->doubt->threads[e->object->owner].held, e->moment->object);
		e->object->owner = HW_NONE;
	} else if (!is_shared(e) && !is_inherited(e) && !is_misuse(e)) {
		e->sound = 0;
		return "gives a lock back that nobody has";
	}
	return NULL;
}

static const char *take(struct event *e)
{
	if (is_shared(e) || e->what->capacity < 0 || ++e->object->units_out <= e->what->capacity)
		return NULL;
	e->object->units_out = e->what->capacity;
	return "takes a unit that a semaphore does not have";
}

static const char *arrive(struct event *e)
{
	e->by->round = e->object->rounds;
	if (e->what->capacity > 0 && ++e->object->arrivals >= e->what->capacity) {
		e->object->rounds++;
		e->object->arrivals = 0;
	}
	return NULL;
}

static const char *leave(struct event *e)
{
	if (e->object->kind == HW_KIND_ONCE || is_shared(e) || e->what->capacity <= 0 ||
		e->by->round < e->object->rounds)
		return NULL;
	return "leaves a barrier before all have arrived";
}

static const char *wake(struct event *e)
{
	bool slept = e->by->asleep_on == e->moment->object;

	e->by->asleep_on = HW_NONE;
	return slept ? NULL : "wakes up without having slept";
}

static const char *use_object(struct event *e)
{
	switch ((enum hw_op)e->moment->op) {
	case HW_OP_LOCK:
	case HW_OP_ONCE_BEGIN:
		return acquire(e);
	case HW_OP_UNLOCK:
	case HW_OP_ONCE_END:
		return release(e);
	case HW_OP_TAKE:
		return take(e);
	case HW_OP_POST:
		e->object->units_out--;
		return NULL;
	case HW_OP_SLEEP:
		e->by->asleep_on = e->moment->object;
		return NULL;
	case HW_OP_WAKE:
		return wake(e);
	case HW_OP_ARRIVE:
		return arrive(e);
	case HW_OP_LEAVE:
		return leave(e);
	case HW_OP_JOIN:
		return join(e);
	default:
		return NULL;
	}
}

static const char *look(struct event *e)
{
	const char *wrong;

	switch ((enum hw_op)e->moment->op) {
	case HW_OP_START:
		return start(e);
	case HW_OP_CREATE:
		return create(e);
	case HW_OP_FORK:
		return fork_process(e);
	case HW_OP_EXIT:
		return end(e);
	default:
		if (!e->what)
			return hw_moment_fits(e->moment, HW_KIND_NONE) ?
				NULL : "does something to no object";
		if (!hw_moment_fits(e->moment, e->object->kind))
			return "does to an object what it is not for";
		wrong = use_object(e);
		e->object->used = true;
		return wrong;
	}
}

static void note(struct hw_history *history, const struct event *e, const char *wrong)
{
	struct hw_contradictions *contradictions = &history->contradictions;
	struct hw_life *life = &history->lives[e->thread];

	if (e->sound < life->sound)
		life->sound = e->sound;
	if (!contradictions->first) {
		contradictions->first = wrong;
		contradictions->first_thread = e->thread;
	}
	contradictions->count++;
}

bool hw_doubt_find_holder(const struct hw_doubt *doubt, uint32_t object, uint32_t thread,
	uint32_t *ret_holder, uint32_t *ret_index)
{
	const struct hw_doubt_object *o = &doubt->objects[object];
	uint32_t first = o->owner == HW_NONE ? 0 : o->owner;
	uint32_t end = o->owner != HW_NONE ? o->owner + 1 :
		o->readers			   ? doubt->model->thread_count : 0;

	for (uint32_t t = first; t < end; t++) {
		const struct hw_held_lock *lock = hw_held_find(&doubt->threads[t].held, object);

		if (lock && t != thread) {
			*ret_holder = t;
			*ret_index = lock->moment;
			return true;
		}
	}
	return false;
}

void hw_doubt_prefetch(const struct hw_doubt *doubt, const struct hw_history_row *row)
{
	if (row->moment.object != HW_NONE)
		__builtin_prefetch(&doubt->objects[row->moment.object]);
	__builtin_prefetch(&doubt->threads[row->thread]);
}

bool hw_doubt_look(struct hw_doubt *doubt, const struct hw_history_row *row, uint32_t index,
	struct hw_history *history)
{
	static const char *const by_itself[] = {
		[HW_ROW_FINE] = NULL,
		[HW_ROW_UNKNOWN] = "does something that is not known",
		[HW_ROW_BACKWARDS] = "does something before what it has done already",
	};
	const struct hw_moment *moment = &row->moment;
	struct event e = { .doubt = doubt, .by = &doubt->threads[row->thread], .moment = moment,
		.thread = row->thread, .index = index, .result = row->result, .sound = index };
	const char *before = by_itself[row->wrong], *wrong;

	if (moment->object != HW_NONE) {
		e.object = &doubt->objects[moment->object];
		e.what = &doubt->model->objects[moment->object];
	}
	if (e.by->joined)
		before = "goes on after it was joined";
	else if (!e.by->started && moment->op != HW_OP_START && must_start(&e))
		before = "does something before it starts";
	e.by->started = true;
	wrong = look(&e);
	if (before)
		wrong = before;
	if (wrong)
		note(history, &e, wrong);
	return wrong != NULL;
}
