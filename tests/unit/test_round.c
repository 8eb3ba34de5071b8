/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "logs.h"

/*
 * Logs of some threads taken in rounds: their events are in the recording in the order of their
 * times, each of them once, whatever else is in the logs and however far a round gets.
 */

enum {
	THREADS = 5,
	CROWD = LOGS_MOST,
	RECORDS = 30000,
	ROUNDS = 9,
	EVENLY = 60, /* records of each thread */
	LATE = 1 + CROWD,
	MIXED = 6000,
};

/* One thread at a time is at work, or two, up to all of five. */
static void write_logs(struct logs_world *world, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at_work = 1 + i / 1000 % THREADS;

		logs_write_some(world, (i / 3000 + logs_random_below(world, at_work)) % THREADS);
	}
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
	static struct logs_world world;
	uint64_t taken = 0;
	sqlite3 *db;

	logs_make_world(&world, THREADS);
	write_logs(&world, RECORDS);
	for (uint32_t i = 1; i <= ROUNDS; i++)
		taken += logs_take(&world, world.ticks * i / ROUNDS);
	cr_expect_eq(logs_take(&world, world.ticks), 0);
	cr_expect_gt(taken, RECORDS);
	for (uint32_t i = 0; i < THREADS; i++)
		cr_expect(hw_readers_empty(world.collector.readers, i));
	db = logs_end_world(&world);
	expect_in_order(db, RECORDS);
	sqlite3_close(db);
}

/* More than are looked at together, and some of them much more often than others. */
Test(round, takes_the_logs_of_a_crowd_in_the_order_of_time)
{
	static struct logs_world world;
	sqlite3 *db;

	logs_make_world(&world, CROWD);
	/* At first all of them as often, in one round. */
	for (uint32_t i = 0; i < EVENLY * CROWD; i++) {
		world.ticks++;
		logs_write_event(&world, i % CROWD, 1 + i % CROWD);
	}
	logs_take(&world, world.ticks);
	for (uint32_t i = 0; i < RECORDS; i++)
		logs_write_some(&world,
			logs_random_below(&world, 1 + logs_random_below(&world, CROWD)));
	for (uint32_t i = 1; i <= ROUNDS; i++)
		logs_take(&world, world.ticks * i / ROUNDS);
	for (uint32_t i = 0; i < CROWD; i++)
		cr_expect(hw_readers_empty(world.collector.readers, i));
	db = logs_end_world(&world);
	expect_in_order(db, RECORDS + EVENLY * CROWD);
	sqlite3_close(db);
}

/* All but the last at work at once, so that who goes on next cannot be foretold. */
static void write_mixed(struct logs_world *world)
{
	for (uint32_t i = 0; i < MIXED; i++)
		logs_write_some(world, logs_random_below(world, THREADS - 1));
}

/* What is done to an object whose definition has not come yet stops everybody. */
Test(round, nothing_overtakes_what_cannot_be_taken)
{
	static struct logs_world world;
	uint64_t before;
	sqlite3 *db;

	logs_make_world(&world, THREADS);
	write_mixed(&world);
	before = world.ticks++;
	logs_write_event(&world, THREADS - 1, LATE);
	write_mixed(&world);
	logs_take(&world, world.ticks);
	cr_expect(world.collector.readers->mixes);
	cr_expect_eq(hw_store_event_count(world.collector.store), MIXED);
	cr_expect_eq(world.collector.interpreter.packer->newest_ns, (int64_t)before);
	cr_expect_eq(logs_take(&world, world.ticks), 0);
	logs_define(&world, LATE);
	logs_take(&world, world.ticks);
	db = logs_end_world(&world);
	expect_in_order(db, 2 * MIXED + 1);
	sqlite3_close(db);
}

/* A time of the future, which an ended thread cannot have written, is that of the round. */
Test(round, an_ended_thread_says_nothing_of_the_future)
{
	static struct logs_world world;
	uint64_t ticks;
	sqlite3 *db;

	logs_make_world(&world, THREADS);
	write_mixed(&world);
	ticks = ++world.ticks;
	world.ticks = 1ull << 50;
	logs_write_event(&world, THREADS - 1, THREADS);
	logs_write_event(&world, THREADS - 1, THREADS);
	logs_take(&world, ticks);
	cr_expect_eq(hw_store_event_count(world.collector.store), MIXED);
	hw_readers_end(world.collector.readers, THREADS - 1);
	cr_expect_eq(logs_take(&world, ticks), 2);
	cr_expect_eq(hw_store_event_count(world.collector.store), MIXED + 2);
	cr_expect_eq(world.collector.interpreter.packer->newest_ns, (int64_t)ticks);
	db = logs_end_world(&world);
	sqlite3_close(db);
}
