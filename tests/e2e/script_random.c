/* SPDX-License-Identifier: MIT */
#include "tests/e2e/script_random.h"

#include <criterion/criterion.h>
#include <string.h>

/*
 * Orders tried for what its threads do, and states that it may have at most: an explorer is to
 * look at all of them.
 */
enum { ORDERS_MAX = 20, STATES_MAX = 300000 };

struct making {
	struct hw_script *script;
	uint64_t random;
};

/* A number below `limit`; xorshift64* (Vigna, 2016). */
static unsigned pick(struct making *making, unsigned limit)
{
	making->random ^= making->random >> 12;
	making->random ^= making->random << 25;
	making->random ^= making->random >> 27;
	return (unsigned)((making->random * 0x2545f4914f6cdd1dull >> 33) % limit);
}

static bool one_in(struct making *making, unsigned times)
{
	return pick(making, times) == 0;
}

static void insert(struct hw_script_thread *thread, unsigned at, char what, unsigned number)
{
	cr_assert_lt(thread->count, HW_SCRIPT_STEPS_MAX);
	memmove(&thread->steps[at + 1], &thread->steps[at],
		(thread->count - at) * sizeof(*thread->steps));
	thread->steps[at] = (struct hw_script_step){ what, (uint8_t)number };
	thread->count++;
}

static void append(struct hw_script_thread *thread, char what, unsigned number)
{
	insert(thread, thread->count, what, number);
}

static void drop(struct hw_script_thread *thread, unsigned at)
{
	thread->count--;
	memmove(&thread->steps[at], &thread->steps[at + 1],
		(thread->count - at) * sizeof(*thread->steps));
}

/* What one thread has while its steps are made up. */
struct having {
	uint8_t objects[4]; /* in the order in which it took them */
	unsigned count;
	unsigned only_tried; /* bits: objects that this thread does not wait for */
};

static bool has(const struct having *having, unsigned object)
{
	for (unsigned i = 0; i < having->count; i++)
		if (having->objects[i] == object)
			return true;
	return false;
}

/* Whether what a thread has of an object lets it have more of that. */
static bool can_have_more(const struct hw_script_thread *thread, char kind, unsigned object)
{
	unsigned last = thread->count;

	while (thread->steps[--last].number != object)
		continue;
	return kind == '2' || kind == '3' || thread->steps[last].what == 'R';
}

static void take(struct making *making, struct hw_script_thread *thread, struct having *having)
{
	unsigned object = pick(making, making->script->object_count);
	char kind = making->script->kinds[object], what = 'L';

	if (kind == 's')
		return;
	if ((kind == 'r' || kind == 'w') && !one_in(making, 3))
		what = 'R';
	if (having->only_tried & 1u << object)
		what = 'T';
	/* Only who reads can do so again, and who has a unit can have another one. */
	if (has(having, object) && (what == 'T' || !can_have_more(thread, kind, object)))
		return;
	if (has(having, object) && kind != '2' && kind != '3')
		what = 'R';
	append(thread, what, object);
	having->objects[having->count++] = (uint8_t)object;
}

static void give_back(struct making *making, struct hw_script_thread *thread,
	struct having *having)
{
	unsigned at = one_in(making, 4) ? pick(making, having->count) : having->count - 1;

	append(thread, 'U', having->objects[at]);
	having->count--;
	memmove(&having->objects[at], &having->objects[at + 1], having->count - at);
}

/* Take and give back whatever comes. */
static void wander(struct making *making, struct hw_script_thread *thread)
{
	unsigned actions = 4 + pick(making, 7);
	struct having having = { 0 };

	for (unsigned i = 0; i < making->script->object_count; i++)
		having.only_tried |= (unsigned)one_in(making, 10) << i;
	for (unsigned i = 0; i < actions; i++) {
		if (having.count < 3 && (having.count == 0 || !one_in(making, 3)))
			take(making, thread, &having);
		else
			give_back(making, thread, &having);
	}
	while (having.count)
		give_back(making, thread, &having);
}

/* Take one lock and then the next of a ring, sometimes inside of the last lock of all. */
static void go_round(struct making *making, unsigned number)
{
	struct hw_script_thread *thread = &making->script->threads[number];
	unsigned length = making->script->object_count - 1;
	unsigned first = number % length, second = (number + 1) % length;
	bool gated = one_in(making, 2);

	if (gated)
		append(thread, 'L', length);
	append(thread, 'L', first);
	append(thread, 'L', second);
	append(thread, 'U', second);
	append(thread, 'U', first);
	if (gated)
		append(thread, 'U', length);
}

