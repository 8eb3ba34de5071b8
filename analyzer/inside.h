/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_INSIDE_H
#define HW_ANALYZER_INSIDE_H

/*
 * Waits inside of locks: a thread holds a lock, and waits for something that nobody can hold,
 * while those who could end the wait need that lock to get there.
 *
 *   the end of a thread     that thread takes the lock before it ends, or waits for a thread
 *                           that does, or for a lock that another thread holds while it
 *                           waits for the first one; not when it signals a condition while it
 *                           has the lock, which is how threads say that they are done
 *   a condition, or a       every signal, broadcast or post of another thread was made by one
 *   semaphore that signals  that held the lock then; one that can do without it is enough to
 *                           end the wait
 *   a barrier               fewer other threads than it takes arrive without the lock, which
 *                           they hold then, or have waited for shortly before
 *
 * A lock got by a try was not needed. Waits begin with the dependencies of a model; what others
 * need is found in the history, one pass over the lives of the threads that matter. Whether
 * both sides can meet is predicted as for lock-order cycles (predict.h), and then a prediction
 * must also leave nobody on the way who could still end the wait: no signal after the
 * thread fell asleep, no unit to spare, no waker past the lock, no thread to spare at a
 * barrier. A pair that is ordered in every run is none.
 *
 * Waits by the same stacks for objects of the same classes are one, with its instances.
 */

#include "analyzer/predict.h"

enum { HW_INSIDE_RING_MAX = 3 };

/* A thread of the ring: it waits by a dependency of the model, or at a moment of its life. */
struct hw_inside_side {
	uint32_t thread;
	uint32_t object;     /* that it waits for */
	uint32_t dependency; /* HW_NONE: at a moment */
	uint32_t hold;	     /* of a dependency: what the thread before it waits for */
	uint32_t moment;     /* of one without a dependency: index in its life */
};

struct hw_inside {
	/* The first holds the lock; each waits for what the next one has to do, or holds. */
	struct hw_inside_side sides[HW_INSIDE_RING_MAX];
	uint32_t length;
	uint32_t wake; /* where the last of two would end the wait: index in its life, or HW_NONE */
	enum hw_outlook outlook; /* HW_OUTLOOK_PREDICTED or HW_OUTLOOK_POSSIBLE */
	struct hw_prediction prediction; /* when predicted */
	uint32_t instances;
	uint64_t code; /* what its instances have in common */
	uint32_t attempts; /* predictions that were tried */
};

struct hw_insides {
	struct hw_inside *all; /* predicted ones first */
	uint32_t count, capacity;
};

/* Whether there is any wait inside of a lock, so that the history has to be looked at. */
bool hw_insides_any(const struct hw_model *model);

/* Find them. The caller finishes them. */
void hw_insides_find(const struct hw_model *model, const struct hw_history *history,
	struct hw_insides *ret_insides);
void hw_insides_finish(struct hw_insides *insides);

#endif
