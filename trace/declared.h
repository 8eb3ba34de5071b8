/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_DECLARED_H
#define HW_TRACE_DECLARED_H

/*
 * Which objects programs say to be locked before which others (holdwait_order). A pair is there
 * once, however often and from wherever it was declared; what follows from several of them is
 * for the analysis.
 *
 * An object may be declared before anybody has used it, and without ever being used: then it
 * has no kind, but stands between others all the same. Used later on, it may turn out to be one
 * that another process knew already.
 */

#include "trace/roster.h"

struct hw_declared {
	uint32_t id;
	struct hw_object *first, *second;
	struct hw_thread *thread; /* the first one that said so, and where */
	uint32_t stack;
	uint64_t count;
	int64_t first_ns;
	bool dirty;
};

struct hw_declarations {
	struct hw_declared *all;
	size_t count, capacity;
	struct hw_table by_pair; /* first's id << 32 | second's id -> index */
};

void hw_declarations_finish(struct hw_declarations *declarations);

/* The thread says, at this stack, that `first` is locked before `second`. */
void hw_declared_add(struct hw_declarations *declarations, struct hw_thread *thread,
	struct hw_object *first, struct hw_object *second, uint32_t stack, int64_t time_ns);

/* Let those whose objects turned out to be others be of these. */
void hw_declared_settle(struct hw_declarations *declarations);

#endif
