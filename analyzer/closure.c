/* SPDX-License-Identifier: MIT */
#include "analyzer/closure.h"

#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

/* An acquisition that is in the closure. */
struct taking {
	uint32_t thread, index;
	uint32_t position;
};

/* Of a lock: the latest exclusive acquisition, and readers whose release is not known to be in. */
struct hw_closure_lock {
	struct taking exclusive;
	struct taking *readers; /* of a semaphore of several units: all takings */
	uint32_t reader_count, reader_capacity;
};

static const struct hw_pull no_pull = { HW_NONE, HW_NONE, HW_NONE, HW_NONE };

void hw_closure_init(struct hw_closure *closure, const struct hw_model *model,
	const struct hw_history *history, bool critical)
{
	*closure = (struct hw_closure){ .model = model, .history = history, .critical = critical };
	closure->wanted = hw_xcalloc(history->thread_count, sizeof(*closure->wanted));
	closure->reached = hw_xcalloc(history->thread_count, sizeof(*closure->reached));
	closure->pulls = hw_xcalloc(history->thread_count, sizeof(*closure->pulls));
	closure->pending = hw_xcalloc(history->thread_count, sizeof(*closure->pending));
	closure->is_pending = hw_xcalloc(history->thread_count, sizeof(*closure->is_pending));
	for (uint32_t i = 0; i < history->thread_count; i++)
		closure->pulls[i] = no_pull;
	if (!critical)
		return;
	closure->locks = hw_xcalloc(model->object_count, sizeof(*closure->locks));
	closure->counted = hw_xcalloc(model->object_count, sizeof(*closure->counted));
	for (uint32_t i = 0; i < model->object_count; i++)
		closure->locks[i].exclusive.thread = HW_NONE;
}

void hw_closure_finish(struct hw_closure *closure)
{
	for (uint32_t i = 0; closure->locks && i < closure->model->object_count; i++)
		free(closure->locks[i].readers);
	free(closure->locks);
	free(closure->counted);
	free(closure->wanted);
	free(closure->reached);
	free(closure->pulls);
	free(closure->pending);
	free(closure->is_pending);
}

uint32_t hw_closure_count(const struct hw_closure *closure, uint32_t thread)
{
	return closure->wanted[thread];
}

bool hw_closure_is_sound(const struct hw_closure *closure)
{
	for (uint32_t i = 0; i < closure->history->thread_count; i++)
		if (closure->wanted[i] &&
			closure->wanted[i] > hw_history_life(closure->history, i)->sound)
			return false;
	return true;
}

static void want(struct hw_closure *closure, uint32_t thread, uint32_t count, struct hw_pull pull)
{
	if (count > closure->history->lives[thread].count)
		count = closure->history->lives[thread].count;
	if (count <= closure->wanted[thread])
		return;
	closure->wanted[thread] = count;
	if (pull.thread != HW_NONE)
		closure->pulls[thread] = pull;
	if (!closure->is_pending[thread]) {
		closure->is_pending[thread] = true;
		closure->pending[closure->pending_count++] = thread;
	}
}

static const struct hw_moment *moment_at(const struct hw_closure *closure, uint32_t thread,
	uint32_t index)
{
	return &hw_history_life(closure->history, thread)->moments[index];
}

/* The release of an acquisition must be in; what was never released ends with its thread. */
static void want_release(struct hw_closure *closure, const struct taking *taking,
	const struct taking *because)
{
	uint32_t release = moment_at(closure, taking->thread, taking->index)->release;

	if (release == HW_NONE)
		release = closure->history->lives[taking->thread].count - 1;
	want(closure, taking->thread, release + 1,
		(struct hw_pull){ because->thread, because->index, taking->thread, release });
}

static void want_earlier_released(struct hw_closure *closure, const struct taking *a,
	const struct taking *b)
{
	if (a->thread == b->thread)
		return;
	if (a->position < b->position)
		want_release(closure, a, b);
	else
		want_release(closure, b, a);
}

static void take_exclusive(struct hw_closure *closure, struct hw_closure_lock *lock,
	const struct taking *taking)
{
	if (lock->exclusive.thread != HW_NONE)
		want_earlier_released(closure, &lock->exclusive, taking);
	for (uint32_t i = 0; i < lock->reader_count; i++)
		want_earlier_released(closure, &lock->readers[i], taking);
	if (lock->exclusive.thread == HW_NONE || lock->exclusive.position < taking->position)
		lock->exclusive = *taking;
}

static void take_shared(struct hw_closure *closure, struct hw_closure_lock *lock,
	const struct taking *taking)
{
	if (lock->exclusive.thread != HW_NONE)
		want_earlier_released(closure, &lock->exclusive, taking);
	HW_GROW(lock->readers, lock->reader_count, lock->reader_capacity);
	lock->readers[lock->reader_count++] = *taking;
}

/* All of a process that has ended, given its pull on one of its threads. */
static void need_process(struct hw_closure *closure, struct hw_pull pull)
{
	const struct hw_thread *threads = closure->model->threads;
	uint32_t process = threads[pull.enabler_thread].process;

	for (uint32_t t = 0; t < closure->model->thread_count; t++) {
		uint32_t count = closure->history->lives[t].count;

		if (threads[t].process != process || !count)
			continue;
		pull.enabler_thread = t;
		pull.enabler = count - 1;
		want(closure, t, count, pull);
	}
}

static void take_unit(struct hw_closure *closure, uint32_t object, const struct taking *taking)
{
	struct hw_closure_lock *lock = &closure->locks[object];

	if (!lock->reader_count)
		closure->counted[closure->counted_count++] = object;
	HW_GROW(lock->readers, lock->reader_count, lock->reader_capacity);
	lock->readers[lock->reader_count++] = *taking;
}

