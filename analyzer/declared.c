/* SPDX-License-Identifier: MIT */
#include "analyzer/declared.h"

#include <stdlib.h>

#include "analyzer/declared_arcs.h"
#include "trace/memory.h"

static void measure_components(struct hw_declared_order *order)
{
	uint32_t count = order->model->object_count;

	order->components = hw_xcalloc(count, sizeof(*order->components));
	order->component_sizes = hw_xcalloc(count, sizeof(*order->component_sizes));
	hw_digraph_components(&order->shape, order->components);
	for (uint32_t i = 0; i < count; i++)
		order->component_sizes[order->components[i]]++;
}

void hw_declared_order_init(
	const struct hw_model *model, struct hw_declared_order *ret_order)
{
	struct hw_declared_order order = { .model = model, .from = HW_NONE };
	struct hw_declared_arcs arcs;

	hw_declared_arcs_gather(model, &arcs);
	order.sources = hw_xcalloc(arcs.count, sizeof(*order.sources));
	order.declarations = hw_xcalloc(arcs.count, sizeof(*order.declarations));
	hw_digraph_init(&order.shape, model->object_count, (uint32_t)arcs.count);
	for (size_t i = 0; i < arcs.count; i++) {
		order.sources[i] = arcs.all[i].from;
		order.shape.to[i] = arcs.all[i].to;
		order.declarations[i] = arcs.all[i].declaration;
	}
	hw_digraph_index(&order.shape, order.sources);
	free(arcs.all);
	measure_components(&order);
	order.found = hw_xcalloc(model->object_count, sizeof(*order.found));
	order.arrivals = hw_xcalloc(model->object_count, sizeof(*order.arrivals));
	for (uint32_t i = 0; i < model->object_count; i++)
		order.arrivals[i] = HW_NONE;
	*ret_order = order;
}

void hw_declared_order_finish(struct hw_declared_order *order)
{
	hw_digraph_finish(&order->shape);
	free(order->sources);
	free(order->declarations);
	free(order->components);
	free(order->component_sizes);
	free(order->found);
	free(order->arrivals);
	*order = (struct hw_declared_order){ 0 };
}

static void arrive(struct hw_declared_order *order, uint32_t object)
{
	for (uint32_t arc = order->shape.first[object]; arc < order->shape.first[object + 1];
		arc++) {
		uint32_t to = order->shape.to[arc];

		if (order->arrivals[to] != HW_NONE)
			continue;
		order->arrivals[to] = arc;
		order->found[order->found_count++] = to;
	}
}

/* All that comes after an object; itself only when it comes after itself. */
static void search(struct hw_declared_order *order, uint32_t from)
{
	if (order->from == from)
		return;
	for (uint32_t i = 0; i < order->found_count; i++)
		order->arrivals[order->found[i]] = HW_NONE;
	order->found_count = 0;
	order->from = from;
	arrive(order, from);
	for (uint32_t i = 0; i < order->found_count; i++)
		arrive(order, order->found[i]);
}

uint32_t hw_declared_order_find(struct hw_declared_order *order, uint32_t first, uint32_t second,
	struct hw_arena *arena, uint32_t **ret_declarations)
{
	uint32_t count = 0, at = second, arc;

	/* Most locks are taken as declared, and then nothing has to be searched. */
	if (order->components[second] > order->components[first])
		return 0;
	search(order, first);
	if (order->arrivals[second] == HW_NONE)
		return 0;
	do {
		at = order->sources[order->arrivals[at]];
		count++;
	} while (at != first);
	*ret_declarations = hw_arena_alloc(arena, count, sizeof(**ret_declarations));
	at = second;
	for (uint32_t i = count; i-- > 0; at = order->sources[arc]) {
		arc = order->arrivals[at];
		(*ret_declarations)[i] = order->declarations[arc];
	}
	return count;
}

/* Whether it is declared to come before itself. */
static bool has_loop(const struct hw_declared_order *order, uint32_t object)
{
	for (uint32_t arc = order->shape.first[object]; arc < order->shape.first[object + 1];
		arc++)
		if (order->shape.to[arc] == object)
			return true;
	return false;
}

bool hw_declared_order_contradicts(
	const struct hw_declared_order *order, uint32_t first, uint32_t second)
{
	if (first == second)
		return order->component_sizes[order->components[first]] > 1 ||
		       has_loop(order, first);
	return order->components[first] == order->components[second];
}
