/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_HELD_H
#define HW_ANALYZER_HELD_H

/*
 * The locks that a thread holds at a moment of its life: follow the life from its
 * beginning, moment by moment. Only locks count (hw_model_is_lock), each once, however
 * often it was taken; a release that finds nothing is ignored.
 */

#include "analyzer/history.h"

struct hw_held_lock {
	uint32_t object;
	uint32_t moment; /* index of its acquisition */
	uint32_t depth;
};

struct hw_held {
	struct hw_held_lock *locks; /* in the order of acquisition */
	uint32_t count, capacity;
};

/* Of all zeroes at the beginning. What was allocated serves the next life after a clear. */
void hw_held_clear(struct hw_held *held);
void hw_held_finish(struct hw_held *held);

/* Take in the moment with this index. */
void hw_held_step(struct hw_held *held, const struct hw_model *model, uint32_t index,
	const struct hw_moment *moment);

/* The hold of an object, or NULL. */
struct hw_held_lock *hw_held_find(const struct hw_held *held, uint32_t object);

#endif
