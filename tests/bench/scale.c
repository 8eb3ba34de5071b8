/* SPDX-License-Identifier: MIT */
/*
 * scale FILE EVENTS OBJECTS THREADS DEPENDENCIES COMPONENT [INVERSIONS]: make a recording of a
 * size that is asked for, to see what analysing it costs.
 *
 * Main creates all threads and joins them. Each thread locks a mutex and in it another one,
 * over and over, so that every dependency occurs as often as there are events for it. Nearly
 * all go from an object to one of a greater number. INVERSIONS times (100) two threads
 * go both ways; they live together, so these are predicted. The first COMPONENT objects
 * are one strongly connected component besides: a ring with as many chords.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "trace/event_table.h"
#include "trace/event_writer.h"
#include "trace/memory.h"
#include "trace/schema.h"

enum {
	FUNCTIONS = 1000, /* with a stack each */
	CLASSES = 200,
	STEP_NS = 40,
};

struct dependency {
	uint32_t thread, outer, inner;
	uint32_t outer_stack, inner_stack;
};

struct scale {
	sqlite3 *db;
	struct hw_event_writer *events;
	uint64_t event_count;
	uint32_t objects, threads, dependency_count, component, inversions;
	struct dependency *dependencies;
	uint64_t random;
	int64_t time_ns;
};

static void die(const char *what)
{
	fprintf(stderr, "scale: %s\n", what);
	exit(1);
}

static void check(const struct scale *s, int code)
{
	if (code != SQLITE_OK && code != SQLITE_DONE)
		die(sqlite3_errmsg(s->db));
}

