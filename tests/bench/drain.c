/* SPDX-License-Identifier: MIT */
/*
 * drain SHAPE EVENTS: what the collector costs an event, without a program that it records.
 *
 * The logs are written by this program itself, as traced threads would write them, then read by
 * rounds of the collector into a recording; again and again, until there were so many events.
 * Prints how many nanoseconds of CPU time the rounds took. Whoever counts instructions counts
 * those of hw_readers_round, which are the same each time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "trace/deed.h"
#include "trace/session_map.h"

enum {
	THREADS_MOST = 8,
	CHUNKS_A_ROUND = 32,
	NESTED_LOCKS = 1000,
	HELD_LOCKS = 64,
	STEP_TICKS = 20,
};

/* A thread, and its log. */
struct writer {
	uint32_t number;
	struct hw_chunk *chunk;
	uint32_t position;
	uint64_t ticks, step, random;
	uint32_t outer;
};

struct shape {
	const char *name;
	unsigned threads, objects;
	enum hw_kind kind;
	void (*write)(struct writer *writer);
};

static struct hw_session_map map;
static struct hw_roster roster;
static struct hw_order order = { .roster = &roster };
static struct hw_clock clock_of_log;
static struct hw_interpreter interpreter = { .roster = &roster, .order = &order,
	.clock = &clock_of_log, .kinds = UINT32_MAX };
static struct hw_readers *readers;
static struct writer writers[THREADS_MOST];

static void die(const char *why)
{
	fprintf(stderr, "drain: %s\n", why);
	exit(2);
}

/* The same numbers every time (xorshift64, Marsaglia 2003). */
static uint32_t random_below(struct writer *writer, uint32_t limit)
{
	writer->random ^= writer->random << 13;
	writer->random ^= writer->random >> 7;
	writer->random ^= writer->random << 17;
	return (uint32_t)((writer->random >> 32) * limit >> 32);
}

static uint32_t take_chunk(void)
{
	struct hw_session *session = map.session;
	int64_t number = hw_free_list_pop(&session->free_chunks, &session->chunks[0].next_free,
		sizeof(session->chunks[0]));

	if (number < 0)
		die("there are too few chunks");
	return (uint32_t)number;
}

static void add_with(struct writer *writer, enum hw_op op, uint32_t object, uint32_t slot,
	uint32_t detail)
{
	if (writer->position == HW_CHUNK_RECORDS) {
		uint32_t next = take_chunk();

		atomic_store(&writer->chunk->next, next + 1);
		writer->chunk = &map.session->chunks[next];
		writer->position = 0;
	}
	writer->ticks += random_below(writer, STEP_TICKS);
	writer->chunk->records[writer->position++] = (struct hw_record){
		.when = hw_record_when(writer->ticks, op),
		.what = hw_record_what(object, slot, detail) };
}

static void add(struct writer *writer, enum hw_op op, uint32_t object, uint32_t slot)
{
	add_with(writer, op, object, slot, 0);
}

/* Each has one of its own. */
static void write_mutex(struct writer *writer)
{
	bool unlocks = writer->step++ % 2;

	add(writer, unlocks ? HW_OP_UNLOCK : HW_OP_LOCK, 1 + writer->number, 1 + unlocks);
}

/* As threads do that hand things to each other: ten records each, then it is others' turn. */
static void write_bursts(struct writer *writer)
{
	if (writer->step % 10 == 0)
		writer->ticks += random_below(writer, 40 * STEP_TICKS);
	write_mutex(writer);
}

static void write_sem(struct writer *writer)
{
	bool posts = writer->step++ % 2;

	add(writer, posts ? HW_OP_POST : HW_OP_TAKE, 1, 1 + posts);
}

/* As conditions of Python do, which try to get the lock they have, to see whether they do. */
static void write_tries(struct writer *writer)
{
	uint32_t part = writer->step++ % 3;

	if (part == 0)
		add_with(writer, HW_OP_TAKE, 1, 1, HW_HOW_TRY);
	else if (part == 1)
		add_with(writer, HW_OP_FAIL, 1, 2, EAGAIN);
	else
		add(writer, HW_OP_POST, 1, 3);
}

/* One of many pairs, the inner one in the outer one. */
static void write_nested(struct writer *writer)
{
	uint32_t part = writer->step++ % 4;

	if (!part)
		writer->outer = 1 + 2 * random_below(writer, NESTED_LOCKS / 2);
	add(writer, part < 2 ? HW_OP_LOCK : HW_OP_UNLOCK,
		writer->outer + (part == 1 || part == 2), 1 + part);
}

static void write_held(struct writer *writer)
{
	uint64_t step = writer->step++;

	if (step < HELD_LOCKS)
		add(writer, HW_OP_LOCK, 2 + (uint32_t)step, 3);
	else
		add(writer, step % 2 ? HW_OP_UNLOCK : HW_OP_LOCK, 1, 1 + step % 2);
}

