/* SPDX-License-Identifier: MIT */
#include "tests/e2e/script.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Who holds an object, and how. */
struct held {
	unsigned alone, readers; /* bits: threads */
	unsigned units;		 /* that are out, of a semaphore */
};

void hw_script_print(const struct hw_script *script, char text[HW_SCRIPT_TEXT_MAX])
{
	char *at = text;

	at += sprintf(at, "%s", script->kinds);
	for (unsigned t = 0; t < script->thread_count; t++) {
		*at++ = ' ';
		for (unsigned i = 0; i < script->threads[t].count; i++) {
			*at++ = script->threads[t].steps[i].what;
			*at++ = (char)('0' + script->threads[t].steps[i].number);
		}
	}
	*at++ = ' ';
	for (unsigned i = 0; i < script->order_count; i++)
		*at++ = (char)('0' + script->order[i]);
	*at = 0;
}

static void parse_thread(const char *word, size_t length, struct hw_script_thread *thread)
{
	cr_assert(length % 2 == 0 && length / 2 <= HW_SCRIPT_STEPS_MAX, "no thread: %s", word);
	for (size_t i = 0; i < length; i += 2)
		thread->steps[thread->count++] =
			(struct hw_script_step){ word[i], (uint8_t)(word[i + 1] - '0') };
}

void hw_script_parse(const char *text, struct hw_script *ret_script)
{
	struct hw_script script = { 0 };
	size_t length = strcspn(text, " ");

	cr_assert_leq(length, HW_SCRIPT_OBJECTS_MAX, "too many objects: %s", text);
	memcpy(script.kinds, text, length);
	script.object_count = (unsigned)length;
	for (text += length; *text == ' '; text += length) {
		length = strcspn(++text, " ");
		if (!text[length])
			break;
		cr_assert_lt(script.thread_count, HW_SCRIPT_THREADS_MAX);
		parse_thread(text, length, &script.threads[script.thread_count++]);
	}
	cr_assert_leq(length, sizeof(script.order), "too many steps: %s", text);
	for (size_t i = 0; i < length; i++)
		script.order[script.order_count++] = (uint8_t)(text[i] - '0');
	*ret_script = script;
}

static bool is_semaphore(const struct hw_script *script, unsigned object)
{
	return script->kinds[object] >= '1' && script->kinds[object] <= '3';
}

/* Units of one thread; of other locks, 1 or 0, and whether to read. */
static int units_of(const struct hw_script *script, const struct hw_script_state *state,
	unsigned thread, unsigned object, bool *ret_reads)
{
	int units = 0;

	for (unsigned i = 0; i < state->done[thread]; i++) {
		struct hw_script_step step = script->threads[thread].steps[i];

		if (step.number != object)
			continue;
		if (step.what == 'L' || step.what == 'T' || step.what == 'R') {
			*ret_reads = step.what == 'R';
			units++;
		} else if (step.what == 'U') {
			units--;
		}
	}
	return units;
}

static struct held held_of(const struct hw_script *script, const struct hw_script_state *state,
	unsigned object)
{
	struct held held = { 0 };

	for (unsigned t = 0; t < script->thread_count; t++) {
		bool reads = false;
		int units = units_of(script, state, t, object, &reads);

		if (units > 0 && reads)
			held.readers |= 1u << t;
		else if (units > 0)
			held.alone |= 1u << t;
		held.units += (unsigned)units;
	}
	return held;
}

bool hw_script_holds(const struct hw_script *script, const struct hw_script_state *state,
	unsigned thread, unsigned object)
{
	bool reads;

	return units_of(script, state, thread, object, &reads) > 0;
}

/* Messages that nobody has got yet. */
static int messages(const struct hw_script *script, const struct hw_script_state *state,
	unsigned object)
{
	int count = 0;

	for (unsigned t = 0; t < script->thread_count; t++)
		for (unsigned i = 0; i < state->done[t]; i++) {
			struct hw_script_step step = script->threads[t].steps[i];

			if (step.number == object)
				count += (step.what == 'P') - (step.what == 'S');
		}
	return count;
}

