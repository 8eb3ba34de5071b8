/* SPDX-License-Identifier: MIT */
/* The moments of threads, read when they are asked for. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/history_rows.h"
#include "trace/memory.h"

/* Of threads that were not announced, so many are read alone; then all others with the next. */
enum { SINGLE_READS_MAX = 4 };

/* A lock that a thread holds while its life is read: what, and where it was acquired. */
struct open_hold {
	uint32_t object, index;
	uint32_t depth;
};

/* A life while it is read. */
struct growing {
	struct hw_life *life;	/* NULL when it is not */
	uint32_t count;		/* of its events so far */
	uint32_t link, doubted; /* the next of each */
	struct open_hold *holds;
	uint32_t hold_count, hold_capacity;
};

static struct open_hold *find_hold(struct growing *g, uint32_t object)
{
	for (uint32_t i = g->hold_count; i-- > 0;)
		if (g->holds[i].object == object)
			return &g->holds[i];
	return NULL;
}

static void acquire(const struct hw_model *model, struct growing *g, struct hw_moment *moment)
{
	struct open_hold *hold = find_hold(g, moment->object);

	/* Of several units each is given back by itself. */
	if (hold && hw_model_capacity(model, moment->object) <= 1) {
		/* It has it already: nobody has to give anything up for this. */
		hold->depth++;
		moment->release = g->count;
		return;
	}
	HW_GROW(g->holds, g->hold_count, g->hold_capacity);
	g->holds[g->hold_count++] =
		(struct open_hold){ .object = moment->object, .index = g->count,
			.depth = moment->units };
}

static void release(struct growing *g, const struct hw_moment *moment)
{
	struct open_hold *hold;

	for (uint32_t i = 0; i < moment->units; i++) {
		hold = find_hold(g, moment->object);
		if (!hold)
			return;
		if (--hold->depth)
			continue;
		g->life->moments[hold->index].release = g->count;
		memmove(hold, hold + 1,
			(size_t)(g->holds + --g->hold_count - hold) * sizeof(*hold));
	}
}

static void follow_locks(const struct hw_model *model, struct growing *g, struct hw_moment *moment)
{
	if (moment->object == HW_NONE)
		return;
	if (hw_moment_acquires(model, moment))
		acquire(model, g, moment);
	else if (moment->op == HW_OP_UNLOCK || moment->op == HW_OP_ONCE_END ||
		 (moment->op == HW_OP_POST && hw_model_is_lock(model, moment->object)))
		release(g, moment);
}

static void add_moment(const struct hw_model *model, struct growing *g,
	const struct hw_moment *moment)
{
	struct hw_life *life = g->life;
	struct hw_moment *added = &life->moments[g->count];

	*added = *moment;
	if (g->link < life->link_count && life->links[g->link].index == g->count) {
		added->enabler_thread = life->links[g->link].enabler_thread;
		added->enabler = life->links[g->link++].enabler;
	}
	if (g->doubted < life->doubted_count && life->doubted[g->doubted] == g->count)
		g->doubted++;
	else
		follow_locks(model, g, added);
}

static void add_row(const struct hw_model *model, struct growing *g,
	const struct hw_history_row *row)
{
	if (g->life && g->count < g->life->count)
		add_moment(model, g, &row->moment);
	g->count++;
}

/* Lives that could not be read to their end are let go of. */
static void end_lives(struct hw_history *history, struct growing *growing)
{
	for (uint32_t t = 0; t < history->thread_count; t++) {
		struct hw_life *life = growing[t].life;

		free(growing[t].holds);
		if (!life || growing[t].count >= life->count)
			continue;
		free(life->moments);
		life->moments = NULL;
		life->unread = true;
	}
}

/* One pass over the events. */
static void read_lives(struct hw_history *history, struct growing *growing)
{
	bool *threads = hw_xcalloc(history->thread_count, sizeof(*threads));
	struct hw_history_row *rows;
	struct hw_error error;
	size_t count;

	for (uint32_t t = 0; t < history->thread_count; t++)
		threads[t] = growing[t].life;
	if (!hw_history_rows_rewind(history->rows, threads, &error))
		while (hw_history_rows_next(history->rows, &rows, &count, &error) == 1)
			for (size_t i = 0; i < count; i++)
				add_row(history->model, &growing[rows[i].thread], &rows[i]);
	end_lives(history, growing);
	free(threads);
}

static bool begin_life(struct hw_history *history, struct hw_life *life, struct growing *g)
{
	if (life->moments || life->unread || !life->count)
		return false;
	if (history->moments_read + life->count > history->moments_max) {
		life->unread = true;
		return false;
	}
	history->moments_read += life->count;
	life->moments = hw_xmalloc(life->count * sizeof(*life->moments));
	g->life = life;
	return true;
}

/* `threads`: which; NULL for all. */
static void read_threads(struct hw_history *history, const bool *threads)
{
	struct growing *growing = hw_xcalloc(history->thread_count, sizeof(*growing));
	bool any = false;

	for (uint32_t t = 0; t < history->thread_count; t++)
		if (!threads || threads[t])
			any |= begin_life(history, &history->lives[t], &growing[t]);
	if (any)
		read_lives(history, growing);
	free(growing);
}

/* What is read is only remembered: the history stays the same. */
static struct hw_history *unlocked(const struct hw_history *history)
{
	return (struct hw_history *)(uintptr_t)history;
}

void hw_history_announce(const struct hw_history *history, const bool *dependencies)
{
	bool *threads = hw_xcalloc(history->thread_count, sizeof(*threads));

	for (uint32_t d = 0; d < history->model->dependency_count; d++)
		threads[history->model->dependencies[d].thread] |= dependencies[d];
	read_threads(unlocked(history), threads);
	free(threads);
}

static void read_one(struct hw_history *history, uint32_t thread)
{
	bool *alone = hw_xcalloc(history->thread_count, sizeof(*alone));

	alone[thread] = true;
	read_threads(history, history->single_reads++ < SINGLE_READS_MAX ? alone : NULL);
	free(alone);
}

const struct hw_life *hw_history_life(const struct hw_history *history, uint32_t thread)
{
	static const struct hw_life empty = { .creator = HW_NONE, .joiner = HW_NONE };
	const struct hw_life *life = &history->lives[thread];

	if (!life->moments && life->count && !life->unread)
		read_one(unlocked(history), thread);
	return life->unread ? &empty : life;
}

uint64_t hw_history_unread(const struct hw_history *history)
{
	uint64_t count = 0;

	for (uint32_t t = 0; t < history->thread_count; t++)
		count += history->lives[t].unread ? history->lives[t].count : 0;
	return count;
}
