/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/mutated.h"
#include "tests/e2e/replayed.h"

/*
 * Recordings of real programs that were changed until they contradict themselves. No verb may
 * crash; no verdict may get stronger than that of the recording as it was; no prediction
 * may have a witness that cannot be; and what was not believed is told.
 */

/* A recording as it was made, and a changed copy of it beside. */
struct changed {
	struct hw_recorded original, copy;
	json_t *report; /* of the original */
};

static void record(struct changed *changed, const char *program, const char *shape)
{
	struct hw_process process;
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/fixtures/shapes/%s", HW_BUILD_DIR, program);
	hw_recorded_init(&changed->original);
	hw_recorded_run(&changed->original, &process, "record",
		HW_ARGUMENTS("--on-deadlock=exit", path, shape));
	hw_process_finish(&process);
	changed->copy = changed->original;
	snprintf(changed->copy.file, sizeof(changed->copy.file), "%s/changed.db",
		changed->original.scratch.path);
	changed->report = hw_recorded_report(&changed->original, true);
}

static void finish(struct changed *changed)
{
	json_decref(changed->report);
	hw_recorded_finish(&changed->original);
}

/* Run a verb; it must end by itself, with at most this status, and no sanitiser may complain. */
static bool survives(const char *const arguments[], int most, const char *change)
{
	struct hw_process process;
	bool fine;
	char *errors;

	hw_process_run(&process, arguments);
	errors = hw_process_errors(&process);
	fine = process.status <= most && !strstr(errors, "runtime error") &&
	       !strstr(errors, "Sanitizer");
	cr_expect(fine, "%s: %s ends with %d: %s", change, arguments[1], process.status, errors);
	free(errors);
	hw_process_finish(&process);
	return fine;
}

static bool all_verbs_survive(const struct changed *changed, const char *change)
{
	const char *file = changed->copy.file, *original = changed->original.file;
	char merged[600];
	const char *const verbs[][8] = {
		{ HW_HOLDWAIT, "report", "--all", "-v", file },
		{ HW_HOLDWAIT, "check", "-v", file },
		{ HW_HOLDWAIT, "graph", file },
		{ HW_HOLDWAIT, "graph", "--by", "class", file },
		{ HW_HOLDWAIT, "log", file },
		{ HW_HOLDWAIT, "log", "-f", "json", file },
		{ HW_HOLDWAIT, "info", "-v", file },
		{ HW_HOLDWAIT, "diff", original, file },
		{ HW_HOLDWAIT, "merge", "-o", merged, original, file },
	};
	bool all = true;

	snprintf(merged, sizeof(merged), "%s/merged.db", changed->original.scratch.path);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		all &= survives(verbs[i], 2, change);
	return all;
}

/* The report of the changed recording, or NULL when it cannot be read, which is said. */
static json_t *report_of(const struct changed *changed, const char *change)
{
	struct hw_process process;
	json_t *report = NULL;
	char *text;

	hw_process_run(&process, HW_ARGUMENTS(HW_HOLDWAIT, "report", "-f", "json", "--all",
					 changed->copy.file));
	text = hw_process_output(&process);
	if (process.status == 0) {
		report = json_loads(text, 0, NULL);
		cr_expect(report, "%s: not JSON: %s", change, text);
	} else {
		cr_expect_eq(process.status, 2, "%s: status %d", change, process.status);
		hw_process_expect_errors(&process, "holdwait: ");
	}
	free(text);
	hw_process_finish(&process);
	return report;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

/* How strong a verdict is; misuse has none. */
static int strength(const json_t *finding)
{
	static const char *const verdicts[] = { "ruled-out", "possible", "predicted", "confirmed",
		"deadlock" };

	for (int i = 0; i < 5; i++)
		if (!strcmp(text_of(finding, "verdict"), verdicts[i]))
			return i + 1;
	return 6;
}

/*
 * The strength of what a report says about the same; 0 when it says nothing. Ids depend on classes,
 * which may be gone; and a cycle that was not told of beside the deadlock it led to is weaker.
 */
static int strength_before(const json_t *report, const json_t *finding)
{
	static const char *const parts[] = { "findings", "ruled_out" };
	int found = hw_recorded_count(report, "HW002") && strength(finding) < 5 ? 4 : 0;

	for (size_t part = 0; part < 2; part++) {
		const json_t *all = json_object_get(report, parts[part]);

		for (size_t i = 0; i < json_array_size(all); i++)
			if (!strcmp(text_of(json_array_get(all, i), "title"),
				    text_of(finding, "title")))
				return strength(json_array_get(all, i));
	}
	return found;
}

/* What the one note about contradictions says; the test fails when there is more than one. */
static const char *note_of(const json_t *report)
{
	const json_t *notes = json_object_get(json_object_get(report, "coverage"), "notes");
	const char *found = NULL;

	for (size_t i = 0; i < json_array_size(notes); i++) {
		const char *note = json_string_value(json_array_get(notes, i));

		if (!strstr(note, "contradict") && !strstr(note, "left out"))
			continue;
		cr_expect_null(found, "two notes: %s; %s", found, note);
		found = note;
	}
	return found;
}

static void expect_possible_witnesses(
	const struct changed *changed, const json_t *report, const char *change)
{
	const json_t *all = json_object_get(report, "findings");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *finding = json_array_get(all, i);
		const char *wrong;

		if (strcmp(text_of(finding, "verdict"), "predicted"))
			continue;
		wrong = hw_replayed_wrong(changed->copy.file, finding);
		cr_expect_null(wrong, "%s: %s", change, wrong);
	}
}

