/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_STEP_H
#define HW_ANALYZER_STEP_H

/*
 * Steps: the ways in which threads go along the cyclic edges of a lock-order
 * graph, with all threads that go the same way in one. A pool of a thousand
 * threads that do the same is one step with a thousand takers, so that what
 * looks for cycles does not care how many there are.
 *
 * The same way is: the same edge, the same modes, the same set of locks held,
 * a try, bounded in time or not, and the same code. The code of a step is what it has in
 * common with other objects of the same classes and with other runs: the classes
 * of the lock held and the lock waited for, and the functions that acquire
 * each (see hw_stack_sites). Cycles of the same codes are instances of one finding.
 *
 * Steps are in the order of their edges' nodes; among steps along one edge of one
 * code those that hold least come first, and unbounded before bounded.
 *
 * Where writers go first (HW_TYPE_PREFER_WRITER), a reader waits also for a writer who only
 * waits. Such a lock has a second node, the queue before it: one more step of each reader
 * leads to the queue, and steps of writers, who are in the queue holding it against readers,
 * lead from there to the lock. So the ring of two readers, each behind a writer who waits for the
 * other reader, is a ring of four steps like any other.
 *
 * Who has a unit of a semaphore and waits for another one takes a step from its node to the
 * same node, which is a ring by itself.
 */

#include "analyzer/graph.h"
#include "analyzer/intern.h"

/* What a step has in common with other objects and runs: classes by index, functions by number. */
struct hw_step_code {
	uint32_t held_class, awaited_class;
	uint32_t held_function, awaited_function;
};

/* One thread that takes a step, and the dependency by which it does. */
struct hw_step_taker {
	uint32_t thread;
	uint32_t dependency;
	uint32_t hold; /* the one that makes the edge, in the model's `holds`; HW_NONE: a queue */
};

struct hw_step {
	uint32_t edge;	   /* of the graph; HW_NONE when it has none there */
	uint32_t from, to; /* nodes: those of the graph, then those of queues */
	uint32_t code;
	bool held_shared, awaited_shared;
	bool tried;	     /* by a try, which does not wait */
	bool bounded;	     /* a timed wait */
	bool plentiful;	     /* waits for a semaphore that can never run out of units here */
	int64_t units;	     /* that it waits for */
	uint32_t dependency; /* one of those it stands for */
	/*
	 * The threads, each with one of its dependencies; behind them, up to `way_count` in all,
	 * come other dependencies of the same threads, from other places of the same function.
	 */
	uint32_t first_taker, taker_count;
	uint32_t way_count;
};

struct hw_steps {
	struct hw_step *all;
	uint32_t count;
	struct hw_step_taker *takers;
	uint32_t taker_count;
	struct hw_intern codes;	    /* struct hw_step_code */
	struct hw_intern functions; /* of acquire sites, by name */
	uint32_t node_count;
	struct hw_digraph shape; /* arcs are the steps */
};

/* Gather the steps along the cyclic edges of a graph of objects. The caller finishes them. */
void hw_steps_build(
	const struct hw_model *model, const struct hw_graph *graph, struct hw_steps *ret_steps);
void hw_steps_finish(struct hw_steps *steps);

const struct hw_step_code *hw_steps_code(const struct hw_steps *steps, uint32_t code);

#endif
