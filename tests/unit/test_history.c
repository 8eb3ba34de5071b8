/* SPDX-License-Identifier: MIT */
#include "analyzer/history.h"
#include "tests/unit/recording.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>

#include "trace/event_table.h"
#include "trace/event_writer.h"

/*
 * One run, stored in several ways: the history read from it is always the same.
 *
 * Main creates workers and joins them. In each round a worker locks the second lock inside the
 * first, or the other way round, and hands the turn to the next worker by a semaphore.
 */

enum { WORKERS = 3, ROUNDS = 400, EVENTS_MAX = 8 * WORKERS * ROUNDS };

enum storing {
	BY_TIME,
	BY_THREAD, /* one thread's events after those of another */
	IN_CHUNKS, /* of a few events of one thread, as collectors find them when they are late */
};

struct way {
	const char *name;
	enum hw_event_form form;
	enum storing storing;
};

/* In memory that criterion's parameters can be in. */
static struct way ways[] = {
	{ "rows by thread", HW_EVENT_FORM_ROWS, BY_THREAD },
	{ "rows in chunks", HW_EVENT_FORM_ROWS, IN_CHUNKS },
	{ "packed by time", HW_EVENT_FORM_PACKED, BY_TIME },
	{ "packed by thread", HW_EVENT_FORM_PACKED, BY_THREAD },
	{ "packed in chunks", HW_EVENT_FORM_PACKED, IN_CHUNKS },
	{ "compressed by time", HW_EVENT_FORM_ZSTD, BY_TIME },
	{ "compressed in chunks", HW_EVENT_FORM_ZSTD, IN_CHUNKS },
};

struct run {
	struct scenario s;
	struct hw_model model;
	struct hw_history history;
	struct hw_event events[EVENTS_MAX];
	uint32_t count;
};

static void happen(struct run *run, int64_t thread, enum hw_op op, int64_t object, int64_t result)
{
	cr_assert_lt(run->count, EVENTS_MAX);
	run->events[run->count] = (struct hw_event){
		.time_ns = 1000 + 10 * (int64_t)run->count,
		.thread = (uint32_t)thread,
		.op = op,
		.object = (uint32_t)object,
		.result = result,
		.has_result = result,
	};
	run->count++;
}

static void take_turn(struct run *run, int64_t thread, const int64_t *locks, bool swapped)
{
	happen(run, thread, HW_OP_LOCK, locks[swapped], 0);
	happen(run, thread, HW_OP_LOCK, locks[!swapped], 0);
	happen(run, thread, HW_OP_UNLOCK, locks[!swapped], 0);
	happen(run, thread, HW_OP_UNLOCK, locks[swapped], 0);
}

static void live(struct run *run)
{
	struct scenario *s = &run->s;
	int64_t locks[2], turns[WORKERS], ends[WORKERS], workers[WORKERS];
	int64_t main_thread = scenario_thread(s, "main");

	locks[0] = scenario_object(s, "mutex", "a");
	locks[1] = scenario_object(s, "mutex", "b");
	for (int i = 0; i < WORKERS; i++) {
		workers[i] = scenario_thread(s, "worker");
		ends[i] = scenario_object(s, "thread", "end");
		turns[i] = scenario_object(s, "sem", "turn");
		scenario_sql(s, "UPDATE thread SET object = %lld WHERE id = %lld", ends[i],
			workers[i]);
		happen(run, main_thread, HW_OP_CREATE, 0, workers[i]);
		happen(run, workers[i], HW_OP_START, ends[i], 0);
	}
	scenario_sql(s, "UPDATE object SET role = 'signal', capacity = 0 WHERE kind = 'sem'");
	for (int i = 0; i < WORKERS * ROUNDS; i++) {
		if (i)
			happen(run, workers[i % WORKERS], HW_OP_TAKE, turns[i % WORKERS], 0);
		take_turn(run, workers[i % WORKERS], locks, i & 1);
		happen(run, workers[i % WORKERS], HW_OP_POST, turns[(i + 1) % WORKERS], 0);
	}
	for (int i = 0; i < WORKERS; i++) {
		happen(run, workers[i], HW_OP_EXIT, ends[i], 0);
		happen(run, main_thread, HW_OP_JOIN, ends[i], 0);
	}
}

static void add(struct hw_event_writer *writer, const struct hw_event *event)
{
	if (hw_event_writer_add(writer, event))
		cr_assert_eq(hw_event_writer_flush(writer), SQLITE_OK);
}

/* Each thread's events in their order, but of up to `most` in time one thread after the other. */
static void add_by_thread(struct hw_event_writer *writer, const struct run *run, uint32_t most)
{
	for (uint32_t first = 0; first < run->count; first += most)
		for (uint32_t thread = 1; thread <= 1 + WORKERS; thread++)
			for (uint32_t i = first; i < first + most && i < run->count; i++)
				if (run->events[i].thread == thread)
					add(writer, &run->events[i]);
}

