/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_OUTLOOK_H
#define HW_ANALYZER_OUTLOOK_H

/*
 * What the recorded run says about lock-order cycles: tries the ways in which
 * threads can go round a cycle (cycle.h keeps some of its examples, each of
 * whose steps several threads may take) until one is predicted (predict.h).
 *
 * Most threads that cannot meet cannot because one had ended before the other
 * was created. What comes before a thread's first event in every run is found once
 * for each thread, and such pairs then cost nothing.
 *
 * Threads that a lock of their parents keeps apart (guard.h) are no way either; when that is
 * all there is against a cycle, it is gated.
 *
 * Dependencies that contradict the events (contradiction.h) make no way either. A cycle that has
 * no other way is contradicted.
 *
 * A cycle is ordered only when every way was tried and is. When there are too many to
 * try, it stays possible; so does one that takes other threads to use up a semaphore, since only
 * one choice of them is tried for each way.
 */

#include "analyzer/cycle.h"
#include "analyzer/guard.h"
#include "analyzer/predict.h"

struct hw_outlooks {
	const struct hw_model *model;
	const struct hw_history *history;
	const struct hw_steps *steps;
	struct hw_instances *instances;
	bool *contradicted; /* by dependency */
	struct hw_guards guards;
	uint32_t **before_start; /* by thread, once asked for: what must come before it starts */
};

/* Prepare to look at these cycles. The caller finishes it. */
void hw_outlooks_init(struct hw_outlooks *outlooks, const struct hw_model *model,
	const struct hw_history *history, const struct hw_steps *steps,
	const struct hw_cycles *cycles);
void hw_outlooks_finish(struct hw_outlooks *outlooks);

/*
 * The outlook of a cycle. When it is predicted, `ring` (of the cycle's width)
 * becomes the threads that it is predicted for. The caller finishes the prediction.
 */
enum hw_outlook hw_outlooks_of(struct hw_outlooks *outlooks, const struct hw_cycle *cycle,
	struct hw_step_taker *ring, struct hw_prediction *ret_prediction);

/* Why the waits of an ordered cycle cannot meet, for people; lives in `arena`. */
const char *hw_outlooks_because(const struct hw_outlooks *outlooks, const struct hw_pull *order,
	struct hw_arena *arena);

#endif
