/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_PATTERN_H
#define HW_ANALYZER_PATTERN_H

/*
 * A deadlock pattern in the making: a path of steps (see step.h), all of which
 * could be under way at the same time. Steps are pushed and popped at the end;
 * a step is refused, with the reason, when together with those before it
 *
 *   try          the step does not wait: it is a try
 *   one-thread   there are not as many different threads as steps
 *   gate         two steps would hold one lock, which only one thread can
 *   capacity     more units of a semaphore would be out than it has, or it
 *                could not run out of them
 *   readers      the step before waits to read what this one holds to read
 *
 * A path is a deadlock pattern when it returns to where it began and
 * hw_pattern_close agrees. A semaphore of several units that somebody on it waits for has to be
 * used up besides, by threads that wait, too: those that are not on the ring are added to
 * the end of the path by hw_pattern_complete, each waiting for something that another one
 * keeps.
 *
 * Which thread takes which step is a bipartite matching that grows along with
 * the path (augmenting paths, Kuhn 1955). For a path of k steps it is enough to
 * know k takers of each, so pools of threads cost no more than k threads do.
 */

#include "analyzer/step.h"

enum hw_reason {
	HW_REASON_NONE,
	HW_REASON_TRY,
	HW_REASON_ONE_THREAD,
	HW_REASON_GATE,
	HW_REASON_CAPACITY,
	HW_REASON_READERS,
	HW_REASON_ORDERED, /* not of patterns: see outlook.h */
};

struct hw_pattern {
	const struct hw_model *model;
	const struct hw_steps *steps;
	bool any_thread;
	uint32_t *path; /* steps, by number */
	uint32_t length, capacity;

	/* Why the last step was refused: the object, except for one-thread. */
	uint32_t because_object;

	/* The matching. Positions are those in `path`. */
	uint32_t *taker_at;    /* of a position, in the steps' takers */
	uint32_t *position_of; /* of a thread; HW_NONE when it has none */
	uint64_t *asked;       /* of a thread: the search that looked at it last */
	uint64_t search;

	/* What is held by the path, by object. */
	uint32_t *owner;   /* 1 + position of who holds it exclusively, or 0 */
	uint32_t *readers; /* how many hold it shared */
	int64_t *units;	   /* of a semaphore: how many are out */
};

/* With `any_thread` one thread is as good as another, and one-thread is no reason. */
void hw_pattern_init(struct hw_pattern *pattern, const struct hw_model *model,
	const struct hw_steps *steps, bool any_thread);
void hw_pattern_finish(struct hw_pattern *pattern);

/* Add a step at the end, or say why not. */
enum hw_reason hw_pattern_push(struct hw_pattern *pattern, uint32_t step);
void hw_pattern_pop(struct hw_pattern *pattern);

/* Whether the last step, too, waits for what the first keeps from it. Changes nothing. */
enum hw_reason hw_pattern_close(struct hw_pattern *pattern);

/*
 * Add the other threads that it takes; none when all semaphores are used up already. Else
 * why it cannot be, and nothing was added. What was added is popped as any step is.
 */
enum hw_reason hw_pattern_complete(struct hw_pattern *pattern);

/* Who takes the step at a position, once all are pushed. */
const struct hw_step_taker *hw_pattern_taker(const struct hw_pattern *pattern, uint32_t position);

/* "gate" and so on, as in reports; NULL of HW_REASON_NONE. */
const char *hw_pattern_reason_name(enum hw_reason reason);

#endif
