/* SPDX-License-Identifier: MIT */
#include "tests/e2e/oracle.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/cast.h"
#include "tests/e2e/recorded.h"
#include "tests/e2e/script_hangs.h"

#define SCRIPT_PROGRAM HW_BUILD_DIR "/tests/fixtures/oracle/script"

/* One finding, or one ring that is ruled out. */
struct said {
	const json_t *finding;
	const char *verdict;
	unsigned count;
	int threads[HW_SCRIPT_THREADS_MAX], things[HW_SCRIPT_THREADS_MAX];
	bool reads[HW_SCRIPT_THREADS_MAX];
	unsigned waits; /* bits: these things */
};

struct comparison {
	const struct hw_script *script;
	struct hw_oracle_count *count;
	struct hw_cast cast;
	struct hw_script_hangs hangs;
	const json_t *report;
	char *wrong;
};

/* All that a report says in one of its lists. */
#define FOR_EACH_SAID(comparison, list, index, said) \
	for (size_t index = 0; \
		index < json_array_size(json_object_get((comparison)->report, list)) && \
		(said = read_said(comparison, \
			 json_array_get(json_object_get((comparison)->report, list), index)), \
			true); \
		index++)

static void record(const struct hw_script *script, struct hw_recorded *recorded)
{
	const char *arguments[HW_SCRIPT_THREADS_MAX + 5] = { "--", SCRIPT_PROGRAM };
	char text[HW_SCRIPT_TEXT_MAX], words[HW_SCRIPT_TEXT_MAX], *rest = words;
	struct hw_process process;
	size_t count = 2;

	hw_script_print(script, text);
	strcpy(words, text);
	for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " "))
		arguments[count++] = word;
	hw_recorded_run(recorded, &process, "record", arguments);
	cr_assert_eq(process.status, 0, "'%s' cannot be recorded: %s", text,
		hw_process_errors(&process));
	hw_process_finish(&process);
}

/* The ends of all threads are one: they are of one class, and findings about them merged. */
static unsigned bit_of(int thing)
{
	return 1u << (thing < HW_CAST_ENDS ? thing : HW_CAST_ENDS);
}

static bool is_shared(const json_t *waits)
{
	const char *mode = json_string_value(json_object_get(waits, "mode"));

	return mode && !strcmp(mode, "shared");
}

static struct said read_said(const struct comparison *comparison, const json_t *finding)
{
	struct said said = { .finding = finding,
		.verdict = json_string_value(json_object_get(finding, "verdict")) };
	const json_t *thread;
	size_t index;

	json_array_foreach(json_object_get(finding, "threads"), index, thread) {
		const json_t *waits = json_object_get(thread, "waits");
		int thing = hw_cast_thing(&comparison->cast, json_object_get(waits, "object"));

		cr_assert_lt(said.count, HW_SCRIPT_THREADS_MAX);
		said.threads[said.count] =
			hw_cast_thread(&comparison->cast, json_object_get(thread, "id"));
		said.reads[said.count] = is_shared(waits);
		said.things[said.count++] = thing;
		if (thing != HW_CAST_NOTHING)
			said.waits |= bit_of(thing);
	}
	return said;
}

/* What a thread waits for when this is its next step. */
static int thing_of_step(struct hw_script_step step)
{
	return step.what == 'J' ? HW_CAST_ENDS + step.number : step.number;
}

static unsigned waits_of(const struct hw_script *script, const struct hw_script_hang *hang)
{
	unsigned waits = 0;

	for (unsigned t = 0; t < script->thread_count; t++)
		if (hang->threads & 1u << t)
			waits |= bit_of(thing_of_step(
				script->threads[t].steps[hang->state.done[t]]));
	return waits;
}

/* Steps of the script that an event can be; NULL for events that are none. */
static const char *steps_of(const char *op)
{
	static const char *const table[][2] = { { "lock", "LRT" }, { "take", "LTS" },
		{ "unlock", "U" }, { "post", "UP" }, { "fail", "F" }, { "create", "C" },
		{ "join", "J" } };

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (!strcmp(table[i][0], op))
			return table[i][1];
	return NULL;
}

/* Of a semaphore of several units, a witness keeps one of those because of whom a try failed. */
static bool may_fail(const struct hw_script *script, const struct hw_script_step *step)
{
	return step->what == 'F' && strchr("23", script->kinds[step->number]);
}

