/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_DECLARED_H
#define HW_ANALYZER_DECLARED_H

/*
 * The order of locks that programs declare (holdwait_order), all of it: a directed graph with an
 * arc from an object to each one that it is declared to come before, so that what leads from one
 * to the other is declared, too, in several steps. Where a path leads back to where it began, the
 * order contradicts itself.
 *
 * An order is one of objects and not of their classes: the locks of two accounts are of one
 * class, and locks that one function makes for everybody are of as many uses as it has callers.
 * But it counts also for the copies of them that forked children have, and for what is certainly
 * the same in another run of a merged recording (declared_arcs.h).
 *
 * When it was declared does not matter, but to children: it is a fact about the program, and so
 * the outcome does not depend on which thread was faster.
 */

#include "analyzer/arena.h"
#include "analyzer/digraph.h"
#include "analyzer/model.h"

struct hw_declared_order {
	const struct hw_model *model;
	struct hw_digraph shape;   /* nodes are the objects */
	uint32_t *sources;	   /* of arcs */
	uint32_t *declarations;	   /* of arcs, in the model's `declared` */
	uint32_t *components;	   /* of objects; what comes after another has a lower number */
	uint32_t *component_sizes; /* by component */

	/* What was found last: all that comes after `from`, nearest first, and by which arcs. */
	uint32_t from;
	uint32_t *arrivals;
	uint32_t *found;
	uint32_t found_count;
};

/* Gather the declarations of a model, which must outlive the result. The caller finishes it. */
void hw_declared_order_init(
	const struct hw_model *model, struct hw_declared_order *ret_order);
void hw_declared_order_finish(struct hw_declared_order *order);

/*
 * The fewest declarations by which `first` comes before `second`, in the order of the path, in
 * `arena`; returns how many, 0 for none. The same object twice asks for a contradiction.
 */
uint32_t hw_declared_order_find(struct hw_declared_order *order, uint32_t first, uint32_t second,
	struct hw_arena *arena, uint32_t **ret_declarations);

/* Whether each of the two, or the one that they are, comes before the other. */
bool hw_declared_order_contradicts(
	const struct hw_declared_order *order, uint32_t first, uint32_t second);

#endif
