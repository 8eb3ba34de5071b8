/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/deed.h"
#include "trace/event_table.h"
#include "trace/memory.h"

/*
 * The same log, made up, taken record by record and many at a time, makes the same recording. What
 * the threads do is mostly right, so that locks are free and given back in order, and every so
 * often it is not.
 */

enum { THREADS = 3, OBJECTS = 12, STACKS = 6, RECORDS = 60000, RUN_MOST = 9, HELD_MOST = 5 };

struct world {
	char folder[32], path[64];
	struct hw_roster roster;
	struct hw_order order;
	struct hw_clock clock;
	struct hw_interpreter interpreter;
	struct hw_reader readers[THREADS];
};

/* What is thought to be held, by the number of the object. */
struct script {
	uint32_t held[THREADS][HELD_MOST], held_count[THREADS];
	uint64_t random, ticks;
};

static const struct {
	uint32_t kind, type, capacity;
} kinds[OBJECTS] = {
	{ HW_KIND_MUTEX, 0, 0 },
	{ HW_KIND_MUTEX, HW_TYPE_RECURSIVE, 0 },
	{ HW_KIND_MUTEX, 0, 0 },
	{ HW_KIND_RWLOCK, 0, 0 },
	{ HW_KIND_RWLOCK, HW_TYPE_PREFER_WRITER, 0 },
	{ HW_KIND_SPIN, 0, 0 },
	{ HW_KIND_SEM, 0, 1 },
	{ HW_KIND_SEM, 0, 0 },
	{ HW_KIND_SEM, 0, 3 },
	{ HW_KIND_COND, 0, 0 },
	{ HW_KIND_ONCE, 0, 0 },
	{ HW_KIND_SEM, HW_TYPE_SYSV | HW_TYPE_SHARED, 2 },
};

/* The same numbers every time (xorshift64, Marsaglia 2003). */
static uint32_t random_below(struct script *script, uint32_t limit)
{
	script->random ^= script->random << 13;
	script->random ^= script->random >> 7;
	script->random ^= script->random << 17;
	return (uint32_t)((script->random >> 32) * limit >> 32);
}

static void define_objects(struct world *world, struct hw_process *process)
{
	for (uint32_t i = 0; i < OBJECTS; i++) {
		struct hw_object_definition definition = { .address = 4096 + 64 * i,
			.kind = kinds[i].kind, .type = kinds[i].type | HW_TYPE_INITIALISED,
			.capacity = kinds[i].capacity };

		if (kinds[i].type & HW_TYPE_SYSV)
			hw_sysv_identify(&definition, 1, 1, i);
		hw_roster_define(&world->roster, process, 0, 1 + i, &definition)->create_ns = 0;
	}
}

static void set_stack(struct world *world, uint32_t thread, uint32_t slot, uint64_t address)
{
	struct hw_thread *by = world->readers[thread].thread;

	by->stacks[slot] = hw_roster_stack(&world->roster, by->process, 0, 0, &address, 1);
}

static void make_world(struct world *world)
{
	struct hw_process *process;
	struct hw_error error;

	*world = (struct world){ .folder = "/tmp/test_deed.XXXXXX" };
	cr_assert(mkdtemp(world->folder));
	snprintf(world->path, sizeof(world->path), "%s/x.db", world->folder);
	world->order.roster = &world->roster;
	hw_clock_init(&world->clock, HW_CLOCK_MONOTONIC, 0, 0);
	world->interpreter = (struct hw_interpreter){ .roster = &world->roster,
		.order = &world->order, .clock = &world->clock, .kinds = UINT32_MAX };
	cr_assert_eq(hw_store_create(&world->interpreter.store, world->path,
			     HW_EVENT_FORM_PACKED, 0, &error), 0);
	hw_deed_prepare(&world->interpreter);
	process = hw_roster_process(&world->roster, 1);
	process->pid = 1;
	process->maps_read = true;
	define_objects(world, process);
	for (uint32_t i = 0; i < THREADS; i++) {
		struct hw_thread *thread = hw_roster_thread(&world->roster, process, 2 + i);

		thread->tid = thread->number = 1 + i;
		world->readers[i].thread = thread;
		for (uint32_t slot = 1; slot < STACKS; slot++)
			set_stack(world, i, slot, 1000 * slot + i % 2);
	}
}

