/* SPDX-License-Identifier: MIT */
#include "analyzer/against.h"

#include <stdlib.h>

#include "analyzer/disorder.h"
#include "analyzer/wording.h"
#include "trace/memory.h"

/* The edge of what goes against the declared order, or HW_NONE of a contradiction. */
static uint32_t edge_of_disorder(const struct hw_analysis *a, const struct hw_disorder *disorder)
{
	const struct hw_model *m = a->model;

	if (disorder->dependency == HW_NONE)
		return HW_NONE;
	return hw_graph_find_edge(&a->graph,
		a->graph.node_of[m->holds[disorder->hold].object],
		a->graph.node_of[m->dependencies[disorder->dependency].object]);
}

/* Of a circle, those that go against the declared order are the ones to change. */
static void blame(struct hw_analysis *a, const bool *disorderly, struct hw_finding *finding)
{
	bool any = false;

	for (uint32_t i = 0; finding->ring_length > 1 && i < finding->ring_length; i++) {
		struct hw_finding_thread *t = &finding->threads[i];
		uint32_t from, to = a->graph.node_of[t->object], edge = HW_NONE;

		from = t->hold_count ? a->graph.node_of[t->holds[0].object] : HW_NONE;
		if (from != HW_NONE && to != HW_NONE)
			edge = hw_graph_find_edge(&a->graph, from, to);
		t->disorderly = edge != HW_NONE && disorderly[edge];
		any |= t->disorderly;
	}
	if (any)
		hw_wording_fill(a->model, finding, &a->arena);
}

static void add(
	struct hw_analysis *a, struct hw_findings *findings, const struct hw_disorder *disorder)
{
	struct hw_finding finding = hw_finding_of_disorder(a->model, disorder, &a->arena);

	hw_findings_add(findings, a->model, &finding, &a->arena);
}

void hw_against_find(struct hw_analysis *a, struct hw_findings *findings)
{
	bool *disorderly = hw_xcalloc(a->graph.edge_count, sizeof(*disorderly));
	struct hw_disorders disorders;

	hw_disorders_find(a->model, &disorders);
	for (uint32_t i = 0; i < disorders.count; i++) {
		uint32_t edge = edge_of_disorder(a, &disorders.all[i]);

		if (edge != HW_NONE)
			disorderly[edge] = a->edge_found[edge] = true;
	}
	for (uint32_t i = 0; i < findings->count && disorders.count; i++)
		blame(a, disorderly, &findings->all[i]);
	for (uint32_t i = 0; i < disorders.count; i++)
		add(a, findings, &disorders.all[i]);
	hw_disorders_finish(&disorders);
	free(disorderly);
}
