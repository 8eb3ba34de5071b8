/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_SPAN_H
#define HW_ANALYZER_SPAN_H

/*
 * Intervals of addresses, and which of them covers one: symbols, functions,
 * compilation units, variables.
 *
 * Add all, sort once, then find. Intervals may nest and overlap; the one that
 * starts last wins, and of those that start together the one added last. Each
 * knows the furthest end of all before it, which is what lets a search stop.
 */

#include <stddef.h>
#include <stdint.h>

struct hw_span {
	uint64_t low, high; /* high is the first address outside */
	uint64_t reach;	    /* the furthest end of this and all sorted before it */
	size_t value;	    /* the caller's */
	size_t order;	    /* of adding */
};

/* All zeroes is an empty list. */
struct hw_span_list {
	struct hw_span *spans;
	size_t count, capacity;
};

/* Add [low, high); an empty interval is left out. */
void hw_span_add(struct hw_span_list *list, uint64_t low, uint64_t high, size_t value);

/* Make the list ready for hw_span_find. */
void hw_span_sort(struct hw_span_list *list);

/* The innermost interval that covers `address`, or NULL. */
const struct hw_span *hw_span_find(const struct hw_span_list *list, uint64_t address);

/* Free the list and leave it empty. */
void hw_span_finish(struct hw_span_list *list);

#endif
