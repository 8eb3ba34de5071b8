/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "trace/deed.h"
#include "trace/event_table.h"
#include "trace/session_map.h"

/*
 * Logs of some threads, made up, and taken in rounds: their events are in the recording in the
 * order of their times, each of them once, whatever else is in the logs and however far a round
 * gets.
 */

enum {
	THREADS = 5,
	CROWD = 300,
	RECORDS = 30000,
	ROUNDS = 9,
	EVENLY = 60,     /* records of each thread */
	OF_SYSTEM_V = 3, /* what is done to this object is taken by itself */
	LATE = 1 + CROWD,
	WAITERS = 60,
	MIXED = 6000,
};

/* A log that is written. */
struct writer {
	struct hw_chunk *chunk;
	uint32_t position, written;
};

struct world {
	char folder[32], path[64];
	struct hw_session_map map;
	struct hw_roster roster;
	struct hw_order order;
	struct hw_clock clock;
	struct hw_interpreter interpreter;
	struct hw_readers *readers;
	struct hw_process *process;
	struct writer writers[CROWD];
	uint64_t random, ticks;
};

/* The same numbers every time (xorshift64, Marsaglia 2003). */
static uint32_t random_below(struct world *world, uint32_t limit)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return (uint32_t)((world->random >> 32) * limit >> 32);
}

static uint32_t take_chunk(struct world *world)
{
	struct hw_session *session = world->map.session;
	int64_t number = hw_free_list_pop(&session->free_chunks, &session->chunks[0].next_free,
		sizeof(session->chunks[0]));

	if (number >= 0)
		return (uint32_t)number;
	cr_assert_gt(hw_session_map_grow(&world->map, 64), 0);
	return take_chunk(world);
}

static void define(struct world *world, uint32_t number)
{
	struct hw_object_definition definition = { .address = 64 * number,
		.kind = HW_KIND_MUTEX, .type = HW_TYPE_INITIALISED };

	if (number == OF_SYSTEM_V) {
		definition.kind = HW_KIND_SEM;
		definition.type |= HW_TYPE_SYSV | HW_TYPE_SHARED;
		definition.capacity = 1;
		hw_sysv_identify(&definition, 1, 1, 1);
	}
	hw_roster_define(&world->roster, world->process, 0, number, &definition)->create_ns = 0;
}

/* Each thread has an object of its own. */
static void open_log(struct world *world, uint32_t number)
{
	struct hw_thread *thread = hw_roster_thread(&world->roster, world->process, 2 + number);
	uint32_t chunk = take_chunk(world);

	thread->tid = (pid_t)(1 + number);
	hw_roster_number_thread(thread);
	define(world, 1 + number);
	world->writers[number].chunk = &world->map.session->chunks[chunk];
	world->map.session->threads[number].first_chunk = chunk;
	hw_readers_open(world->readers, number, thread);
}

/* With logs of so many threads, up to CROWD. */
static void make_world(struct world *world, uint32_t threads)
{
	struct hw_session_options options = { .depth = 1, .kinds = UINT32_MAX };
	struct hw_error error;

	*world = (struct world){ .folder = "/tmp/test_round.XXXXXX",
		.random = 88172645463325252ull };
	cr_assert(mkdtemp(world->folder));
	snprintf(world->path, sizeof(world->path), "%s/x.db", world->folder);
	world->order.roster = &world->roster;
	hw_clock_init(&world->clock, HW_CLOCK_MONOTONIC, 0, 0);
	world->interpreter = (struct hw_interpreter){ .roster = &world->roster,
		.order = &world->order, .clock = &world->clock, .kinds = UINT32_MAX,
		.patience_ticks = 1000 };
	cr_assert_eq(hw_session_map_create(&world->map, &options, &error), 0);
	cr_assert_eq(hw_store_create(&world->interpreter.store, world->path,
			     HW_EVENT_FORM_PACKED, 0, &error), 0);
	hw_session_map_remove(&world->map);
	hw_deed_prepare(&world->interpreter);
	world->readers = hw_readers_create(world->map.session, 1);
	world->process = hw_roster_process(&world->roster, 1);
	world->process->pid = 1;
	world->process->maps_read = true;
	atomic_store(&world->map.session->free_threads.fresh, threads);
	for (uint32_t i = 0; i < threads; i++)
		open_log(world, i);
}

/* The recording is closed then. */
static sqlite3 *end_world(struct world *world)
{
	sqlite3 *db;

	hw_store_roster(world->interpreter.store, &world->roster, &world->order);
	hw_store_destroy(world->interpreter.store, HW_STORE_WHOLE);
	hw_interpreter_finish(&world->interpreter);
	hw_readers_destroy(world->readers);
	hw_order_finish(&world->order);
	hw_roster_finish(&world->roster);
	hw_session_map_finish(&world->map);
	cr_assert_eq(sqlite3_open(world->path, &db), SQLITE_OK);
	cr_assert_eq(hw_event_table_register(db), SQLITE_OK);
	unlink(world->path);
	rmdir(world->folder);
	return db;
}

