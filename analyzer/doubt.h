/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_DOUBT_H
#define HW_ANALYZER_DOUBT_H

/*
 * Which part of a recorded run can be believed.
 *
 * A recording that was cut off, damaged, or made under a clock that jumps, can hold
 * events that cannot have happened after those before them. What this looks for, with the
 * events in the order of the recorded run:
 *
 *   threads     an event before the start, after the join, a second start or
 *               join, a start that nobody created, a join of what has not ended
 *   locks       taken while another thread has it, taken twice, given back by a thread that
 *               does not have it while nobody else does either
 *   semaphores  more units taken than there ever were
 *   conditions  a wake-up of a thread that does not sleep
 *   barriers    left before all have arrived
 *   and what fits to nothing: an operation that the object's kind does not have, an
 *   object that the recording does not know, a time before that of the event before
 *
 * When events are missing, nothing is believed: what is left can look like another run.
 * Else a thread is believed up to the first such event of its own: what is sound of it is a prefix
 * of its life. A lock given back that was never taken leaves nothing, because it is not
 * known since when the thread had it. What others did is still believed, unless it
 * needs something that is not (closure.h).
 *
 * What a program really did wrong is not doubted: a lock may be given back by another
 * thread than its holder, or, as the recording's misuse says, when nobody has it; a robust
 * mutex may be taken from the dead. Objects that processes share are not looked at, except
 * for what a thread holds itself, since a process that is not recorded may use them.
 */

#include "analyzer/history_rows.h"

struct hw_doubt {
	const struct hw_model *model;
	struct hw_doubt_thread *threads;
	struct hw_doubt_object *objects;
	bool *forked;	     /* by process: seen as the result of a fork */
	uint32_t *thread_of; /* by thread object */
};

void hw_doubt_init(struct hw_doubt *doubt, const struct hw_model *model);
void hw_doubt_finish(struct hw_doubt *doubt);

/* An event will be looked at soon: let the processor fetch what that takes. */
void hw_doubt_prefetch(const struct hw_doubt *doubt, const struct hw_history_row *row);

/*
 * Which thread has a lock after the events up to now, besides `thread`, and the index of the
 * event that got it. Of readers any one. False when nobody is known to have it.
 */
bool hw_doubt_find_holder(const struct hw_doubt *doubt, uint32_t object, uint32_t thread,
	uint32_t *ret_holder, uint32_t *ret_index);

/*
 * The next event of the run, at place `index` in the life of its thread. Whether it is doubted:
 * then it is counted in the contradictions of `history`, and what is sound of the life ends.
 */
bool hw_doubt_look(struct hw_doubt *doubt, const struct hw_history_row *row, uint32_t index,
	struct hw_history *history);

#endif