/* Do one step of a witness; NULL when it can be, else why not. */
static const char *follow(const struct comparison *comparison, const struct said *unused,
	const json_t *event, struct hw_script_state *state)
{
	const char *steps = steps_of(json_string_value(json_object_get(event, "op")));
	int thread = hw_cast_thread(&comparison->cast, json_object_get(event, "thread"));
	const struct hw_script_step *next;

	if (!steps)
		return NULL;
	if (thread == HW_CAST_NOTHING)
		return "a thread that is not there does something";
	next = hw_script_next(comparison->script, state, (unsigned)thread);
	if (!next || !strchr(steps, next->what) ||
		(next->what != 'C' &&
			thing_of_step(*next) !=
				hw_cast_thing(&comparison->cast, json_object_get(event, "object"))))
		return "a thread does something else than it did";
	if (!hw_script_can(comparison->script, state, (unsigned)thread) &&
		!may_fail(comparison->script, next))
		return "a thread does what it cannot do then";
	hw_script_do(state, (unsigned)thread);
	return NULL;
}

/* The last steps, which are waits; writers come first. */
static const char *wait(const struct comparison *comparison, const struct said *said,
	const json_t *event, struct hw_script_state *state)
{
	int thread = hw_cast_thread(&comparison->cast, json_object_get(event, "thread"));
	int thing = hw_cast_thing(&comparison->cast, json_object_get(event, "object"));
	const struct hw_script_step *next;

	for (unsigned i = 0; i < said->count; i++)
		if (said->threads[i] == thread && said->things[i] != thing)
			return "a thread waits for something else at the end of its witness";
	if (thread == HW_CAST_NOTHING)
		return "a thread that is not there waits";
	next = hw_script_next(comparison->script, state, (unsigned)thread);
	if (!next || thing_of_step(*next) != thing)
		return "a thread waits for something else than it did";
	if (hw_script_can_wait(comparison->script, state, (unsigned)thread))
		state->writers |= (uint8_t)(1u << thread);
	return NULL;
}

/* Whether a prediction holds, by its witness. */
static const char *check_witness(const struct comparison *comparison, const struct said *said)
{
	const json_t *witness = json_object_get(said->finding, "witness");
	size_t count = json_array_size(witness);
	const char *wrong = count > said->count ? NULL : "there is no witness";
	struct hw_script_state state = { 0 };
	unsigned threads = 0;

	for (size_t i = 0; i < count && !wrong; i++)
		wrong = (i < count - said->count ? follow : wait)(
			comparison, said, json_array_get(witness, i), &state);
	for (unsigned i = 0; i < said->count && !wrong; i++)
		threads |= 1u << said->threads[i];
	if (!wrong && !hw_script_hangs(comparison->script, &state, threads))
		return "its threads do not wait for each other at the end of the witness";
	return wrong;
}

/* Whether this way to hang is the ring: the same threads wait for the same in the same mode. */
static bool is_ring(const struct comparison *comparison, const struct said *said,
	const struct hw_script_hang *hang)
{
	unsigned threads = 0;

	for (unsigned i = 0; i < said->count; i++) {
		int thread = said->threads[i];
		struct hw_script_step step;

		if (thread == HW_CAST_NOTHING || !(hang->threads & 1u << thread))
			return false;
		threads |= 1u << thread;
		step = comparison->script->threads[thread].steps[hang->state.done[thread]];
		if (thing_of_step(step) != said->things[i] ||
			(step.what == 'R') != said->reads[i])
			return false;
	}
	return threads == hang->threads;
}

static void tell(struct comparison *comparison, const char *what, unsigned waits)
{
	if (comparison->wrong[0])
		return;
	snprintf(comparison->wrong, HW_ORACLE_WRONG_MAX, "%s, of waits for", what);
	for (int thing = 0; thing <= HW_CAST_ENDS; thing++) {
		size_t length = strlen(comparison->wrong);

		if (waits & 1u << thing)
			snprintf(comparison->wrong + length, HW_ORACLE_WRONG_MAX - length,
				thing < HW_CAST_ENDS ? " %d" : " the end of a thread", thing);
	}
}