/* Where the next record goes; `room` for it and what belongs to it is in one chunk. */
static struct hw_record *next_record(struct world *world, struct writer *writer, uint32_t room)
{
	if (writer->position + room > HW_CHUNK_RECORDS) {
		uint32_t next = take_chunk(world);

		if (writer->position < HW_CHUNK_RECORDS)
			writer->chunk->records[writer->position].when =
				hw_record_when(0, HW_OP_END);
		atomic_store(&writer->chunk->next, next + 1);
		writer->chunk = &world->map.session->chunks[next];
		writer->position = 0;
	}
	writer->position += room;
	return &writer->chunk->records[writer->position - room];
}

/* A stack that nobody uses: what stands alone is on both sides of it. */
static void write_stack(struct world *world, struct writer *writer)
{
	struct hw_record *record = next_record(world, writer, 3);
	uint64_t words[4] = { 0, 4096, 8192, 0 };

	record->what = hw_record_what(2, 1, 2);
	memcpy(record + 1, words, sizeof(words));
	record->when = hw_record_when(world->ticks, HW_OP_STACK);
}

static void write_event(struct world *world, uint32_t thread, uint32_t object)
{
	struct writer *writer = &world->writers[thread];
	struct hw_record *record = next_record(world, writer, 1);
	enum hw_op op = writer->written % 2 ? HW_OP_UNLOCK : HW_OP_LOCK;

	record->what = hw_record_what(object, 0, 0);
	if (object == OF_SYSTEM_V)
		op = writer->written % 2 ? HW_OP_POST : HW_OP_TAKE;
	writer->written++;
	record->when = hw_record_when(world->ticks, op);
}

static void write_some(struct world *world, uint32_t thread)
{
	world->ticks += 1 + random_below(world, 500);
	if (!random_below(world, 100))
		write_stack(world, &world->writers[thread]);
	write_event(world, thread, 1 + thread);
}

/* One thread at a time is at work, or two, up to all of five. */
static void write_logs(struct world *world, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at_work = 1 + i / 1000 % THREADS;

		write_some(world, (i / 3000 + random_below(world, at_work)) % THREADS);
	}
}

static uint64_t take(struct world *world, uint64_t cut_ticks)
{
	world->interpreter.now_ticks = cut_ticks;
	return hw_readers_round(world->readers, cut_ticks, hw_interpret, hw_deed_take,
		&world->interpreter);
}

static int64_t number_of(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *row;
	int64_t number;

	cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK, "%s",
		sqlite3_errmsg(db));
	cr_assert_eq(sqlite3_step(row), SQLITE_ROW);
	number = sqlite3_column_int64(row, 0);
	sqlite3_finalize(row);
	return number;
}

static void expect_in_order(sqlite3 *db, int64_t count)
{
	cr_expect_eq(number_of(db, "SELECT count(*) FROM event"), count);
	cr_expect_eq(number_of(db, "SELECT count(DISTINCT time_ns) FROM event"), count);
	cr_expect_eq(number_of(db, "SELECT count(*) FROM (SELECT time_ns, "
				   "lag(time_ns) OVER (ORDER BY id) AS before FROM event) "
				   "WHERE before > time_ns"), 0);
	cr_expect_eq(number_of(db, "SELECT count(*) FROM misuse"), 0);
}

Test(round, takes_all_logs_in_the_order_of_time)
{
	static struct world world;
	uint64_t taken = 0;
	sqlite3 *db;

	make_world(&world, THREADS);
	write_logs(&world, RECORDS);
	for (uint32_t i = 1; i <= ROUNDS; i++)
		taken += take(&world, world.ticks * i / ROUNDS);
	cr_expect_eq(take(&world, world.ticks), 0);
	cr_expect_gt(taken, RECORDS);
	for (uint32_t i = 0; i < THREADS; i++)
		cr_expect(hw_readers_empty(world.readers, i));
	db = end_world(&world);
	expect_in_order(db, RECORDS);
	sqlite3_close(db);
}

/* More than are looked at together, and some of them much more often than others. */
Test(round, takes_the_logs_of_a_crowd_in_the_order_of_time)
{
	static struct world world;
	sqlite3 *db;

	make_world(&world, CROWD);
	/* At first all of them as often, in one round. */
	for (uint32_t i = 0; i < EVENLY * CROWD; i++) {
		world.ticks++;
		write_event(&world, i % CROWD, 1 + i % CROWD);
	}
	take(&world, world.ticks);
	for (uint32_t i = 0; i < RECORDS; i++)
		write_some(&world, random_below(&world, 1 + random_below(&world, CROWD)));
	for (uint32_t i = 1; i <= ROUNDS; i++)
		take(&world, world.ticks * i / ROUNDS);
	for (uint32_t i = 0; i < CROWD; i++)
		cr_expect(hw_readers_empty(world.readers, i));
	db = end_world(&world);
	expect_in_order(db, RECORDS + EVENLY * CROWD);
	sqlite3_close(db);
}