static void run(const struct scale *s, const char *sql)
{
	check(s, sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

static sqlite3_stmt *prepare(const struct scale *s, const char *sql)
{
	sqlite3_stmt *statement;

	check(s, sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL));
	return statement;
}

/* The same numbers every time (xorshift64*, Vigna 2016). */
static uint32_t random_below(struct scale *s, uint32_t limit)
{
	s->random ^= s->random >> 12;
	s->random ^= s->random << 25;
	s->random ^= s->random >> 27;
	return (uint32_t)((s->random * 0x2545f4914f6cdd1dull >> 32) * limit >> 32);
}

/* Threads are 1 (main) to s->threads; objects and stacks count from 1, too. */
static struct dependency from_to(struct scale *s, uint32_t number, uint32_t outer, uint32_t inner)
{
	uint32_t function = random_below(s, FUNCTIONS);

	return (struct dependency){ .thread = 2 + number % (s->threads - 1), .outer = outer,
		.inner = inner, .outer_stack = 1 + function,
		.inner_stack = 1 + (function + 1) % FUNCTIONS };
}

static struct dependency upwards(struct scale *s, uint32_t number)
{
	uint32_t outer = 1 + random_below(s, s->objects - 1);
	uint32_t most = s->objects - outer < 100 ? s->objects - outer : 100;

	return from_to(s, number, outer, outer + 1 + random_below(s, most));
}

static void make_dependencies(struct scale *s)
{
	uint32_t count = 0, n = s->component;

	s->dependencies = hw_xcalloc(s->dependency_count, sizeof(*s->dependencies));
	for (uint32_t i = 0; i < n && count + 2 <= s->dependency_count; i++) {
		s->dependencies[count] = from_to(s, count, 1 + i, 1 + (i + 1) % n);
		count++;
		s->dependencies[count] =
			from_to(s, count, 1 + i, 1 + (i + 2 + random_below(s, n - 3)) % n);
		count++;
	}
	for (uint32_t i = 0; i < s->inversions && count + 2 <= s->dependency_count; i++) {
		uint32_t a = n + 1 + random_below(s, s->objects - n - 1);

		s->dependencies[count] = from_to(s, count, a, a + 1);
		count++;
		s->dependencies[count] = from_to(s, count, a + 1, a);
		count++;
	}
	for (; count < s->dependency_count; count++)
		s->dependencies[count] = upwards(s, count);
}

static void write_people(const struct scale *s)
{
	sqlite3_stmt *row;

	run(s, "INSERT INTO process VALUES(1, NULL, 'start', 100, '/bin/scale', 'scale', 0, NULL)");
	run(s, "INSERT INTO module VALUES(1, '/bin/scale', NULL, NULL)");
	row = prepare(s, "INSERT INTO thread(id, process, tid, number, name, creator, object, "
		"start_ns) VALUES(?1, 1, 100 + ?1, ?1, 'worker ' || ?1, nullif(?1 > 1, 0), "
		"?2 + ?1, 0)");
	for (uint32_t t = 1; t <= s->threads; t++) {
		sqlite3_bind_int64(row, 1, t);
		sqlite3_bind_int64(row, 2, s->objects);
		check(s, sqlite3_step(row));
		sqlite3_reset(row);
	}
	sqlite3_finalize(row);
}

static void write_code(const struct scale *s)
{
	sqlite3_stmt *frame, *stack;

	frame = prepare(s, "INSERT INTO frame(id, module, offset, function, file, line) "
		"VALUES(?1, 1, ?1 * 16, 'function_' || ?1, 'scale.c', ?1)");
	stack = prepare(s, "INSERT INTO stack(id, frame) VALUES(?1, ?1)");
	for (uint32_t i = 1; i <= FUNCTIONS; i++) {
		sqlite3_bind_int64(frame, 1, i);
		sqlite3_bind_int64(stack, 1, i);
		check(s, sqlite3_step(frame));
		check(s, sqlite3_step(stack));
		sqlite3_reset(frame);
		sqlite3_reset(stack);
	}
	sqlite3_finalize(frame);
	sqlite3_finalize(stack);
}

static void write_objects(const struct scale *s)
{
	sqlite3_stmt *row;

	for (int i = 1; i <= CLASSES; i++) {
		char *sql = sqlite3_mprintf(
			"INSERT INTO class VALUES(%d, 'mutex', 'table_%d', 'table_%d')", i, i, i);

		run(s, sql);
		sqlite3_free(sql);
	}
	row = prepare(s, "INSERT INTO object(id, kind, type, process, address, create_ns, name, "
		"class) VALUES(?1, ?2, 'normal', 1, ?1 * 64, 0, ?3 || ?1, ?4)");
	for (uint32_t o = 1; o <= s->objects + s->threads; o++) {
		bool is_mutex = o <= s->objects;

		sqlite3_bind_int64(row, 1, o);
		sqlite3_bind_text(row, 2, is_mutex ? "mutex" : "thread", -1, SQLITE_STATIC);
		sqlite3_bind_text(row, 3, is_mutex ? "lock " : "end ", -1, SQLITE_STATIC);
		if (is_mutex)
			sqlite3_bind_int64(row, 4, 1 + o % CLASSES);
		check(s, sqlite3_step(row));
		sqlite3_reset(row);
		sqlite3_clear_bindings(row);
	}
	sqlite3_finalize(row);
}

static void write_dependencies(const struct scale *s)
{
	sqlite3_stmt *row, *hold;

	row = prepare(s,
		"INSERT INTO dependency VALUES(?, ?, ?, 'exclusive', ?, 'block', 1, 0, 0, NULL)");
	hold = prepare(s, "INSERT INTO dependency_hold VALUES(?, 0, ?, 'exclusive', ?, 1)");
	for (uint32_t i = 0; i < s->dependency_count; i++) {
		const struct dependency *d = &s->dependencies[i];

		sqlite3_bind_int64(row, 1, i + 1);
		sqlite3_bind_int64(row, 2, d->thread);
		sqlite3_bind_int64(row, 3, d->inner);
		sqlite3_bind_int64(row, 4, d->inner_stack);
		sqlite3_bind_int64(hold, 1, i + 1);
		sqlite3_bind_int64(hold, 2, d->outer);
		sqlite3_bind_int64(hold, 3, d->outer_stack);
		check(s, sqlite3_step(row));
		check(s, sqlite3_step(hold));
		sqlite3_reset(row);
		sqlite3_reset(hold);
	}
	sqlite3_finalize(row);
	sqlite3_finalize(hold);
}

static void add(struct scale *s, struct hw_event event)
{
	event.time_ns = s->time_ns += STEP_NS;
	if (hw_event_writer_add(s->events, &event))
		check(s, hw_event_writer_flush(s->events));
}

static void write_pair(struct scale *s, const struct dependency *d)
{
	add(s, (struct hw_event){ .thread = d->thread, .op = HW_OP_LOCK, .object = d->outer,
		.stack = d->outer_stack });
	add(s, (struct hw_event){ .thread = d->thread, .op = HW_OP_LOCK, .object = d->inner,
		.stack = d->inner_stack });
	add(s, (struct hw_event){ .thread = d->thread, .op = HW_OP_UNLOCK, .object = d->inner });
	add(s, (struct hw_event){ .thread = d->thread, .op = HW_OP_UNLOCK, .object = d->outer });
}

static void write_events(struct scale *s)
{
	uint64_t pairs;

	add(s, (struct hw_event){ .thread = 1, .op = HW_OP_START, .object = s->objects + 1 });
	for (uint32_t t = 2; t <= s->threads; t++)
		add(s, (struct hw_event){ .thread = 1, .op = HW_OP_CREATE, .stack = 1,
			.has_result = true, .result = t });
	for (uint32_t t = 2; t <= s->threads; t++)
		add(s, (struct hw_event){ .thread = t, .op = HW_OP_START,
			.object = s->objects + t });
	pairs = (s->event_count - 4ull * s->threads) / 4;
	for (uint64_t i = 0; i < pairs; i++)
		write_pair(s, &s->dependencies[i % s->dependency_count]);
	for (uint32_t t = 2; t <= s->threads; t++)
		add(s, (struct hw_event){ .thread = t, .op = HW_OP_EXIT,
			.object = s->objects + t });
	for (uint32_t t = 2; t <= s->threads; t++)
		add(s, (struct hw_event){ .thread = 1, .op = HW_OP_JOIN,
			.object = s->objects + t, .stack = 1 });
	check(s, hw_event_writer_flush(s->events));
}

static void write_meta(const struct scale *s)
{
	char *sql = sqlite3_mprintf(
		"INSERT INTO meta VALUES('version', '%s'), ('command', 'scale'), ('events', %lld), "
		"('lost', 0), ('complete', 1), ('ended_ns', %lld), ('named', '%u %u')", HW_VERSION,
		(long long)hw_event_writer_count(s->events), (long long)s->time_ns, FUNCTIONS,
		s->objects + s->threads);

	run(s, sql);
	sqlite3_free(sql);
}

static uint32_t number(const char *text, uint32_t least)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || value < least || value > UINT32_MAX)
		die("a number is out of range");
	return (uint32_t)value;
}

