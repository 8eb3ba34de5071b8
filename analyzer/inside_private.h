/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_INSIDE_PRIVATE_H
#define HW_ANALYZER_INSIDE_PRIVATE_H

/*
 * Between the parts of inside.h:
 *
 *   inside.c       the waits, and what comes of them
 *   inside_join.c  what a thread needs before it ends
 *   inside_wake.c  what those need who wake others
 *   inside_meet.c  whether a wait and a need can meet so that neither ends
 *   inside_ring.c  the same for a join and two other threads
 */

#include "analyzer/held.h"
#include "analyzer/inside.h"
#include "analyzer/instance.h"

/* A moment at which a thread wants the lock, on its way to what the other one waits for. */
struct hw_inside_need {
	uint32_t thread;
	uint32_t moment;
	uint32_t wake; /* the moment at which it gets there; HW_NONE for its end */
};

/* A thread waits inside of a lock. */
struct hw_inside_wait {
	uint32_t dependency;
	uint32_t hold; /* the lock, in the model's `holds` */
	struct hw_inside_need *needs; /* by thread, then by moment */
	uint32_t need_count, need_capacity;
	bool harmless;	      /* somebody can end it without the lock */
	uint32_t thread_count; /* others that arrive at a barrier */
	uint32_t free_count;  /* of these, those that do without the lock */
	uint32_t last_thread; /* the thread looked at, */
	uint32_t first_need;  /* its first need, */
	bool is_free;	      /* and whether it does without */
};

struct hw_inside_search {
	const struct hw_model *model;
	const struct hw_history *history;
	struct hw_instances *instances; /* by dependency */
	struct hw_inside_wait *waits;
	uint32_t wait_count, wait_capacity;
	uint32_t *thread_of; /* by object: whose end it is, or HW_NONE */
};

/* Moments of a life, rising, each once. */
struct hw_inside_moments {
	uint32_t *all;
	uint32_t count, capacity;
};

/* Add a moment that is not before the last one. */
void hw_inside_add_moment(struct hw_inside_moments *moments, uint32_t moment);

const struct hw_dependency *hw_inside_dependency(
	const struct hw_inside_search *s, const struct hw_inside_wait *wait);
const struct hw_hold *hw_inside_lock(
	const struct hw_inside_search *s, const struct hw_inside_wait *wait);

/* The side of the ring that a wait is. */
struct hw_inside_side hw_inside_first_side(
	const struct hw_inside_search *s, const struct hw_inside_wait *wait);

/* Whether a hold is that of a lock that keeps all others out, or all who would not read it. */
bool hw_inside_keeps_out(const struct hw_model *model, const struct hw_hold *hold);

/* The first moment of what a thread does to get a lock at `index`: it may have found it taken. */
uint32_t hw_inside_begin(const struct hw_life *life, uint32_t index);

/*
 * Whether a thread that holds these locks cannot be where it is while the other one waits:
 * both hold a lock that only one can.
 */
bool hw_inside_excluded(const struct hw_inside_search *s, const struct hw_inside_wait *wait,
	const struct hw_life *life, const struct hw_held *held);

/* Find the needs of a thread before its end; those of all wakers of all waits. */
void hw_inside_find_needs(
	const struct hw_inside_search *s, struct hw_inside_wait *wait, uint32_t thread);
void hw_inside_find_wakes(const struct hw_inside_search *s);

/*
 * Look whether a wait meets the needs; false when it never does. Else *ret_inside has its
 * sides, outlook and prediction.
 */
bool hw_inside_meet(const struct hw_inside_search *s, const struct hw_inside_wait *wait,
	struct hw_inside *ret_inside);

/* The same for a join, at one of these moments, in a ring of three; only when it is predicted. */
bool hw_inside_meet_ring(const struct hw_inside_search *s, const struct hw_inside_wait *wait,
	const struct hw_inside_moments *joins, struct hw_inside *ret_inside);

#endif