static void check_findings(struct comparison *comparison)
{
	struct said said;

	FOR_EACH_SAID(comparison, "findings", i, said) {
		const char *wrong;

		if (!said.verdict || strcmp(said.verdict, "predicted")) {
			comparison->count->possible++;
			continue;
		}
		comparison->count->predicted++;
		wrong = check_witness(comparison, &said);
		if (wrong)
			tell(comparison, wrong, said.waits);
	}
}

/* Whether somebody of these waits so, for an object of one of these kinds. */
static bool waits_by(const struct hw_script *script, const struct hw_script_hang *hang,
	const char *what, const char *kinds)
{
	for (unsigned t = 0; t < script->thread_count; t++) {
		struct hw_script_step step = script->threads[t].steps[hang->state.done[t]];

		if (hang->threads & 1u << t && strchr(what, step.what) &&
			(step.what == 'J' || strchr(kinds, script->kinds[step.number])))
			return true;
	}
	return false;
}

/*
 * By design (inside.h), messages are only looked at where who posts one has the lock then
 * (HW008); and of rings with a thread that is joined (HW009) only some of three, and none with
 * a semaphore of several units.
 */
static bool has_to_be_found(const struct hw_script *script, const struct hw_script_hang *hang)
{
	if (waits_by(script, hang, "S", "s"))
		return false;
	return !waits_by(script, hang, "J", "") ||
	       (__builtin_popcount(hang->threads) == 2 && !waits_by(script, hang, "L", "23"));
}

/*
 * Whether a finding is about these waits. Who uses up a semaphore of several units besides is told
 * as part of the finding, by one example of several.
 */
static bool is_about(const struct comparison *comparison, const struct said *said,
	const struct hw_script_hang *hang)
{
	unsigned waits = waits_of(comparison->script, hang);

	if (waits_by(comparison->script, hang, "L", "23"))
		return (said->waits & waits) == waits;
	return said->waits == waits;
}

/* What finding there is about a way to hang: a prediction, another one, or none. */
static void look_for(const struct comparison *comparison, const struct hw_script_hang *hang,
	bool *ret_found, bool *ret_foreseen)
{
	struct said said;

	*ret_found = *ret_foreseen = false;
	FOR_EACH_SAID(comparison, "findings", i, said) {
		bool about = is_about(comparison, &said, hang);

		*ret_found |= about;
		*ret_foreseen |= about && said.verdict && !strcmp(said.verdict, "predicted");
	}
}

/* The reason for which a way to hang is ruled out, if it is. */
static const char *ruled_out_by(
	const struct comparison *comparison, const struct hw_script_hang *hang)
{
	struct said said;

	FOR_EACH_SAID(comparison, "ruled_out", i, said)
		if (is_ring(comparison, &said, hang))
			return json_string_value(json_object_get(said.finding, "reason"));
	return NULL;
}

/*
 * Nothing that can hang is ruled out or left out. The same threads can wait for the same in
 * several places of the program, of which only some can hang; then there is a finding as well.
 */
static void check_hangs(struct comparison *comparison)
{
	for (unsigned h = 0; h < comparison->hangs.count; h++) {
		const struct hw_script_hang *hang = &comparison->hangs.all[h];
		const char *reason = ruled_out_by(comparison, hang);
		bool found, foreseen;

		look_for(comparison, hang, &found, &foreseen);
		comparison->count->hangs++;
		comparison->count->foreseen += foreseen;
		if (!found && (reason || has_to_be_found(comparison->script, hang)))
			tell(comparison, reason ? reason : "nothing is said",
				waits_of(comparison->script, hang));
	}
}

bool hw_oracle_agrees(const struct hw_script *script, struct hw_oracle_count *count,
	char ret_wrong[HW_ORACLE_WRONG_MAX])
{
	struct comparison comparison = { .script = script, .count = count, .wrong = ret_wrong };
	struct hw_recorded recorded;
	json_t *report;

	ret_wrong[0] = 0;
	hw_recorded_init(&recorded);
	record(script, &recorded);
	hw_cast_find(script, &recorded, &comparison.cast);
	comparison.report = report = hw_recorded_report(&recorded, true);
	hw_script_hangs_find(script, &comparison.hangs);
	count->scripts++;
	check_findings(&comparison);
	check_hangs(&comparison);
	count->ruled_out += (unsigned)json_array_size(json_object_get(report, "ruled_out"));
	json_decref(report);
	hw_recorded_finish(&recorded);
	return !ret_wrong[0];
}