int main(int argc, char **argv)
{
	struct scale s = { .random = 88172645463325252ull, .inversions = 100 };

	if (argc != 7 && argc != 8)
		die("usage: scale FILE EVENTS OBJECTS THREADS DEPENDENCIES COMPONENT [INVERSIONS]");
	s.event_count = number(argv[2], 100);
	s.objects = number(argv[3], 300);
	s.threads = number(argv[4], 3);
	s.dependency_count = number(argv[5], 10);
	s.component = number(argv[6], 0);
	if (argc == 8)
		s.inversions = number(argv[7], 0);
	if (s.component + 200 > s.objects || (s.component && s.component < 4))
		die("COMPONENT is 0, or 4 or more and less than OBJECTS - 200");
	if (sqlite3_open(argv[1], &s.db) != SQLITE_OK)
		die(sqlite3_errmsg(s.db));
	run(&s, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF");
	check(&s, hw_event_table_register(s.db));
	run(&s, hw_schema_sql);
	check(&s, hw_event_writer_create(s.db, HW_EVENT_FORM_PACKED, &s.events));
	run(&s, "BEGIN");
	make_dependencies(&s);
	write_people(&s);
	write_code(&s);
	write_objects(&s);
	write_dependencies(&s);
	write_events(&s);
	write_meta(&s);
	run(&s, "COMMIT");
	hw_event_writer_destroy(s.events);
	sqlite3_close(s.db);
	free(s.dependencies);
	return 0;
}
