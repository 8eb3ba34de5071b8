/* SPDX-License-Identifier: MIT */
#include "logs.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/deed.h"
#include "trace/event_table.h"
#include "trace/memory.h"

/* The same numbers every time (xorshift64, Marsaglia 2003). */
uint32_t logs_random_below(struct logs_world *world, uint32_t limit)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return (uint32_t)((world->random >> 32) * limit >> 32);
}

static uint32_t take_chunk(struct logs_world *world)
{
	struct hw_session *session = world->collector.map.session;
	int64_t number = hw_free_list_pop(&session->free_chunks, &session->chunks[0].next_free,
		sizeof(session->chunks[0]));

	if (number >= 0)
		return (uint32_t)number;
	cr_assert_gt(hw_session_map_grow(&world->collector.map, 64), 0);
	return take_chunk(world);
}

void logs_define(struct logs_world *world, uint32_t number)
{
	struct hw_object_definition definition = { .address = 64 * number,
		.kind = HW_KIND_MUTEX, .type = HW_TYPE_INITIALISED };

	if (number == LOGS_OF_SYSTEM_V) {
		definition.kind = HW_KIND_SEM;
		definition.type |= HW_TYPE_SYSV | HW_TYPE_SHARED;
		definition.capacity = 1;
		hw_sysv_identify(&definition, 1, 1, 1);
	}
	hw_roster_define(&world->collector.roster, world->process, 0, number, &definition)
		->create_ns = 0;
}

static void open_log(struct logs_world *world, uint32_t number)
{
	struct hw_collector *collector = &world->collector;
	struct hw_session *session = collector->map.session;
	struct hw_thread *thread =
		hw_roster_thread(&collector->roster, world->process, 2 + number);
	uint32_t chunk = take_chunk(world);

	thread->tid = (pid_t)(1 + number);
	hw_roster_number_thread(thread);
	logs_define(world, 1 + number);
	world->writers[number].chunk = &session->chunks[chunk];
	session->threads[number].first_chunk = chunk;
	hw_readers_open(collector->readers, number, thread);
}

static void make_collector(struct hw_collector *collector, const char *path)
{
	struct hw_session_options options = { .depth = 1, .kinds = UINT32_MAX };
	struct hw_error error;

	collector->order.roster = &collector->roster;
	hw_clock_init(&collector->clock, HW_CLOCK_MONOTONIC, 0, 0);
	cr_assert_eq(hw_session_map_create(&collector->map, &options, &error), 0);
	cr_assert_eq(hw_store_create(&collector->store, path, HW_EVENT_FORM_PACKED, 0, &error), 0);
	hw_session_map_remove(&collector->map);
	collector->interpreter = (struct hw_interpreter){ .roster = &collector->roster,
		.order = &collector->order, .store = collector->store,
		.clock = &collector->clock, .kinds = UINT32_MAX, .patience_ticks = 1000 };
	hw_deed_prepare(&collector->interpreter);
	collector->readers = hw_readers_create(collector->map.session, 1);
	collector->slot_seen = hw_xcalloc(2 * HW_THREAD_MAX, sizeof(*collector->slot_seen));
}

void logs_make_world(struct logs_world *world, uint32_t threads)
{
	struct hw_collector *collector = &world->collector;

	*world = (struct logs_world){ .folder = "/tmp/test_logs.XXXXXX",
		.random = 88172645463325252ull };
	cr_assert(mkdtemp(world->folder));
	snprintf(world->path, sizeof(world->path), "%s/x.db", world->folder);
	make_collector(collector, world->path);
	world->process = hw_roster_process(&collector->roster, 1);
	world->process->pid = 1;
	world->process->maps_read = true;
	atomic_store(&collector->map.session->free_threads.fresh, threads);
	for (uint32_t i = 0; i < threads; i++)
		open_log(world, i);
}

sqlite3 *logs_end_world(struct logs_world *world)
{
	struct hw_collector *collector = &world->collector;
	sqlite3 *db;

	hw_store_roster(collector->store, &collector->roster, &collector->order);
	hw_store_destroy(collector->store, HW_STORE_WHOLE);
	hw_interpreter_finish(&collector->interpreter);
	hw_readers_destroy(collector->readers);
	hw_order_finish(&collector->order);
	hw_roster_finish(&collector->roster);
	hw_session_map_finish(&collector->map);
	free(collector->slot_seen);
	cr_assert_eq(sqlite3_open(world->path, &db), SQLITE_OK);
	cr_assert_eq(hw_event_table_register(db), SQLITE_OK);
	unlink(world->path);
	rmdir(world->folder);
	return db;
}

/* Where the next record goes; `room` for it and what belongs to it is in one chunk. */
static struct hw_record *next_record(struct logs_world *world, struct logs_writer *writer,
	uint32_t room)
{
	if (writer->position + room > HW_CHUNK_RECORDS) {
		uint32_t next = take_chunk(world);

		if (writer->position < HW_CHUNK_RECORDS)
			writer->chunk->records[writer->position].when =
				hw_record_when(0, HW_OP_END);
		atomic_store(&writer->chunk->next, next + 1);
		writer->chunk = &world->collector.map.session->chunks[next];
		writer->position = 0;
	}
	writer->position += room;
	return &writer->chunk->records[writer->position - room];
}

/* A stack that nobody uses: what stands alone is on both sides of it. */
static void write_stack(struct logs_world *world, struct logs_writer *writer)
{
	struct hw_record *record = next_record(world, writer, 3);
	uint64_t words[4] = { 0, 4096, 8192, 0 };

	record->what = hw_record_what(2, 1, 2);
	memcpy(record + 1, words, sizeof(words));
	record->when = hw_record_when(world->ticks, HW_OP_STACK);
}

void logs_write_event(struct logs_world *world, uint32_t thread, uint32_t object)
{
	struct logs_writer *writer = &world->writers[thread];
	struct hw_record *record = next_record(world, writer, 1);
	enum hw_op op = writer->written % 2 ? HW_OP_UNLOCK : HW_OP_LOCK;

	record->what = hw_record_what(object, 0, 0);
	if (object == LOGS_OF_SYSTEM_V)
		op = writer->written % 2 ? HW_OP_POST : HW_OP_TAKE;
	writer->written++;
	record->when = hw_record_when(world->ticks, op);
}

void logs_write_some(struct logs_world *world, uint32_t thread)
{
	world->ticks += 1 + logs_random_below(world, 500);
	if (!logs_random_below(world, 100))
		write_stack(world, &world->writers[thread]);
	logs_write_event(world, thread, 1 + thread);
}

uint64_t logs_take(struct logs_world *world, uint64_t cut_ticks)
{
	struct hw_collector *collector = &world->collector;

	collector->interpreter.now_ticks = cut_ticks;
	return hw_readers_round(collector->readers, cut_ticks, hw_interpret, hw_deed_take,
		&collector->interpreter);
}
