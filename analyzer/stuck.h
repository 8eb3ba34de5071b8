/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_STUCK_H
#define HW_ANALYZER_STUCK_H

/*
 * The stuck threads of a model, as deadlock.h defines them, and for each the
 * stuck threads it waits for: the wait-for graph without those who can go on.
 */

#include "analyzer/digraph.h"
#include "analyzer/model.h"

/* One way in which a stuck thread is kept waiting. */
struct hw_stuck_keeper {
	uint32_t waiter; /* thread */
	uint32_t keeper; /* thread; the waiter itself when it waits for its own lock */
	uint32_t hold;	 /* of the keeper, in the model's `holds`; HW_NONE: it has to end, or to get
			    in first */
};

struct hw_stuck {
	bool *is_stuck;			 /* by thread */
	struct hw_stuck_keeper *keepers; /* by waiter; only keepers that are stuck */
	uint32_t keeper_count;
	struct hw_digraph graph; /* nodes are threads, arcs are the keepers */
};

/* Find them. The caller finishes. */
void hw_stuck_find(const struct hw_model *model, struct hw_stuck *ret_stuck);
void hw_stuck_finish(struct hw_stuck *stuck);

/* Whether all keepers of a waiting thread are needed to keep it so: those of a semaphore's units.
 */
bool hw_stuck_needs_all(const struct hw_model *model, uint32_t thread);

#endif