static void store(struct run *run, const struct way *way)
{
	struct hw_event_writer *writer;
	sqlite3 *db = run->s.db;

	cr_assert_eq(hw_event_table_register(db), SQLITE_OK);
	scenario_sql(&run->s, "BEGIN");
	cr_assert_eq(hw_event_writer_create(db, way->form, &writer), SQLITE_OK, "%s",
		sqlite3_errmsg(db));
	add_by_thread(writer, run, way->storing == BY_TIME ? 1 :
			way->storing == BY_THREAD ? run->count : 50);
	cr_assert_eq(hw_event_writer_flush(writer), SQLITE_OK);
	if (hw_event_writer_wants_rows(writer))
		cr_assert_eq(hw_event_writer_make_rows(writer), SQLITE_OK);
	hw_event_writer_destroy(writer);
	scenario_sql(&run->s, "COMMIT");
}

static void begin(struct run *run, const struct way *way)
{
	struct hw_error error;

	scenario_init(&run->s);
	live(run);
	store(run, way);
	cr_assert_eq(hw_model_load(run->s.db, "test", &run->model, &error), 0, "%s",
		error.message);
	cr_assert_eq(hw_history_load(run->s.db, &run->model, "test", &run->history, &error), 0,
		"%s", error.message);
}

static void end(struct run *run)
{
	hw_history_finish(&run->history);
	hw_model_finish(&run->model);
	scenario_finish(&run->s);
}

/* In one line, for a message that tells all of it. */
static void tell(const struct hw_life *life, uint32_t index, char *buffer, size_t size)
{
	const struct hw_moment *moment = &life->moments[index];

	snprintf(buffer, size, "%u: position %u op %u object %u stack %u enabled by %u:%u", index,
		moment->position, moment->op, moment->object, moment->stack,
		moment->enabler_thread, moment->enabler);
}

static void expect_same_life(const struct hw_life *found, const struct hw_life *expected)
{
	char left[128], right[128];

	cr_assert_eq(found->count, expected->count);
	cr_expect_eq(found->creator, expected->creator);
	cr_expect_eq(found->created, expected->created);
	cr_expect_eq(found->joiner, expected->joiner);
	cr_expect_eq(found->joined, expected->joined);
	cr_expect_eq(found->sound, expected->sound);
	for (uint32_t i = 0; i < found->count; i++) {
		tell(found, i, left, sizeof(left));
		tell(expected, i, right, sizeof(right));
		cr_assert_str_eq(left, right);
	}
}

ParameterizedTestParameters(history, stored_so)
{
	return cr_make_param_array(struct way, ways, sizeof(ways) / sizeof(*ways));
}

ParameterizedTest(struct way *way, history, stored_so)
{
	static const struct way plain = { "rows by time", HW_EVENT_FORM_ROWS, BY_TIME };
	static struct run reference, run;

	begin(&reference, &plain);
	begin(&run, way);
	cr_assert_eq(run.history.event_count, run.count, "%s", way->name);
	for (uint32_t t = 0; t < run.history.thread_count; t++)
		expect_same_life(hw_history_life(&run.history, t),
			hw_history_life(&reference.history, t));
	cr_expect_eq(hw_history_unread(&run.history), 0);
	end(&run);
	end(&reference);
}

/* A worker's moments are its own when nobody else's are read, and what enabled them is known. */
Test(history, one_life_alone)
{
	static const struct way way = { "packed", HW_EVENT_FORM_PACKED, BY_TIME };
	static struct run run;
	const struct hw_life *life;

	begin(&run, &way);
	life = hw_history_life(&run.history, 2);
	cr_assert_eq(life->count, 2 + 6 * ROUNDS);
	cr_expect_eq(life->moments[0].op, HW_OP_START);
	cr_expect_eq(life->moments[0].enabler_thread, 0);
	cr_expect_eq(life->moments[0].enabler, 1);
	cr_expect_eq(life->moments[1].op, HW_OP_TAKE);
	cr_expect_eq(life->moments[1].enabler_thread, 1);
	cr_expect_eq(life->moments[2].release, 5);
	cr_expect_eq(life->moments[3].release, 4);
	cr_expect_null(run.history.lives[1].moments);
	end(&run);
}

/* Lives that there is no room for are empty and counted; those that were read stay. */
Test(history, no_room_for_a_life)
{
	static const struct way way = { "packed", HW_EVENT_FORM_PACKED, BY_TIME };
	static struct run run;
	uint32_t count;

	begin(&run, &way);
	count = run.history.lives[1].count;
	run.history.moments_max = count + 10;
	cr_expect_eq(hw_history_life(&run.history, 1)->count, count);
	cr_expect_eq(hw_history_life(&run.history, 2)->count, 0);
	cr_expect_eq(hw_history_life(&run.history, 2)->moments, NULL);
	cr_expect_eq(hw_history_unread(&run.history), run.history.lives[2].count);
	cr_expect_eq(hw_history_life(&run.history, 1)->count, count);
	end(&run);
}