/* Threads (bits) that have still to post a message. */
static unsigned posters(const struct hw_script *script, const struct hw_script_state *state,
	unsigned object)
{
	unsigned result = 0;

	for (unsigned t = 0; t < script->thread_count; t++)
		for (unsigned i = state->done[t]; i < script->threads[t].count; i++)
			if (script->threads[t].steps[i].what == 'P' &&
				script->threads[t].steps[i].number == object)
				result |= 1u << t;
	return result;
}

static bool is_created(const struct hw_script *script, const struct hw_script_state *state,
	unsigned thread)
{
	for (unsigned t = 0; t < script->thread_count; t++)
		for (unsigned i = 0; i < state->done[t]; i++)
			if (script->threads[t].steps[i].what == 'C' &&
				script->threads[t].steps[i].number == thread)
				return true;
	return thread == 0;
}

const struct hw_script_step *hw_script_next(
	const struct hw_script *script, const struct hw_script_state *state, unsigned thread)
{
	if (state->done[thread] == script->threads[thread].count ||
		!is_created(script, state, thread))
		return NULL;
	return &script->threads[thread].steps[state->done[thread]];
}

/* Writers (bits) who wait in front of a lock where they come first. */
static unsigned writers_before(const struct hw_script *script, const struct hw_script_state *state,
	unsigned object)
{
	unsigned result = 0;

	for (unsigned t = 0; t < script->thread_count; t++)
		if (state->writers & 1u << t &&
			script->threads[t].steps[state->done[t]].number == object)
			result |= 1u << t;
	return result;
}

/* Whether a lock can be had, by who wants it alone or together with other readers. */
static bool is_free(const struct hw_script *script, const struct hw_script_state *state,
	struct hw_script_step step)
{
	struct held held = held_of(script, state, step.number);

	if (is_semaphore(script, step.number))
		return held.units < (unsigned)(script->kinds[step.number] - '0');
	if (step.what == 'R')
		return !held.alone && !writers_before(script, state, step.number);
	return !held.alone && !held.readers;
}

bool hw_script_can(
	const struct hw_script *script, const struct hw_script_state *state, unsigned thread)
{
	const struct hw_script_step *step = hw_script_next(script, state, thread);

	if (!step)
		return false;
	if (step->what == 'L' || step->what == 'R' || step->what == 'T')
		return is_free(script, state, *step);
	if (step->what == 'F')
		return !is_free(script, state, *step);
	if (step->what == 'S')
		return messages(script, state, step->number) > 0;
	if (step->what == 'J')
		return state->done[step->number] == script->threads[step->number].count;
	return true;
}

bool hw_script_can_wait(
	const struct hw_script *script, const struct hw_script_state *state, unsigned thread)
{
	const struct hw_script_step *step = hw_script_next(script, state, thread);

	return step && step->what == 'L' && script->kinds[step->number] == 'w' &&
	       !(state->writers & 1u << thread) && !is_free(script, state, *step);
}

void hw_script_do(struct hw_script_state *state, unsigned thread)
{
	state->done[thread]++;
	state->writers &= (uint8_t)~(1u << thread);
}

/* Whether a thread, one of these, waits for others of them only. */
static bool hangs(const struct hw_script *script, const struct hw_script_state *state,
	unsigned threads, unsigned thread)
{
	const struct hw_script_step *step = hw_script_next(script, state, thread);
	struct held held;

	if (!step || hw_script_can(script, state, thread))
		return false;
	if (step->what == 'J')
		return threads & 1u << step->number;
	if (step->what == 'S')
		return !(posters(script, state, step->number) & ~threads);
	held = held_of(script, state, step->number);
	if (step->what == 'R')
		return (held.alone | writers_before(script, state, step->number)) & threads;
	if (step->what != 'L')
		return false;
	if (is_semaphore(script, step->number))
		return !(held.alone & ~threads);
	return (held.alone | held.readers) & threads;
}

bool hw_script_hangs(
	const struct hw_script *script, const struct hw_script_state *state, unsigned threads)
{
	for (unsigned t = 0; t < script->thread_count; t++)
		if (threads & 1u << t && !hangs(script, state, threads, t))
			return false;
	return threads;
}
