/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_LOGS_H
#define HW_TESTS_UNIT_LOGS_H

/*
 * Logs of some threads, made up, in a session that no program has, and a collector that takes them
 * when it is told to. What is random is the same every time.
 */

#include <sqlite3.h>

#include "trace/collector.h"

enum {
	LOGS_MOST = 300,
	LOGS_OF_SYSTEM_V = 3, /* what is done to this object is taken by itself */
};

/* Of one thread; it locks and unlocks in turns. */
struct logs_writer {
	struct hw_chunk *chunk;
	uint32_t position, written;
};

struct logs_world {
	char folder[32], path[64];
	struct hw_collector collector;
	struct hw_process *process;
	struct logs_writer writers[LOGS_MOST];
	uint64_t random, ticks;
};

/* With logs of so many threads; each has an object of its own, whose number is one more. */
void logs_make_world(struct logs_world *world, uint32_t threads);

/* The recording, which is closed then, for the caller to close as a database. */
sqlite3 *logs_end_world(struct logs_world *world);

uint32_t logs_random_below(struct logs_world *world, uint32_t limit);
void logs_define(struct logs_world *world, uint32_t number);

/* What the thread does next to the object, now. */
void logs_write_event(struct logs_world *world, uint32_t thread, uint32_t object);

/* A moment later the thread does something to its own object, and now and then tells of a stack. */
void logs_write_some(struct logs_world *world, uint32_t thread);

/* One round; how many records were taken. */
uint64_t logs_take(struct logs_world *world, uint64_t cut_ticks);

#endif