/* Nothing new, nothing stronger; where orders are not believed, a cycle may become possible. */
static void expect_nothing_made_up(
	const struct changed *changed, const json_t *report, const char *change)
{
	const json_t *all = json_object_get(report, "findings");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *finding = json_array_get(all, i);
		int before = strength_before(changed->report, finding);

		if (before == 1 && strength(finding) == 2 && note_of(report))
			continue;
		cr_expect_leq(strength(finding), before, "%s: %s %s is made up: %s", change,
			text_of(finding, "verdict"), text_of(finding, "rule"),
			text_of(finding, "title"));
	}
}

struct change {
	const char *what, *sql;
	bool is_noted; /* in every recording that has a cycle */
};

/* That rows are missing is told by their number, unless that is made right. */
#define COUNT "; UPDATE meta SET value = (SELECT count(*) FROM event) WHERE key = 'events'"

static const struct change changes[] = {
	{ "threads that never end",
		"DELETE FROM event WHERE op IN ('end', 'join'); UPDATE thread SET end_ns = NULL",
		true },
	{ "threads without end",
		"DELETE FROM event WHERE op = 'end'; UPDATE thread SET end_ns = NULL" COUNT, true },
	{ "unlocks without lock",
		"DELETE FROM event WHERE id IN (SELECT min(id) FROM event WHERE op IN ('lock', "
		"'take') GROUP BY thread)" COUNT, true },
	{ "locks without unlock",
		"DELETE FROM event WHERE id IN (SELECT min(id) FROM event WHERE op IN ('unlock', "
		"'post') GROUP BY thread)" COUNT, true },
	{ "time backwards",
		"UPDATE event SET time_ns = (SELECT max(time_ns) FROM event) - time_ns", true },
	{ "a thread whose clock is late",
		"UPDATE event SET time_ns = time_ns + 1000000000 "
		"WHERE thread = (SELECT max(thread) FROM event)", true },
	{ "negative times", "UPDATE event SET time_ns = -time_ns", true },
	{ "all at the same time", "UPDATE event SET time_ns = 7", false },
	{ "joins of threads that never started",
		"DELETE FROM event WHERE thread > 1 AND op = 'start'" COUNT, true },
	{ "two joins of each thread",
		"INSERT INTO event(id, time_ns, thread, op, object) SELECT id + 1000000, "
		"time_ns + 1000000000, thread, op, object FROM event WHERE op = 'join'", true },
	{ "starts without creation", "DELETE FROM event WHERE op = 'create'" COUNT, true },
	{ "takes instead of posts", "UPDATE event SET op = 'take' WHERE op = 'post'", false },
	{ "too few arrivals",
		"DELETE FROM event WHERE id IN (SELECT max(id) FROM event WHERE op = 'arrive' "
		"GROUP BY object)" COUNT, false },
	{ "wake-ups without sleep", "DELETE FROM event WHERE op = 'sleep'" COUNT, false },
	{ "unknown threads", "UPDATE event SET thread = thread + 1000 WHERE id % 3 = 0", true },
	{ "unknown objects", "UPDATE event SET object = object + 1000 WHERE id % 3 = 0", true },
	{ "huge ids",
		"UPDATE event SET thread = 9223372036854775807 WHERE id % 5 = 1; "
		"UPDATE event SET object = -1, stack = 1 << 40 WHERE id % 5 = 2", true },
	{ "objects of other kinds",
		"UPDATE event SET object = (SELECT min(id) FROM object) WHERE id % 4 = 0", true },
	{ "unknown operations", "UPDATE event SET op = 'ponder' WHERE id % 7 = 0", true },
	{ "locks on nothing", "UPDATE event SET object = NULL WHERE op IN ('lock', 'take')", true },
	{ "threads that create themselves",
		"UPDATE event SET result = thread WHERE op = 'create'; "
		"UPDATE thread SET creator = id", true },
	{ "processes that fork themselves", "UPDATE process SET parent = id, origin = 'fork'",
		false },
	{ "a dependency that no event knows of",
		"INSERT INTO dependency(id, thread, object, mode, stack, how, count, first_ns, "
		"last_ns) SELECT 1000, 1, h.object, d.mode, h.stack, d.how, 1, 0, 0 FROM "
		"dependency d JOIN dependency_hold h ON h.dependency = d.id LIMIT 1; "
		"INSERT INTO dependency_hold(dependency, position, object, mode, stack) "
		"SELECT 1000, 0, d.object, d.mode, d.stack FROM dependency d "
		"WHERE id = (SELECT min(id) FROM dependency)", false },
	{ "dependencies of nobody", "UPDATE dependency SET thread = 1000 + id", true },
	{ "impossible numbers",
		"UPDATE dependency SET count = -count, first_ns = 1 << 62; UPDATE object SET "
		"capacity = -1, address = -1, generation = -5, create_ns = -(1 << 62); "
		"UPDATE thread SET lost = -3, tid = 1 << 50", false },
	{ "huge capacities", "UPDATE object SET capacity = 9223372036854775807", false },
	{ "no events at all", "DELETE FROM event", true },
	{ "nothing but the first half",
		"DELETE FROM event WHERE id > (SELECT max(id) / 2 FROM event)", true },
	{ "a state of nobody",
		"UPDATE hold SET thread = 1000 + thread; UPDATE wait SET object = 1000 + object",
		false },
	{ "text where numbers belong",
		"UPDATE event SET stack = 'x', result = 'y'; UPDATE dependency SET how = x'ff'; "
		"UPDATE object SET name = x'00ff1b', type = 5; UPDATE meta SET value = 'many'",
		false },
	{ "threads that are gone", "DELETE FROM thread WHERE id > 1", false },
	{ "objects that are gone", "DELETE FROM object", false },
	{ "stacks that are gone", "DELETE FROM stack WHERE id % 2; DELETE FROM frame WHERE id % 3",
		false },
	{ "processes that are gone", "DELETE FROM process", false },
	{ "classes and modules that are gone", "DELETE FROM class; DELETE FROM module", false },
};

