/* SPDX-License-Identifier: MIT */
#include "analyzer/inside.h"

#include <stdlib.h>

#include "analyzer/inside_private.h"
#include "trace/memory.h"

enum {
	ATTEMPTS_MAX = 16,	   /* of waits with the same code; each looks at the whole run */
	TAKERS_MAX = 1000,	   /* dependencies that may be the third of a ring */
	ATTEMPTS_IN_ALL_MAX = 256, /* what comes then is only counted */
};

const struct hw_dependency *hw_inside_dependency(
	const struct hw_inside_search *s, const struct hw_inside_wait *wait)
{
	return &s->model->dependencies[wait->dependency];
}

const struct hw_hold *hw_inside_lock(
	const struct hw_inside_search *s, const struct hw_inside_wait *wait)
{
	return &s->model->holds[wait->hold];
}

struct hw_inside_side hw_inside_first_side(
	const struct hw_inside_search *s, const struct hw_inside_wait *wait)
{
	const struct hw_dependency *dependency = hw_inside_dependency(s, wait);

	return (struct hw_inside_side){ .thread = dependency->thread,
		.object = dependency->object, .dependency = wait->dependency,
		.hold = wait->hold };
}

void hw_inside_add_moment(struct hw_inside_moments *moments, uint32_t moment)
{
	if (moments->count && moments->all[moments->count - 1] == moment)
		return;
	HW_GROW(moments->all, moments->count, moments->capacity);
	moments->all[moments->count++] = moment;
}

bool hw_inside_keeps_out(const struct hw_model *model, const struct hw_hold *hold)
{
	return hw_model_is_lock(model, hold->object) &&
	       hw_model_capacity(model, hold->object) == 1;
}

uint32_t hw_inside_begin(const struct hw_life *life, uint32_t index)
{
	const struct hw_moment *moment = &life->moments[index];

	return index && moment[-1].op == HW_OP_WAIT && moment[-1].object == moment->object
		? index - 1 : index;
}

bool hw_inside_excluded(const struct hw_inside_search *s, const struct hw_inside_wait *wait,
	const struct hw_life *life, const struct hw_held *held)
{
	const struct hw_dependency *dependency = hw_inside_dependency(s, wait);

	for (uint32_t i = 0; i < dependency->hold_count; i++) {
		const struct hw_hold *own = &s->model->holds[dependency->first_hold + i];
		const struct hw_held_lock *lock = hw_held_find(held, own->object);

		if (lock && hw_model_capacity(s->model, own->object) == 1 &&
			!(own->shared && life->moments[lock->moment].how & HW_HOW_SHARED))
			return true;
	}
	return false;
}

/* Whether a dependency is a wait for what nobody can hold. */
static bool waits(const struct hw_model *model, const struct hw_dependency *dependency)
{
	switch (model->objects[dependency->object].kind) {
	case HW_KIND_SEM:
		return !hw_model_is_lock(model, dependency->object) &&
		       !(dependency->how & HW_HOW_TRY);
	case HW_KIND_COND:
	case HW_KIND_BARRIER:
	case HW_KIND_THREAD:
		return !(dependency->how & HW_HOW_TRY);
	default:
		return false;
	}
}

bool hw_insides_any(const struct hw_model *model)
{
	for (uint32_t d = 0; d < model->dependency_count; d++) {
		const struct hw_dependency *dependency = &model->dependencies[d];

		for (uint32_t i = 0; i < dependency->hold_count; i++)
			if (waits(model, dependency) &&
				hw_inside_keeps_out(
					model, &model->holds[dependency->first_hold + i]))
				return true;
	}
	return false;
}

static void add_waits(struct hw_inside_search *s, uint32_t d, struct hw_table *known)
{
	const struct hw_dependency *dependency = &s->model->dependencies[d];

	for (uint32_t i = 0; i < dependency->hold_count; i++) {
		uint32_t hold = dependency->first_hold + i;
		const struct hw_hold *lock = &s->model->holds[hold];
		uint64_t key = hw_hash_mix(
			(uint64_t)dependency->thread << 32 | dependency->object,
			(uint64_t)lock->object << 32 | dependency->stack);
		bool new;

		if (!hw_inside_keeps_out(s->model, lock))
			continue;
		/* Different ways to what is held besides are no different waits. */
		hw_table_put(known, hw_hash_mix(key, lock->stack), &new);
		if (!new)
			continue;
		HW_GROW(s->waits, s->wait_count, s->wait_capacity);
		s->waits[s->wait_count++] =
			(struct hw_inside_wait){ .dependency = d, .hold = hold };
	}
}

/* Who else wants the locks that are held over a join: it may be part of a ring. */
static void want_takers(const struct hw_inside_search *s, bool *wanted)
{
	bool *held = hw_xcalloc(s->model->object_count, sizeof(*held));
	uint32_t count = 0;

	for (uint32_t i = 0; i < s->wait_count; i++) {
		uint32_t object = hw_inside_dependency(s, &s->waits[i])->object;

		if (s->model->objects[object].kind == HW_KIND_THREAD)
			held[hw_inside_lock(s, &s->waits[i])->object] = true;
	}
	for (uint32_t d = 0; d < s->model->dependency_count && count < TAKERS_MAX; d++)
		if (held[s->model->dependencies[d].object] && !wanted[d]) {
			wanted[d] = true;
			count++;
		}
	free(held);
}

