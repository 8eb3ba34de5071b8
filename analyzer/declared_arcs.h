/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_DECLARED_ARCS_H
#define HW_ANALYZER_DECLARED_ARCS_H

/*
 * Between which objects each declaration of an order holds (declared.h), the two that it was made
 * of and others:
 *
 *   - In a child that its process forked later, what is at the same addresses, as far as it was
 *     not destroyed before. An object that the child never used stands for itself there, so that
 *     what leads through it still does.
 *   - In each process of another run of a merged recording, what is the same (same.h), where
 *     either process has one object of that class and name only.
 *
 * Objects that processes share are one object to all of them.
 */

#include <stddef.h>

#include "analyzer/model.h"

struct hw_declared_arc {
	uint32_t from, to;    /* objects */
	uint32_t declaration; /* in the model's `declared` */
};

struct hw_declared_arcs {
	struct hw_declared_arc *all; /* by `from`, for free() */
	size_t count, capacity;
};

void hw_declared_arcs_gather(const struct hw_model *model, struct hw_declared_arcs *ret_arcs);

#endif
