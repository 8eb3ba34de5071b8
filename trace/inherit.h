/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_INHERIT_H
#define HW_TRACE_INHERIT_H

/*
 * Locks that a forked child inherits while they are held. The child has a copy of its
 * parent's memory and only the thread that forked. What this thread held, it holds in the
 * child, too; what others held nobody can give back there: such an object is an orphan.
 *
 * What was held is noted when the fork is told of. Objects of the child are numbered
 * anew, so each is recognised by its address when it is first met.
 */

#include "trace/order.h"

/* Note what is held in the process of the thread that forks. */
void hw_inherit_fork(const struct hw_roster *roster, const struct hw_thread *thread,
	struct hw_process *child);

/* An object is met for the first time. */
void hw_inherit_object(struct hw_order *order, struct hw_process *process,
	struct hw_object *object, int64_t time_ns);

#endif