static const struct shape shapes[] = {
	{ "mutex", 1, 1, HW_KIND_MUTEX, write_mutex },
	{ "mutex-2", 2, 2, HW_KIND_MUTEX, write_mutex },
	{ "mutex-8", 8, 8, HW_KIND_MUTEX, write_mutex },
	{ "nested-8", 8, NESTED_LOCKS, HW_KIND_MUTEX, write_nested },
	{ "bursts", 3, 3, HW_KIND_MUTEX, write_bursts },
	{ "nested", 1, NESTED_LOCKS, HW_KIND_MUTEX, write_nested },
	{ "held", 1, 1 + HELD_LOCKS, HW_KIND_MUTEX, write_held },
	{ "sem", 1, 1, HW_KIND_SEM, write_sem },
	{ "tries", 1, 1, HW_KIND_SEM, write_tries },
	{ 0 }
};

static const struct shape *find_shape(const char *name)
{
	for (const struct shape *shape = shapes; shape->name; shape++)
		if (!strcmp(shape->name, name))
			return shape;
	die("there is no such shape");
	return NULL;
}

static void open_log(uint32_t number, struct hw_process *process)
{
	struct hw_thread *thread = hw_roster_thread(&roster, process, 2 + number);
	uint32_t chunk = take_chunk();

	thread->tid = (pid_t)(1 + number);
	hw_roster_number_thread(thread);
	for (uint64_t slot = 1; slot <= 4; slot++) {
		uint64_t address = 4096 * slot;

		thread->stacks[slot] = hw_roster_stack(&roster, process, 0, 0, &address, 1);
	}
	writers[number] = (struct writer){ .number = number, .chunk = &map.session->chunks[chunk],
		.random = 88172645463325252ull + number };
	map.session->threads[number].first_chunk = chunk;
	hw_readers_open(readers, number, thread);
}

static void begin(const struct shape *shape, const char *path)
{
	struct hw_process *process = hw_roster_process(&roster, 1);
	struct hw_session_options options = { .depth = 1, .kinds = UINT32_MAX };
	struct hw_error error;

	if (hw_session_map_create(&map, &options, &error) ||
		hw_store_create(&interpreter.store, path, HW_EVENT_FORM_PACKED, 0, &error))
		die(error.message);
	hw_session_map_remove(&map);
	hw_clock_init(&clock_of_log, HW_CLOCK_MONOTONIC, 0, 0);
	readers = hw_readers_create(map.session, 1);
	hw_deed_prepare(&interpreter);
	process->pid = 1;
	process->maps_read = true;
	for (uint32_t i = 0; i < shape->objects; i++)
		hw_roster_define(&roster, process, 0, 1 + i,
			&(struct hw_object_definition){ .address = 64 + 64 * i,
				.kind = shape->kind, .capacity = 1,
				.type = HW_TYPE_INITIALISED })->create_ns = 0;
	atomic_store(&map.session->free_threads.fresh, shape->threads);
	for (uint32_t i = 0; i < shape->threads; i++)
		open_log(i, process);
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static uint64_t write_logs(const struct shape *shape, uint64_t most)
{
	uint64_t records = CHUNKS_A_ROUND / shape->threads * HW_CHUNK_RECORDS, count = 0;

	for (uint64_t i = 0; i < records && count < most; i++)
		for (uint32_t thread = 0; thread < shape->threads; thread++, count++)
			shape->write(&writers[thread]);
	return count;
}

static void end(const char *path)
{
	hw_store_roster(interpreter.store, &roster, &order);
	hw_store_destroy(interpreter.store, true);
	hw_interpreter_finish(&interpreter);
	hw_readers_destroy(readers);
	hw_order_finish(&order);
	hw_roster_finish(&roster);
	hw_session_map_finish(&map);
	unlink(path);
}

int main(int argc, char **argv)
{
	char folder[] = "/tmp/holdwait-drain.XXXXXX", path[64];
	uint64_t events = argc == 3 ? strtoull(argv[2], NULL, 10) : 0, written = 0, taken = 0;
	const struct shape *shape;
	double took_ns = 0;

	if (!events)
		die("usage: drain SHAPE EVENTS");
	shape = find_shape(argv[1]);
	if (!mkdtemp(folder))
		die("cannot make a folder");
	snprintf(path, sizeof(path), "%s/drain.db", folder);
	begin(shape, path);
	while (written < events) {
		double begin_ns;

		written += write_logs(shape, events - written);
		begin_ns = now_ns();
		taken += hw_readers_round(readers, UINT64_MAX >> 8, hw_interpret, hw_deed_take,
			&interpreter);
		took_ns += now_ns() - begin_ns;
	}
	end(path);
	rmdir(folder);
	if (taken != written)
		die("events were lost");
	printf("%.2f ns an event\n", took_ns / (double)taken);
	return 0;
}