static bool has_cycle(const struct changed *changed)
{
	return json_array_size(json_object_get(changed->report, "ruled_out")) ||
	       hw_recorded_count(changed->report, "HW001");
}

static void contradict(const char *program, const char *shape)
{
	struct changed changed;

	record(&changed, program, shape);
	cr_assert_null(note_of(changed.report), "%s", note_of(changed.report));
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		json_t *report;

		hw_mutated_copy(changed.original.file, changed.copy.file);
		hw_mutated_change(changed.copy.file, changes[i].sql);
		all_verbs_survive(&changed, changes[i].what);
		report = report_of(&changed, changes[i].what);
		if (!report)
			continue;
		expect_nothing_made_up(&changed, report, changes[i].what);
		expect_possible_witnesses(&changed, report, changes[i].what);
		if (changes[i].is_noted && has_cycle(&changed))
			cr_expect(note_of(report), "%s %s: no note: %s", program, shape,
				changes[i].what);
		json_decref(report);
	}
	finish(&changed);
}

#define CONTRADICT(program, shape)          \
	Test(contradictions, shape)         \
	{                                   \
		contradict(#program, #shape); \
	}

CONTRADICT(rings, abba)
CONTRADICT(rings, abba_hang)
CONTRADICT(kinds, two_semaphores)
CONTRADICT(waits, wake_up_into_both_locks)
CONTRADICT(ordered, by_barrier)
CONTRADICT(ordered, after_join)
CONTRADICT(declared, both_orders)

/*
 * Changes made at random, from one seed: always the same, 25 of each recording, or as many as
 * HOLDWAIT_TEST_MUTATIONS says. What is found to go wrong can be done again by its number.
 */
static void mutate(const char *program, const char *shape)
{
	const char *wanted = getenv("HOLDWAIT_TEST_MUTATIONS");
	unsigned count = wanted ? (unsigned)atoi(wanted) : 25;
	struct changed changed;

	record(&changed, program, shape);
	for (unsigned i = 0; i < count; i++) {
		char *change;
		json_t *report;
		bool fine;

		hw_mutated_copy(changed.original.file, changed.copy.file);
		change = hw_mutated_at_random(changed.copy.file, i);
		fine = all_verbs_survive(&changed, change);
		report = report_of(&changed, change);
		if (report)
			expect_possible_witnesses(&changed, report, change);
		json_decref(report);
		free(change);
		if (!fine)
			break;
	}
	finish(&changed);
}

Test(mutations, abba)
{
	mutate("rings", "abba");
}

Test(mutations, over_fork_hang)
{
	mutate("processes", "over_fork_hang");
}

Test(mutations, declared)
{
	mutate("declared", "both_orders");
}