/* NULL when it is of a life that is not read. */
static const struct hw_moment *enabler_of(
	const struct hw_closure *closure, const struct hw_moment *moment)
{
	const struct hw_life *life = hw_history_life(closure->history, moment->enabler_thread);

	return moment->enabler < life->count ? &life->moments[moment->enabler] : NULL;
}

static void need_enabler(struct hw_closure *closure, uint32_t thread, uint32_t index,
	const struct hw_moment *moment)
{
	const struct hw_moment *arrival;
	struct hw_pull pull = { thread, index, moment->enabler_thread, moment->enabler };

	if (moment->enabler_thread == HW_NONE || moment->op == HW_OP_ARRIVE)
		return;
	/* Without the one who had the lock there are other runs, but not of the same steps. */
	if (moment->op == HW_OP_FAIL && !closure->critical)
		return;
	want(closure, moment->enabler_thread, moment->enabler + 1, pull);
	if (moment->op == HW_OP_REAP)
		need_process(closure, pull);
	if (moment->op != HW_OP_LEAVE)
		return;
	arrival = enabler_of(closure, moment);
	while (arrival && arrival->enabler_thread != HW_NONE) {
		pull.enabler_thread = arrival->enabler_thread;
		pull.enabler = arrival->enabler;
		want(closure, arrival->enabler_thread, arrival->enabler + 1, pull);
		arrival = enabler_of(closure, arrival);
	}
}

static void look_at(struct hw_closure *closure, uint32_t thread, uint32_t index)
{
	const struct hw_life *life = hw_history_life(closure->history, thread);
	const struct hw_moment *moment;
	struct taking taking;

	if (index >= life->sound)
		return;
	moment = &life->moments[index];
	taking = (struct taking){ thread, index, moment->position };
	need_enabler(closure, thread, index, moment);
	if (!closure->critical || !hw_moment_acquires(closure->model, moment))
		return;
	if (hw_model_capacity(closure->model, moment->object) > 1)
		take_unit(closure, moment->object, &taking);
	else if (moment->how & HW_HOW_SHARED)
		take_shared(closure, &closure->locks[moment->object], &taking);
	else
		take_exclusive(closure, &closure->locks[moment->object], &taking);
}

static void reach_all(struct hw_closure *closure)
{
	while (closure->pending_count) {
		uint32_t next = closure->pending[--closure->pending_count];

		closure->is_pending[next] = false;
		while (closure->reached[next] < closure->wanted[next])
			look_at(closure, next, closure->reached[next]++);
	}
}

static int compare_positions(const void *a, const void *b)
{
	uint32_t left = ((const struct taking *)a)->position;
	uint32_t right = ((const struct taking *)b)->position;

	return (left > right) - (left < right);
}

/* Whether a unit had come back by the time of `position` in the recorded run. */
static bool was_back(const struct hw_closure *closure, const struct taking *taking,
	uint32_t position)
{
	uint32_t release = moment_at(closure, taking->thread, taking->index)->release;

	return release != HW_NONE &&
	       moment_at(closure, taking->thread, release)->position < position;
}

/* Whether it has with what is in the closure. */
static bool is_back(const struct hw_closure *closure, const struct taking *taking,
	uint32_t position)
{
	return was_back(closure, taking, position) &&
	       moment_at(closure, taking->thread, taking->index)->release <
		       closure->wanted[taking->thread];
}

/* Of units that are out, the one that is out longest of those that had come back; else any. */
static uint32_t find_back(const struct hw_closure *closure, const struct taking *taken,
	uint32_t out, uint32_t position)
{
	for (uint32_t i = 0; i < out; i++)
		if (was_back(closure, &taken[i], position))
			return i;
	return 0;
}

static int64_t units_of(const struct hw_closure *closure, const struct taking *taking)
{
	return moment_at(closure, taking->thread, taking->index)->units;
}

/* Run the takings as recorded: where no unit is left, the one that is out longest must be back. */
static void need_units(struct hw_closure *closure, uint32_t object)
{
	struct hw_closure_lock *lock = &closure->locks[object];
	int64_t capacity = hw_model_capacity(closure->model, object);
	uint32_t out = 0;
	int64_t units_out = 0;
	struct taking *taken = hw_xcalloc(lock->reader_count, sizeof(*taken));

	qsort(lock->readers, lock->reader_count, sizeof(*lock->readers), compare_positions);
	for (uint32_t i = 0; i < lock->reader_count; i++) {
		const struct taking *now = &lock->readers[i];
		uint32_t kept = 0, back;

		for (uint32_t j = 0; j < out; j++)
			if (!is_back(closure, &taken[j], now->position))
				taken[kept++] = taken[j];
			else
				units_out -= units_of(closure, &taken[j]);
		out = kept;
		while (out && units_out + units_of(closure, now) > capacity) {
			back = find_back(closure, taken, out, now->position);
			units_out -= units_of(closure, &taken[back]);
			want_release(closure, &taken[back], now);
			memmove(taken + back, taken + back + 1,
				(--out - back) * sizeof(*taken));
		}
		taken[out++] = *now;
		units_out += units_of(closure, now);
	}
	free(taken);
}

void hw_closure_include(struct hw_closure *closure, uint32_t thread, uint32_t count)
{
	want(closure, thread, count, no_pull);
	do {
		reach_all(closure);
		for (uint32_t i = 0; closure->critical && i < closure->counted_count; i++)
			need_units(closure, closure->counted[i]);
	} while (closure->pending_count);
}
