/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_KNOWN_H
#define HW_TRACE_KNOWN_H

/*
 * What records said, for the next ones that say the same.
 *
 * Threads do the same few things again and again, so most records name an object, an op and a
 * stack that were named before. What follows from these alone is kept: which object that is, what
 * counts its acquisitions from there, what it is called in packed events. It stays true: a number
 * means the same object for ever (hw_roster_object()), and what one entry of a thread's stacks
 * is at the time, is compared.
 *
 * A table with two places for each record; of those that meet there the last two are kept.
 * Only records of objects that are defined and can be taken with others (deed.h) are known.
 */

#include "trace/interpret.h"

/* How a record is taken. */
enum hw_way { HW_WAY_REST, HW_WAY_LOCK, HW_WAY_UNLOCK, HW_WAY_TAKE, HW_WAY_POST, HW_WAY_FAIL };

struct hw_known_deed {
	uint64_t what; /* of the record */
	uint64_t who;  /* process << 8 | op; 0: none is known */
	struct hw_object *object;
	struct hw_contention *contention; /* of object and stack; NULL when nothing is got */
	uint32_t stack;
	uint32_t block;        /* of the packer, in which these are its numbers; 0: none */
	uint16_t site, number; /* the latter is the object's */
	uint8_t how;
	uint8_t way; /* enum hw_way */
};

enum { HW_KNOWN_BITS = 14 };

/* What hw_known_who() says where nothing is to be known of what comes next. */
#define HW_KNOWN_NOBODY (UINT64_MAX << 8)

/* Make room; it is freed with the interpreter. */
void hw_known_prepare(struct hw_interpreter *interpreter);

/* Which bits of enum hw_how an event has, by what its record's `detail` is. */
uint8_t hw_known_how(enum hw_op op, uint32_t detail);

/*
 * Know from now on what such a record of the thread says, which is not known; NULL when it is none
 * that can be. It may take the place of another, of which no pointer is to be kept.
 */
struct hw_known_deed *hw_known_learn(struct hw_interpreter *interpreter,
	const struct hw_thread *thread, uint64_t who, uint64_t what);

/*
 * Who did what the thread's next records tell, less their op; nobody in the middle of what several
 * of them tell together (units.h).
 */
static inline uint64_t hw_known_who(const struct hw_thread *thread)
{
	return thread->units || thread->together_count ? HW_KNOWN_NOBODY :
		(uint64_t)thread->process->id << 8;
}

static inline struct hw_known_deed *hw_known_place(const struct hw_interpreter *interpreter,
	uint64_t who, uint64_t what)
{
	uint64_t hash = (what ^ who) * 0x9e3779b97f4a7c15u;

	return &interpreter->known[2 * (hash >> (65 - HW_KNOWN_BITS))];
}

static inline bool hw_known_is(const struct hw_known_deed *known, const struct hw_thread *thread,
	uint64_t who, uint64_t what)
{
	/* That the second is the same says that the third is in the table. */
	return known->who == who && known->what == what &&
		known->stack == thread->stacks[hw_what_stack(what)];
}

/* What a record of the thread says; NULL when that is not known, or its object is ignored. */
static inline struct hw_known_deed *hw_known_find(const struct hw_interpreter *interpreter,
	const struct hw_thread *thread, uint64_t who, uint64_t what)
{
	struct hw_known_deed *known = hw_known_place(interpreter, who, what);

	if (__builtin_expect(!hw_known_is(known, thread, who, what), 0)) {
		known++;
		if (!hw_known_is(known, thread, who, what))
			return NULL;
	}
	return __builtin_expect(known->object->ignored, 0) ? NULL : known;
}

#endif
