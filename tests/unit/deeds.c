/* SPDX-License-Identifier: MIT */
#include "deeds.h"

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

enum { STACKS = 6 };

static const struct {
	uint32_t kind, type, capacity;
} kinds[DEEDS_OBJECTS] = {
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
uint32_t deeds_random_below(struct deeds_script *script, uint32_t limit)
{
	script->random ^= script->random << 13;
	script->random ^= script->random >> 7;
	script->random ^= script->random << 17;
	return (uint32_t)((script->random >> 32) * limit >> 32);
}

static void define_objects(struct deeds_world *world, struct hw_process *process)
{
	for (uint32_t i = 0; i < DEEDS_OBJECTS; i++) {
		struct hw_object_definition definition = { .address = 4096 + 64 * i,
			.kind = kinds[i].kind, .type = kinds[i].type | HW_TYPE_INITIALISED,
			.capacity = kinds[i].capacity };

		if (kinds[i].type & HW_TYPE_SYSV)
			hw_sysv_identify(&definition, 1, 1, i);
		hw_roster_define(&world->roster, process, 0, 1 + i, &definition)->create_ns = 0;
	}
}

/* Every other one is that of a script. */
static void set_stack(struct deeds_world *world, uint32_t thread, uint32_t slot, uint64_t address)
{
	struct hw_thread *by = world->readers[thread].thread;
	uint64_t addresses[] = { hw_frame_of_code(0, slot), address };
	uint32_t skipped = slot % 2;

	by->stacks[slot] = hw_roster_stack(&world->roster, by->process, 0, 0, addresses + skipped,
		2 - skipped);
}

void deeds_make_world(struct deeds_world *world)
{
	struct hw_process *process;
	struct hw_error error;

	*world = (struct deeds_world){ .folder = "/tmp/test_deed.XXXXXX" };
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
	for (uint32_t i = 0; i < DEEDS_THREADS; i++) {
		struct hw_thread *thread = hw_roster_thread(&world->roster, process, 2 + i);

		thread->tid = thread->number = 1 + i;
		world->readers[i].thread = thread;
		for (uint32_t slot = 1; slot < STACKS; slot++)
			set_stack(world, i, slot, 1000 * slot + i % 2);
	}
}

void deeds_end_world(struct deeds_world *world)
{
	hw_interpreter_finish(&world->interpreter);
	hw_order_finish(&world->order);
	hw_roster_finish(&world->roster);
	unlink(world->path);
	rmdir(world->folder);
}

static enum hw_op op_of(struct deeds_script *script, uint32_t number, bool gives_back)
{
	static const enum hw_op others[] = { HW_OP_INIT, HW_OP_WAIT, HW_OP_WAIT, HW_OP_FAIL,
		HW_OP_FAIL, HW_OP_CANCEL, HW_OP_SLEEP, HW_OP_WAKE, HW_OP_SIGNAL };
	bool counts = kinds[number - 1].kind == HW_KIND_SEM;

	if (!deeds_random_below(script, 12))
		return others[deeds_random_below(script, sizeof(others) / sizeof(others[0]))];
	if (gives_back)
		return counts ? HW_OP_POST : HW_OP_UNLOCK;
	return counts ? HW_OP_TAKE : HW_OP_LOCK;
}

static uint32_t detail_of(struct deeds_script *script, enum hw_op op)
{
	static const uint32_t hows[] = { HW_HOW_SHARED, HW_HOW_TRY, HW_HOW_TIMED,
		HW_HOW_REACQUIRE, HW_HOW_SHARED | HW_HOW_TRY, HW_HOW_OWNER_DEAD };

	if (op == HW_OP_FAIL)
		return deeds_random_below(script, 3) ? EBUSY : ETIMEDOUT;
	if (op == HW_OP_POST || op == HW_OP_UNLOCK || op == HW_OP_INIT ||
		deeds_random_below(script, 8))
		return op == HW_OP_POST;
	return hows[deeds_random_below(script, sizeof(hows) / sizeof(hows[0]))];
}

struct hw_record deeds_make_record(struct deeds_script *script, uint32_t thread)
{
	uint32_t *held = script->held[thread], *count = &script->held_count[thread];
	bool gives_back = *count && (*count == DEEDS_HELD_MOST || deeds_random_below(script, 2));
	uint32_t number = 1 + deeds_random_below(script, DEEDS_OBJECTS);
	uint32_t slot = deeds_random_below(script, STACKS);
	enum hw_op op;

	/* Mostly the last one. */
	if (gives_back)
		number = held[deeds_random_below(script, 6) ? *count - 1 :
							      deeds_random_below(script, *count)];
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
	script->ticks += deeds_random_below(script, 20) ? deeds_random_below(script, 40) : 70000;
	return (struct hw_record){
		.when = hw_record_when(script->ticks - 30 * !deeds_random_below(script, 50), op),
		.what = hw_record_what(number, slot, detail_of(script, op)) };
}

void deeds_change(struct deeds_world *world, uint32_t at)
{
	uint32_t thread = at % DEEDS_THREADS, slot = 1 + at / 7 % (STACKS - 1);

	if (at % 500 == 3)
		set_stack(world, thread, slot, 100000 + at);
	if (at % 97 == 5)
		world->readers[thread].thread->units = 2;
	if (at == DEEDS_RECORDS / 2)
		world->roster.objects[2]->ignored = true;
}

char *deeds_dump(struct deeds_world *world)
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
