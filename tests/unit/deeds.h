/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_DEEDS_H
#define HW_TESTS_UNIT_DEEDS_H

/*
 * What threads do to objects of all kinds, made up, and a collector that takes it. It is mostly
 * right, so that locks are free and given back in order, and every so often it is not.
 */

#include "trace/deed.h"

enum {
	DEEDS_THREADS = 3,
	DEEDS_OBJECTS = 12, /* numbered from 1 */
	DEEDS_RECORDS = 60000,
	DEEDS_HELD_MOST = 5,
};

struct deeds_world {
	char folder[32], path[64];
	struct hw_roster roster;
	struct hw_order order;
	struct hw_clock clock;
	struct hw_interpreter interpreter;
	struct hw_reader readers[DEEDS_THREADS];
};

/* What is thought to be held, by the number of the object. */
struct deeds_script {
	uint32_t held[DEEDS_THREADS][DEEDS_HELD_MOST], held_count[DEEDS_THREADS];
	uint64_t random, ticks;
};

uint32_t deeds_random_below(struct deeds_script *script, uint32_t limit);

void deeds_make_world(struct deeds_world *world);
void deeds_end_world(struct deeds_world *world);

/* What a thread does next. */
struct hw_record deeds_make_record(struct deeds_script *script, uint32_t thread);

/* Change, at some records, what those that come then mean: stacks, units, what is ignored. */
void deeds_change(struct deeds_world *world, uint32_t at);

/* Close the recording: what is in its tables, as text, to be freed. */
char *deeds_dump(struct deeds_world *world);

#endif
