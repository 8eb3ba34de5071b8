/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_CYCLE_H
#define HW_ANALYZER_CYCLE_H

/*
 * Lock-order cycles that are deadlock patterns (see pattern.h), shortest first.
 *
 * Cycles of the same codes (see step.h), in the same order, are one, whatever others they
 * take besides: the first is kept as the example, the others are counted as its instances. And
 * once a cycle is known, longer ones that contain all its codes are not looked for:
 * they are the same mistake with more threads, and there can be exponentially
 * many. (A function that locks two accounts in the order it is given them makes a cycle of
 * two, and of three, and of every length there are accounts for.)
 *
 * The search is bounded by a budget and by the number of cycles; when either is
 * used up, what was found is right but may not be all, and `rest` says what was left.
 */

#include "analyzer/analysis_options.h"
#include "analyzer/pattern.h"
#include "analyzer/walk.h"

enum {
	HW_CYCLE_INSTANCES_MAX = 100000, /* of one cycle that are counted */
	HW_CYCLE_EXAMPLES_MAX = 256,
	HW_CYCLE_COUNT_MAX = 1000,     /* different ones that are found: nobody reads more */
};

struct hw_cycle {
	struct hw_step_taker *ring; /* each waits for what the next one holds; then the others */
	uint32_t *codes;	    /* of their steps */
	uint32_t length;
	uint32_t width;	    /* with others that it takes, to use up semaphores (pattern.h) */
	uint32_t instances; /* at most HW_CYCLE_INSTANCES_MAX are counted */
	/*
	 * Steps of the first ways to go round it, `width` for each. An instance may have several:
	 * some may be ordered while others are not.
	 */
	uint32_t *examples;
	uint32_t example_count;
	bool has_more_examples; /* than these */
	bool bounded;	    /* one of its waits ends by itself */
};

struct hw_cycles {
	struct hw_cycle *all;
	uint32_t count;
	uint32_t capacity;
	struct hw_walk_rest rest;
	bool *edge_found; /* by edge of the graph: part of some instance */
	struct hw_arena arena;
};

/* Find the cycles. The caller finishes them. */
void hw_cycles_find(const struct hw_model *model, const struct hw_graph *graph,
	const struct hw_steps *steps, const struct hw_analysis_options *options,
	struct hw_cycles *ret_cycles);
void hw_cycles_finish(struct hw_cycles *cycles);

#endif