static void end_world(struct world *world)
{
	hw_interpreter_finish(&world->interpreter);
	hw_order_finish(&world->order);
	hw_roster_finish(&world->roster);
	unlink(world->path);
	rmdir(world->folder);
}

static enum hw_op op_of(struct script *script, uint32_t number, bool gives_back)
{
	static const enum hw_op others[] = { HW_OP_INIT, HW_OP_WAIT, HW_OP_WAIT, HW_OP_FAIL,
		HW_OP_FAIL, HW_OP_CANCEL, HW_OP_SLEEP, HW_OP_WAKE, HW_OP_SIGNAL };
	bool counts = kinds[number - 1].kind == HW_KIND_SEM;

	if (!random_below(script, 12))
		return others[random_below(script, sizeof(others) / sizeof(others[0]))];
	if (gives_back)
		return counts ? HW_OP_POST : HW_OP_UNLOCK;
	return counts ? HW_OP_TAKE : HW_OP_LOCK;
}

static uint32_t detail_of(struct script *script, enum hw_op op)
{
	static const uint32_t hows[] = { HW_HOW_SHARED, HW_HOW_TRY, HW_HOW_TIMED,
		HW_HOW_REACQUIRE, HW_HOW_SHARED | HW_HOW_TRY, HW_HOW_OWNER_DEAD };

	if (op == HW_OP_FAIL)
		return random_below(script, 2) ? EBUSY : ETIMEDOUT;
	if (op == HW_OP_POST || op == HW_OP_UNLOCK || op == HW_OP_INIT ||
		random_below(script, 8))
		return op == HW_OP_POST;
	return hows[random_below(script, sizeof(hows) / sizeof(hows[0]))];
}

static struct hw_record make_record(struct script *script, uint32_t thread)
{
	uint32_t *held = script->held[thread], *count = &script->held_count[thread];
	bool gives_back = *count && (*count == HELD_MOST || random_below(script, 2));
	uint32_t number = 1 + random_below(script, OBJECTS), slot = random_below(script, STACKS);
	enum hw_op op;

	/* Mostly the last one. */
	if (gives_back)
		number = held[random_below(script, 6) ? *count - 1 : random_below(script, *count)];
	op = op_of(script, number, gives_back);
	if (op == HW_OP_LOCK || op == HW_OP_TAKE)
		held[(*count)++] = number;
	for (uint32_t i = 0; op == HW_OP_UNLOCK || op == HW_OP_POST; i++) {
		if (held[i] != number)
			continue;
		memmove(&held[i], &held[i + 1], (--*count - i) * sizeof(*held));
		break;
	}
	/* Sometimes long after the one before, sometimes before it. */
	script->ticks += random_below(script, 20) ? random_below(script, 40) : 70000;
	return (struct hw_record){
		.when = hw_record_when(script->ticks - 30 * !random_below(script, 50), op),
		.what = hw_record_what(number, slot, detail_of(script, op)) };
}

static void take_one(struct world *world, struct hw_reader *reader, struct hw_record record)
{
	if (hw_record_time(&record) > reader->last_ticks)
		reader->last_ticks = hw_record_time(&record);
	cr_assert(hw_interpret(&world->interpreter, reader, record, reader->last_ticks, NULL));
}

/* As a round does it with the only log there is. How many were taken together. */
static size_t take_many(struct world *world, struct hw_reader *reader,
	const struct hw_record *records, size_t count)
{
	struct hw_lane lanes[2] = { { reader, records, records + count } };
	size_t together = 0;

	while (lanes[0].at < lanes[0].end) {
		size_t many = hw_deed_take(&world->interpreter, lanes, UINT64_MAX >> 8);

		if (!many)
			take_one(world, reader, *lanes[0].at++);
		together += many;
	}
	return together;
}

/* Both see the same change of what records mean: another stack, an object that is ignored. */
static void change(struct script *script, struct world *world, uint32_t at)
{
	uint32_t thread = at % THREADS, slot = 1 + at / 7 % (STACKS - 1);

	if (at % 500 == 3)
		set_stack(world, thread, slot, 100000 + at);
	if (at == RECORDS / 2)
		world->roster.objects[2]->ignored = true;
}

