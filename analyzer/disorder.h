/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_DISORDER_H
#define HW_ANALYZER_DISORDER_H

/*
 * What goes against the order that programs declare (declared.h): a thread that holds a lock
 * waits, or would have waited, for one that is declared to come before it. What it holds may
 * have been tried; what it asks for may not, as a try waits for nobody. Modes, gates and other
 * threads, which a deadlock depends on, do not matter: the program says what is right.
 *
 * An order that contradicts itself is of the same kind, once for all objects that it leads round
 * between. Between these nothing is against the order, or all would be.
 *
 * Where events were lost, what threads hold is not certain, and only contradictions are found.
 */

#include "analyzer/arena.h"
#include "analyzer/model.h"

struct hw_disorder {
	uint32_t dependency;	/* of who goes against the order; HW_NONE: it contradicts itself */
	uint32_t hold;		/* what is held too early, in the model's `holds` */
	uint32_t *declarations; /* that say so, in a row, of the model's `declared` */
	uint32_t declaration_count;
};

struct hw_disorders {
	struct hw_disorder *all;
	uint32_t count, capacity;
	struct hw_arena arena;
};

/* Find all in a model; the caller finishes the result. */
void hw_disorders_find(const struct hw_model *model, struct hw_disorders *ret_disorders);
void hw_disorders_finish(struct hw_disorders *disorders);

#endif