/* All but the last at work at once, so that who goes on next cannot be foretold. */
static void write_mixed(struct world *world)
{
	for (uint32_t i = 0; i < MIXED; i++)
		write_some(world, random_below(world, THREADS - 1));
}

/* What is done to an object whose definition has not come yet stops everybody. */
Test(round, nothing_overtakes_what_cannot_be_taken)
{
	static struct world world;
	uint64_t before;
	sqlite3 *db;

	make_world(&world, THREADS);
	write_mixed(&world);
	before = world.ticks++;
	write_event(&world, THREADS - 1, LATE);
	write_mixed(&world);
	take(&world, world.ticks);
	cr_expect(world.readers->mixes);
	cr_expect_eq(hw_store_event_count(world.interpreter.store), MIXED);
	cr_expect_eq(world.interpreter.packer->newest_ns, (int64_t)before);
	cr_expect_eq(take(&world, world.ticks), 0);
	define(&world, LATE);
	take(&world, world.ticks);
	db = end_world(&world);
	expect_in_order(db, 2 * MIXED + 1);
	sqlite3_close(db);
}

/* A time of the future, which an ended thread cannot have written, is that of the round. */
Test(round, an_ended_thread_says_nothing_of_the_future)
{
	static struct world world;
	uint64_t ticks;
	sqlite3 *db;

	make_world(&world, THREADS);
	write_mixed(&world);
	ticks = ++world.ticks;
	world.ticks = 1ull << 50;
	write_event(&world, THREADS - 1, THREADS);
	write_event(&world, THREADS - 1, THREADS);
	take(&world, ticks);
	cr_expect_eq(hw_store_event_count(world.interpreter.store), MIXED);
	hw_readers_end(world.readers, THREADS - 1);
	cr_expect_eq(take(&world, ticks), 2);
	cr_expect_eq(hw_store_event_count(world.interpreter.store), MIXED + 2);
	cr_expect_eq(world.interpreter.packer->newest_ns, (int64_t)ticks);
	db = end_world(&world);
	sqlite3_close(db);
}

/* Threads that wait for a chunk as those of a program do. */
struct waiter {
	pthread_t thread;
	struct hw_session *session;
	_Atomic pid_t tid;
};

static void *wait_for_chunk(void *argument)
{
	struct waiter *waiter = argument;
	struct hw_session *session = waiter->session;
	uint32_t freed = atomic_load(&session->chunks_freed);

	atomic_store(&waiter->tid, gettid());
	syscall(SYS_futex, &session->chunks_freed, FUTEX_WAIT, freed, NULL);
	return NULL;
}

static bool is_asleep(const struct waiter *waiter)
{
	char path[64], state = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)waiter->tid);
	status = waiter->tid ? fopen(path, "r") : NULL;
	if (!status)
		return false;
	cr_assert_eq(fscanf(status, "%*d %*s %c", &state), 1);
	fclose(status);
	return state == 'S';
}

/* A thread for each chunk: that all of them wake for a few would take longer than to fill these. */
Test(round, wakes_as_many_as_there_are_chunks)
{
	static struct world world;
	static struct waiter waiters[WAITERS];
	struct hw_session *session;
	uint32_t chunks = 2 * HW_CHUNKS_TO_RING + 3;

	make_world(&world, 1);
	session = world.map.session;
	for (uint32_t i = 0; i <= chunks * HW_CHUNK_RECORDS; i++) {
		world.ticks++;
		write_event(&world, 0, 1);
	}
	atomic_store(&session->chunk_waiters, WAITERS);
	for (uint32_t i = 0; i < WAITERS; i++) {
		waiters[i].session = session;
		cr_assert_eq(pthread_create(&waiters[i].thread, NULL, wait_for_chunk,
				     &waiters[i]), 0);
		while (!is_asleep(&waiters[i]))
			sched_yield();
	}
	take(&world, world.ticks);
	hw_readers_offer_chunks(world.readers);
	hw_readers_offer_chunks(world.readers);
	cr_expect_eq(syscall(SYS_futex, &session->chunks_freed, FUTEX_WAKE, INT_MAX),
		WAITERS - chunks);
	for (uint32_t i = 0; i < WAITERS; i++)
		cr_expect_eq(pthread_join(waiters[i].thread, NULL), 0);
	sqlite3_close(end_world(&world));
}
