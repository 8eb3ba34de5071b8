/* SPDX-License-Identifier: MIT */
#include "analyzer/difference.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/same.h"
#include "analyzer/stack.h"
#include "trace/memory.h"

/* An order, or a finding with one text. */
struct item {
	const char *first, *second;
	uint32_t index;
};

static int compare_texts(const void *a, const void *b)
{
	const struct item *left = a, *right = b;
	int order = strcmp(left->first, right->first);

	return order ? order : strcmp(left->second, right->second);
}

const struct hw_class *hw_difference_first(const struct hw_difference_side *side, uint32_t order)
{
	const struct hw_graph *graph = &side->classes;

	return &side->model->classes[graph->nodes[graph->edges[order].from].subject];
}

const struct hw_class *hw_difference_second(const struct hw_difference_side *side, uint32_t order)
{
	const struct hw_graph *graph = &side->classes;

	return &side->model->classes[graph->nodes[graph->edges[order].to].subject];
}

uint32_t hw_difference_site(const struct hw_difference_side *side, uint32_t order)
{
	const struct hw_graph *graph = &side->classes;
	const struct hw_graph_use *use = &graph->uses[graph->edges[order].first_use];
	uint32_t held_site, awaited_site;

	hw_stack_sites(side->model, side->model->holds[use->hold].stack,
		side->model->dependencies[use->dependency].stack, &held_site, &awaited_site);
	return awaited_site;
}

/* All orders of a side, by their keys. */
static struct item *list_orders(const struct hw_difference_side *side)
{
	uint32_t count = side->classes.edge_count;
	struct item *items = hw_xcalloc(count + 1, sizeof(*items));

	for (uint32_t i = 0; i < count; i++)
		items[i] = (struct item){ hw_difference_first(side, i)->key,
			hw_difference_second(side, i)->key, i };
	qsort(items, count, sizeof(*items), compare_texts);
	return items;
}

/* Whether they were ever locked, and so of what kind they are, does not matter. */
static struct item *list_declared(const struct hw_difference_side *side)
{
	const struct hw_class *classes = side->model->classes;
	uint32_t count = side->declared.edge_count;
	struct item *items = hw_xcalloc(count + 1, sizeof(*items));

	for (uint32_t i = 0; i < count; i++)
		items[i] = (struct item){ hw_same_place(&classes[side->declared.edges[i].from]),
			hw_same_place(&classes[side->declared.edges[i].to]), i };
	qsort(items, count, sizeof(*items), compare_texts);
	return items;
}

static struct item *list_findings(const struct hw_analysis *analysis)
{
	struct item *items = hw_xcalloc(analysis->finding_count + 1, sizeof(*items));

	for (uint32_t i = 0; i < analysis->finding_count; i++)
		items[i] = (struct item){ analysis->findings[i].id, "", i };
	return items;
}

static bool has(const struct item *sorted, uint32_t count, const struct item *item)
{
	return count && bsearch(item, sorted, count, sizeof(*sorted), compare_texts);
}

/* The indexes of those items that are not among the others, in their order. */
static uint32_t *subtract(const struct item *items, uint32_t count, const struct item *others,
	uint32_t other_count, uint32_t *ret_count)
{
	struct item *sorted = hw_xcalloc(other_count + 1, sizeof(*sorted));
	uint32_t *result = hw_xcalloc(count + 1, sizeof(*result)), kept = 0;

	memcpy(sorted, others, other_count * sizeof(*sorted));
	qsort(sorted, other_count, sizeof(*sorted), compare_texts);
	for (uint32_t i = 0; i < count; i++)
		if (!has(sorted, other_count, &items[i]))
			result[kept++] = items[i].index;
	free(sorted);
	*ret_count = kept;
	return result;
}

void hw_difference_find(const struct hw_analysis *old, const struct hw_analysis *new,
	struct hw_difference *ret_difference)
{
	struct hw_difference *d = ret_difference;
	const struct hw_analysis *both[] = { old, new };
	struct item *orders[2], *declared[2], *findings[2];

	*d = (struct hw_difference){ 0 };
	for (int i = 0; i < 2; i++) {
		d->sides[i] = (struct hw_difference_side){ .model = both[i]->model,
			.analysis = both[i] };
		hw_graph_build(both[i]->model, HW_GRAPH_BY_CLASS, &d->sides[i].classes);
		hw_graph_declared_find(
			both[i]->model, HW_GRAPH_BY_CLASS, &d->sides[i].declared);
		orders[i] = list_orders(&d->sides[i]);
		declared[i] = list_declared(&d->sides[i]);
		findings[i] = list_findings(both[i]);
	}
	for (int i = 0; i < 2; i++) {
		d->orders[i] = subtract(orders[i], d->sides[i].classes.edge_count, orders[!i],
			d->sides[!i].classes.edge_count, &d->order_count[i]);
		d->declared[i] = subtract(declared[i], d->sides[i].declared.edge_count,
			declared[!i], d->sides[!i].declared.edge_count,
			&d->declared_count[i]);
		d->findings[i] = subtract(findings[i], both[i]->finding_count, findings[!i],
			both[!i]->finding_count, &d->finding_count[i]);
	}
	for (int i = 0; i < 2; i++) {
		free(orders[i]);
		free(declared[i]);
		free(findings[i]);
	}
}

void hw_difference_finish(struct hw_difference *difference)
{
	for (int i = 0; i < 2; i++) {
		hw_graph_finish(&difference->sides[i].classes);
		hw_graph_declared_finish(&difference->sides[i].declared);
		free(difference->orders[i]);
		free(difference->declared[i]);
		free(difference->findings[i]);
	}
	*difference = (struct hw_difference){ 0 };
}

bool hw_difference_exists(const struct hw_difference *difference)
{
	return difference->order_count[0] || difference->order_count[1] ||
	       difference->declared_count[0] || difference->declared_count[1] ||
	       difference->finding_count[0] || difference->finding_count[1];
}
