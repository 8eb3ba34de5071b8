/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_HELD_H
#define HW_ANALYZER_HELD_H

/*
 * The locks that a thread holds at a moment of its life: follow the life from its
 * beginning, moment by moment, by hw_held_step. Only locks count then (hw_model_is_lock).
 * Each is there once, however often it was taken; a release that finds nothing is ignored.
 */

#include "analyzer/history.h"

struct hw_held_lock {
	uint32_t object;
	uint32_t moment; /* index of its acquisition */
	uint32_t depth;
	bool shared; /* as it was acquired first */
};

struct hw_held {
	struct hw_held_lock *locks; /* in the order of acquisition */
	uint32_t count, capacity;
};

/* Of all zeroes at the beginning. What was allocated serves the next life after a clear. */
void hw_held_clear(struct hw_held *held);
void hw_held_finish(struct hw_held *held);

/* An acquisition by the moment with this index. How often the object is held now. */
uint32_t hw_held_acquire(struct hw_held *held, uint32_t index, const struct hw_moment *moment);

/* Given back so often, or so many units. How often it is held still. */
uint32_t hw_held_release(struct hw_held *held, uint32_t object, uint32_t times);

/* Given back at once, however often it was taken. */
void hw_held_drop(struct hw_held *held, uint32_t object);

/* Take in the moment with this index, whatever it is. */
void hw_held_step(struct hw_held *held, const struct hw_model *model, uint32_t index,
	const struct hw_moment *moment);

/* The hold of an object, or NULL. */
struct hw_held_lock *hw_held_find(const struct hw_held *held, uint32_t object);

#endif
