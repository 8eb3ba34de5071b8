/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_RECORDING_H
#define HW_TESTS_UNIT_RECORDING_H

/*
 * Recordings for tests, a scenario in a few lines: an SQLite database in memory
 * with the real schema, filled by statements that read like what happened.
 *
 *   struct scenario s;
 *   scenario_init(&s);
 *   int64_t a = scenario_object(&s, "mutex", "a"), b = scenario_object(&s, "mutex", "b");
 *   int64_t reader = scenario_thread(&s, "reader");
 *   scenario_nest(&s, reader, "read_all", a, b, NULL_OBJECT);
 *
 * Ids count from 1 in each table. There is one process, "bank", until the test
 * makes another; threads and objects belong to the newest.
 *
 * A place is written "take:41 < eat:60 < main": functions, innermost first, with
 * lines of `source`, bank.c if nobody changes it. An object's class is its name with the numbers
 * taken out of the brackets, so "forks[1]" and "forks[2]" are of class "forks[]".
 */

#include <sqlite3.h>
#include <stdint.h>

#define NULL_OBJECT ((int64_t)0)

struct scenario {
	sqlite3 *db;
	int64_t process;
	const char *source; /* the file that stacks are in; absolute */
	int64_t processes, threads, objects, frames, stacks, classes, dependencies;
};

struct scenario_hold {
	int64_t object;
	const char *mode;  /* NULL is exclusive */
	const char *place; /* NULL is "lock_NAME" of the object's class */
};

void scenario_init(struct scenario *s);
void scenario_finish(struct scenario *s);

/* Run SQL with sqlite3_mprintf's %Q, %lld ...; aborts the test when it is wrong. */
void scenario_sql(struct scenario *s, const char *format, ...);

int64_t scenario_process(struct scenario *s, const char *exe);
int64_t scenario_thread(struct scenario *s, const char *name);
int64_t scenario_object(struct scenario *s, const char *kind, const char *name);
int64_t scenario_stack(struct scenario *s, const char *place);

/* A dependency: `thread` waits for `object` holding what `holds` lists, up to a NULL_OBJECT. */
int64_t scenario_depend(struct scenario *s, int64_t thread, int64_t object, const char *mode,
	const char *how, const char *place, const struct scenario_hold *holds);

/* A thread that locks all these objects one inside the other, in this order, in `function`. */
void scenario_nest(struct scenario *s, int64_t thread, const char *function, ...);

/* The thread declares that the first object is to be locked before the second. */
void scenario_declare(
	struct scenario *s, int64_t thread, int64_t first, int64_t second, const char *place);

/* The waiting state. A NULL mode is exclusive. */
void scenario_hold(
	struct scenario *s, int64_t thread, int64_t object, const char *mode, const char *place);
void scenario_wait(
	struct scenario *s, int64_t thread, int64_t object, const char *mode, const char *place);

#endif
