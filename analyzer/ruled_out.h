/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_RULED_OUT_H
#define HW_ANALYZER_RULED_OUT_H

/*
 * Lock-order cycles that are no deadlock patterns, and why not. What other
 * tools report and people learn to ignore is shown on request, with the reason,
 * so that nobody has to believe it.
 *
 * A cycle of locks is ruled out when no choice of steps along its edges makes a pattern;
 * all choices are tried. The reason is that which stands in the way of all of them;
 * when several do, the first of: too few threads, a gate, the capacity of a semaphore,
 * readers, a try.
 *
 * As with cycle.h, one that contains all class-to-class edges of a shorter cycle is
 * not looked at, and a budget bounds the search.
 */

#include "analyzer/analysis_options.h"
#include "analyzer/pattern.h"

/* Different ones that are listed. */
enum { HW_RULED_OUT_COUNT_MAX = 1000 };

struct hw_ruled_out {
	struct hw_step_taker *ring; /* one way along each edge; threads may repeat */
	uint32_t *codes;
	uint32_t length;
	uint32_t instances;
	enum hw_reason reason;
	uint32_t because_object;   /* HW_NONE for one-thread */
	uint32_t *because_threads; /* for one-thread: all who take the steps that lack threads */
	uint32_t because_thread_count;
};

struct hw_ruled_outs {
	struct hw_ruled_out *all;
	uint32_t count;
	uint32_t capacity;
	bool complete;
	struct hw_arena arena;
};

/* Find them. Of the budget it takes a quarter. The caller finishes them. */
void hw_ruled_out_find(const struct hw_model *model, const struct hw_graph *graph,
	const struct hw_steps *steps, const struct hw_analysis_options *options,
	struct hw_ruled_outs *ret_ruled_outs);
void hw_ruled_out_finish(struct hw_ruled_outs *ruled_outs);

#endif
