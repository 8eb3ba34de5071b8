/* SPDX-License-Identifier: MIT */
#include "analyzer/span.h"

#include <stdlib.h>

#include "trace/memory.h"

void hw_span_add(struct hw_span_list *list, uint64_t low, uint64_t high, size_t value)
{
	if (low >= high)
		return;
	HW_GROW(list->spans, list->count, list->capacity);
	list->spans[list->count] = (struct hw_span){
		.low = low,
		.high = high,
		.value = value,
		.order = list->count,
	};
	list->count++;
}

static int compare_spans(const void *left, const void *right)
{
	const struct hw_span *a = left, *b = right;

	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void hw_span_sort(struct hw_span_list *list)
{
	uint64_t reach = 0;

	if (list->count)
		qsort(list->spans, list->count, sizeof(*list->spans), compare_spans);
	for (size_t i = 0; i < list->count; i++) {
		if (list->spans[i].high > reach)
			reach = list->spans[i].high;
		list->spans[i].reach = reach;
	}
}

const struct hw_span *hw_span_find(const struct hw_span_list *list, uint64_t address)
{
	size_t low = 0, high = list->count;

	/* The first interval that starts after `address` ... */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->spans[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	/* ... and from there back to one that covers it, while any can. */
	while (low > 0 && list->spans[low - 1].reach > address) {
		low--;
		if (list->spans[low].high > address)
			return &list->spans[low];
	}
	return NULL;
}

void hw_span_finish(struct hw_span_list *list)
{
	free(list->spans);
	*list = (struct hw_span_list){ 0 };
}