static char *dump(struct world *world)
{
	static const char *const tables[] = { "event", "dependency", "dependency_hold",
		"contention", "misuse", "object" };
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	sqlite3 *db;

	hw_store_roster(world->interpreter.store, &world->roster, &world->order);
	hw_store_destroy(world->interpreter.store, true);
	cr_assert_eq(sqlite3_open(world->path, &db), SQLITE_OK);
	cr_assert_eq(hw_event_table_register(db), SQLITE_OK);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		char *sql = hw_xasprintf("SELECT * FROM %s ORDER BY 1, 2", tables[i]);
		sqlite3_stmt *row;

		cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK);
		while (sqlite3_step(row) == SQLITE_ROW) {
			fprintf(out, "%s", tables[i]);
			for (int column = 0; column < sqlite3_column_count(row); column++)
				fprintf(out, "|%s", (const char *)sqlite3_column_text(row, column));
			fputc('\n', out);
		}
		sqlite3_finalize(row);
		free(sql);
	}
	sqlite3_close(db);
	fclose(out);
	return text;
}

Test(deed, many_together_are_as_one_by_one)
{
	static struct world one, many;
	struct script script = { .random = 88172645463325252ull };
	size_t together = 0;
	char *expected, *found;

	make_world(&one);
	make_world(&many);
	for (uint32_t at = 0; at < RECORDS;) {
		struct hw_record run[RUN_MOST];
		uint32_t count = 1 + random_below(&script, RUN_MOST);
		uint32_t thread = random_below(&script, THREADS);

		for (uint32_t i = 0; i < count; i++, at++) {
			run[i] = make_record(&script, thread);
			change(&script, &one, at);
			change(&script, &many, at);
		}
		for (uint32_t i = 0; i < count; i++)
			take_one(&one, &one.readers[thread], run[i]);
		together += take_many(&many, &many.readers[thread], run, count);
	}
	/* All but those of the set of System V, and of what is ignored. */
	cr_assert_gt(together, RECORDS / 2);
	expected = dump(&one);
	found = dump(&many);
	cr_assert_gt(strlen(expected), 10 * RECORDS);
	for (size_t i = 0; expected[i] || found[i]; i++)
		cr_assert_eq(expected[i], found[i], "%.200s\nis not\n%.200s", &found[i],
			&expected[i]);
	free(expected);
	free(found);
	end_world(&one);
	end_world(&many);
}

/* How many are taken of the first log, and where it ends then. */
static size_t take_first(struct world *world, const struct hw_record *records, size_t count,
	uint64_t until_ticks)
{
	struct hw_lane lanes[2] = { { &world->readers[0], records, records + count } };
	size_t taken = hw_deed_take(&world->interpreter, lanes, until_ticks);

	cr_expect_eq(lanes[0].at, records + taken);
	cr_expect_null(lanes[1].reader);
	return taken;
}

/* Nothing that was not published, or is later, is taken. */
Test(deed, stops_where_it_should)
{
	static struct world world;
	struct hw_record records[4] = {
		{ hw_record_when(10, HW_OP_LOCK), hw_record_what(1, 1, 0) },
		{ hw_record_when(20, HW_OP_UNLOCK), hw_record_what(1, 1, 0) },
		{ hw_record_when(30, HW_OP_LOCK), hw_record_what(1, 1, 0) },
	};

	make_world(&world);
	cr_expect_eq(take_first(&world, records, 4, 19), 1);
	cr_expect_eq(take_first(&world, records + 1, 1, 99), 1);
	cr_expect_eq(take_first(&world, records + 2, 2, 99), 1);
	records[3] = (struct hw_record){ hw_record_when(40, HW_OP_LOCK),
		hw_record_what(OBJECTS + 1, 1, 0) };
	cr_expect_eq(take_first(&world, records + 3, 1, 99), 0);
	cr_expect_eq(hw_store_event_count(world.interpreter.store), 3);
	hw_store_destroy(world.interpreter.store, false);
	end_world(&world);
}