static void choose_objects(struct making *making, bool ring)
{
	static const char *const palettes[] = { "m", "m", "mmm1", "mm2", "m123", "mr", "mw", "rw",
		"rwm12" };
	const char *palette = palettes[pick(making, sizeof(palettes) / sizeof(*palettes))];
	struct hw_script *script = making->script;

	script->object_count = ring ? 3 + pick(making, 2) : 2 + pick(making, 3);
	for (unsigned i = 0; i < script->object_count; i++)
		script->kinds[i] = palette[pick(making, (unsigned)strlen(palette))];
}

/* Somebody creates a thread, and joins it later. */
static void create(struct making *making, unsigned parent, unsigned child)
{
	struct hw_script_thread *thread = &making->script->threads[parent];
	/* Most programs create their threads first and join them last. */
	unsigned created = one_in(making, 3) ? pick(making, thread->count + 1) : 0;

	insert(thread, created, 'C', child);
	if (one_in(making, 3))
		insert(thread, created + 1 + pick(making, thread->count - created), 'J', child);
	else
		append(thread, 'J', child);
}

/* One thread sends another a message. */
static void send(struct making *making)
{
	struct hw_script *script = making->script;
	unsigned object = script->object_count;
	struct hw_script_thread *from, *to;
	unsigned sender = pick(making, script->thread_count);

	script->kinds[script->object_count++] = 's';
	from = &script->threads[sender];
	to = &script->threads[(sender + 1 + pick(making, script->thread_count - 1)) %
		script->thread_count];
	insert(from, pick(making, from->count + 1), 'P', object);
	insert(to, pick(making, to->count + 1), 'S', object);
}

static void make(struct making *making)
{
	struct hw_script *script = making->script;
	bool ring = one_in(making, 4);

	*script = (struct hw_script){ .thread_count = 3 + pick(making, 2) };
	choose_objects(making, ring);
	for (unsigned t = one_in(making, 2) ? 0 : 1; t < script->thread_count; t++) {
		if (ring)
			go_round(making, t);
		else
			wander(making, &script->threads[t]);
	}
	for (unsigned t = 1; t < script->thread_count; t++)
		create(making, t > 1 && one_in(making, 6) ? t - 1 : 0, t);
	if (one_in(making, 3))
		send(making);
}

/* A try that does not get its lock is not followed by its unlock. */
static void fail_try(struct hw_script_thread *thread, unsigned at)
{
	unsigned object = thread->steps[at].number, back = at + 1;

	thread->steps[at].what = 'F';
	while (thread->steps[back].what != 'U' || thread->steps[back].number != object)
		back++;
	drop(thread, back);
}

static void do_next(struct making *making, struct hw_script_state *state, unsigned thread)
{
	struct hw_script_thread *steps = &making->script->threads[thread];
	unsigned at = state->done[thread];

	if (steps->steps[at].what == 'T' && !hw_script_can(making->script, state, thread))
		fail_try(steps, at);
	hw_script_do(state, thread);
	making->script->order[making->script->order_count++] = (uint8_t)thread;
}

static bool can_go_on(const struct hw_script *script, const struct hw_script_state *state,
	unsigned thread)
{
	const struct hw_script_step *next = hw_script_next(script, state, thread);

	return next && (next->what == 'T' || hw_script_can(script, state, thread));
}

static bool is_done(const struct hw_script *script, const struct hw_script_state *state)
{
	for (unsigned t = 0; t < script->thread_count; t++)
		if (state->done[t] < script->threads[t].count)
			return false;
	return true;
}

/* Do it in some order; false when it gets stuck. */
static bool put_in_order(struct making *making)
{
	struct hw_script_state state = { 0 };
	unsigned thread = 0, patience = 1 + pick(making, 8);

	making->script->order_count = 0;
	while (!is_done(making->script, &state)) {
		unsigned able = 0;

		for (unsigned t = 0; t < making->script->thread_count; t++)
			able |= (unsigned)can_go_on(making->script, &state, t) << t;
		if (!able)
			return false;
		/* A thread that can go on often does, as in real life. */
		while (!(able & 1u << thread) || one_in(making, patience)) {
			thread = pick(making, making->script->thread_count);
			if (able & 1u << thread)
				break;
		}
		do_next(making, &state, thread);
	}
	return true;
}

static bool is_small(const struct hw_script *script)
{
	uint64_t states = 1;

	for (unsigned t = 0; t < script->thread_count; t++)
		states *= script->threads[t].count + 1;
	return states <= STATES_MAX;
}

void hw_script_random(uint64_t number, struct hw_script *ret_script)
{
	struct hw_script script;
	struct making making = { &script, (number + 1) * 0x9e3779b97f4a7c15ull };

	for (;;) {
		struct hw_script unordered;

		make(&making);
		unordered = script;
		for (int i = 0; i < ORDERS_MAX && is_small(&script); i++) {
			script = unordered;
			if (put_in_order(&making)) {
				*ret_script = script;
				return;
			}
		}
	}
}
