/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_ENABLING_H
#define HW_ANALYZER_ENABLING_H

/*
 * What enabled an event (history.h), found while the run is read from its beginning.
 *
 * Of each object and thread only what later events can need is kept: posts that no take
 * was given, the last sleep, the round of a barrier that is under way.
 */

#include "analyzer/doubt.h"

struct hw_enabling {
	const struct hw_model *model;
	struct hw_history *history;
	const struct hw_doubt *doubt; /* knows who holds what */
	struct hw_enabling_object *objects;
	struct hw_enabling_thread *threads;
	struct hw_enabling_place *creations; /* by thread: the event that created it */
	struct hw_enabling_place *forks;     /* by process: the event that made it */
	struct hw_enabling_place *execs;     /* by process: the last attempt to replace it */
	uint32_t *thread_of;		     /* by thread object */
};

/* The history has lives, without events yet. The caller finishes it, before what it was given. */
void hw_enabling_init(struct hw_enabling *enabling, struct hw_history *history,
	const struct hw_doubt *doubt);
void hw_enabling_finish(struct hw_enabling *enabling);

/*
 * The next event of the run, which was just looked at for doubts and comes at the end of its
 * thread's life: what enabled it is put into its moment. Lives learn who created and joined
 * them.
 */
void hw_enabling_apply(struct hw_enabling *enabling, struct hw_history_row *row);

#endif