static void gather(struct hw_inside_search *s)
{
	bool *wanted = hw_xcalloc(s->model->dependency_count, sizeof(*wanted));
	struct hw_table known = { 0 };

	for (uint32_t d = 0; d < s->model->dependency_count; d++)
		if (waits(s->model, &s->model->dependencies[d])) {
			add_waits(s, d, &known);
			wanted[d] = true;
		}
	want_takers(s, wanted);
	hw_history_announce(s->history, wanted);
	s->instances = hw_instances_find(s->model, s->history, wanted);
	hw_table_finish(&known);
	free(wanted);
	s->thread_of = hw_xmalloc(s->model->object_count * sizeof(*s->thread_of));
	for (uint32_t i = 0; i < s->model->object_count; i++)
		s->thread_of[i] = HW_NONE;
	for (uint32_t i = 0; i < s->model->thread_count; i++)
		if (s->model->threads[i].object != HW_NONE)
			s->thread_of[s->model->threads[i].object] = i;
}

/* What makes two of them instances of one: the places, and the classes of the objects. */
static uint64_t code_of(const struct hw_inside_search *s, const struct hw_inside_wait *wait)
{
	const struct hw_dependency *dependency = hw_inside_dependency(s, wait);
	const struct hw_inside_need *need = wait->need_count ? &wait->needs[0] : NULL;
	const struct hw_life *life = need ? hw_history_life(s->history, need->thread) : NULL;
	uint32_t stack = need ? life->moments[need->moment].stack
			      : HW_NONE;
	uint32_t awaited = s->model->objects[dependency->object].class_;
	uint32_t lock = s->model->objects[hw_inside_lock(s, wait)->object].class_;

	return hw_hash_mix((uint64_t)awaited << 32 | lock,
		(uint64_t)dependency->stack << 32 | stack);
}

static struct hw_inside *find_code(const struct hw_insides *insides, uint64_t code)
{
	for (uint32_t i = 0; i < insides->count; i++)
		if (insides->all[i].code == code)
			return &insides->all[i];
	return NULL;
}

/* One more of the same code; it is looked at unless that makes no difference any more. */
static void judge_again(const struct hw_inside_search *s, const struct hw_inside_wait *wait,
	struct hw_inside *known, uint32_t *attempts)
{
	struct hw_inside inside;

	if (known->outlook == HW_OUTLOOK_PREDICTED || known->attempts >= ATTEMPTS_MAX ||
		*attempts >= ATTEMPTS_IN_ALL_MAX) {
		known->instances++;
		return;
	}
	known->attempts++;
	++*attempts;
	if (!hw_inside_meet(s, wait, &inside))
		return;
	inside.code = known->code;
	inside.attempts = known->attempts;
	inside.instances = known->instances + 1;
	if (inside.outlook == HW_OUTLOOK_PREDICTED || !known->length)
		*known = inside;
	else
		known->instances++;
}

static void judge(const struct hw_inside_search *s, const struct hw_inside_wait *wait,
	struct hw_insides *insides, uint32_t *attempts)
{
	uint64_t code = code_of(s, wait);
	struct hw_inside *known = find_code(insides, code);

	if (!known) {
		HW_GROW(insides->all, insides->count, insides->capacity);
		known = &insides->all[insides->count++];
		/* Of no length until one of this code is found to be something. */
		*known = (struct hw_inside){ .code = code, .outlook = HW_OUTLOOK_POSSIBLE };
	}
	judge_again(s, wait, known, attempts);
}

/* Leave out what was nothing, and put the predicted ones first. */
static void sort_out(struct hw_insides *insides)
{
	struct hw_inside *kept = hw_xcalloc(insides->count, sizeof(*kept));
	uint32_t count = 0;

	for (uint32_t i = 0; i < insides->count; i++)
		if (insides->all[i].length && insides->all[i].outlook == HW_OUTLOOK_PREDICTED)
			kept[count++] = insides->all[i];
	for (uint32_t i = 0; i < insides->count; i++)
		if (insides->all[i].length && insides->all[i].outlook != HW_OUTLOOK_PREDICTED)
			kept[count++] = insides->all[i];
	free(insides->all);
	insides->all = kept;
	insides->count = insides->capacity = count;
}

void hw_insides_find(const struct hw_model *model, const struct hw_history *history,
	struct hw_insides *ret_insides)
{
	struct hw_inside_search s = { .model = model, .history = history };
	struct hw_insides insides = { 0 };
	uint32_t attempts = 0;

	gather(&s);
	hw_inside_find_wakes(&s);
	for (uint32_t i = 0; i < s.wait_count; i++) {
		uint32_t object = hw_inside_dependency(&s, &s.waits[i])->object;
		uint32_t joined = s.thread_of[object];

		/* A thread that joins itself hangs in any case. */
		if (joined == hw_inside_dependency(&s, &s.waits[i])->thread)
			joined = HW_NONE;
		if (joined != HW_NONE)
			hw_inside_find_needs(&s, &s.waits[i], joined);
		if ((s.waits[i].need_count || joined != HW_NONE) && !s.waits[i].harmless)
			judge(&s, &s.waits[i], &insides, &attempts);
		free(s.waits[i].needs);
	}
	sort_out(&insides);
	hw_instances_free(model, s.instances);
	free(s.waits);
	free(s.thread_of);
	*ret_insides = insides;
}

void hw_insides_finish(struct hw_insides *insides)
{
	for (uint32_t i = 0; i < insides->count; i++)
		hw_prediction_finish(&insides->all[i].prediction);
	free(insides->all);
	*insides = (struct hw_insides){ 0 };
}
