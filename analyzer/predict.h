/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_PREDICT_H
#define HW_ANALYZER_PREDICT_H

/*
 * Whether a deadlock pattern could have become a deadlock in a run that differs
 * from the recorded one only in who was faster.
 *
 * A pattern is a ring of threads and dependencies; an instance of it is a
 * moment of each at which it waits. When the least closed part of the run (closure.h) that
 * holds everything before these moments in their threads holds none of the
 * moments themselves, then that part can be run as recorded, and after it all
 * threads stand before their waits: the deadlock is predicted, and the part is the
 * witness. The part of a later instance includes that of an earlier one, so one
 * closure that grows serves all instances, and the work is linear in the number of
 * events, however many instances there are (the offline algorithm of the PLDI 2023
 * paper named in closure.h).
 *
 * A part that holds events which cannot be believed (doubt.h) shows no way, and
 * neither does it show that there is none.
 *
 * When even the closure without critical sections always holds one of the moments,
 * the threads' waits are ordered by creations, joins or hand-overs in every run.
 */

#include "analyzer/closure.h"
#include "analyzer/instance.h"

enum hw_outlook {
	HW_OUTLOOK_POSSIBLE,  /* this run neither shows a way nor excludes it */
	HW_OUTLOOK_PREDICTED,
	HW_OUTLOOK_ORDERED,
	HW_OUTLOOK_GATED, /* a lock of parents of the threads is in the way; see outlook.h */
	HW_OUTLOOK_CONTRADICTED, /* the events know nothing of such waits; see outlook.h */
};

struct hw_prediction {
	enum hw_outlook outlook;
	/* Of HW_OUTLOOK_PREDICTED: by thread of the history, how many of its events come first. */
	uint32_t *before;
	uint32_t *moments; /* by position in the ring: the moment at which it waits */
	/* Of HW_OUTLOOK_ORDERED: which event comes after which. */
	struct hw_pull order;
	uint32_t gate; /* of HW_OUTLOOK_GATED: the lock */
};

/* One position of a ring: a thread, and the moments at which it may wait there. */
struct hw_predict_side {
	uint32_t thread;
	const uint32_t *moments; /* indexes in its life, rising */
	uint32_t count;
};

/* Look at a ring of `length` threads. The caller finishes the prediction. */
void hw_predict_sides(const struct hw_model *model, const struct hw_history *history,
	const struct hw_predict_side *sides, uint32_t length,
	struct hw_prediction *ret_prediction);

/*
 * The same for threads that wait by one of their dependencies each; `instances` has those
 * of all dependencies.
 */
void hw_predict(const struct hw_model *model, const struct hw_history *history,
	const struct hw_instances *instances, const uint32_t *dependencies, uint32_t length,
	struct hw_prediction *ret_prediction);
void hw_prediction_finish(struct hw_prediction *prediction);

#endif
