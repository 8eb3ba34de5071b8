/* SPDX-License-Identifier: MIT */
#include "analyzer/analysis.h"

#include <inttypes.h>
#include <stdlib.h>

#include "analyzer/wording.h"
#include "trace/memory.h"

struct findings {
	struct hw_finding *all;
	uint32_t count, capacity;
	struct hw_table by_fingerprint;
};

/* Join with what has the same id, or keep as a new one. */
static void add(struct hw_analysis *a, struct findings *findings, struct hw_finding finding)
{
	bool new;
	uint64_t *index = hw_table_put(&findings->by_fingerprint, finding.fingerprint, &new);

	if (!new) {
		findings->all[*index].instances += finding.instances;
		/* Its notes say how many there are. */
		hw_wording_fill(a->model, &findings->all[*index], &a->arena);
		return;
	}
	*index = findings->count;
	HW_GROW(findings->all, findings->count, findings->capacity);
	findings->all[findings->count++] = finding;
}

/* Whether a cycle is that of a deadlock that happened, which then speaks for it. */
static bool is_known(const struct findings *findings, const struct hw_finding *cycle)
{
	for (uint32_t i = 0; i < findings->count; i++) {
		struct hw_finding *known = &findings->all[i];

		if (known->verdict != HW_VERDICT_DEADLOCK)
			continue;
		if (known->ring == cycle->ring || hw_finding_same_objects(known, cycle))
			return true;
	}
	return false;
}

static int compare(const void *a, const void *b)
{
	return hw_finding_compare(a, b);
}

static void sort(struct findings *findings)
{
	if (findings->count)
		qsort(findings->all, findings->count, sizeof(*findings->all), compare);
}

static void note(struct hw_analysis *a, const char *text)
{
	a->notes[a->note_count++] = text;
}

static void take_notes(struct hw_analysis *a, bool cycles_complete, bool ruled_out_complete)
{
	const struct hw_meta *meta = &a->model->meta;

	a->notes = hw_arena_alloc(&a->arena, meta->note_count + 4, sizeof(*a->notes));
	for (uint32_t i = 0; i < meta->note_count; i++)
		note(a, meta->notes[i]);
	if (meta->lost)
		note(a, hw_arena_printf(&a->arena,
				"%" PRId64 " events were lost: there may be more than was found",
				meta->lost));
	if (!meta->complete)
		note(a, "the recording did not end regularly: what came after its end is not "
			"known");
	if (!cycles_complete)
		note(a, "there are more lock-order cycles than could be looked at: the shortest "
			"were found, longer ones may be missing");
	if (!ruled_out_complete)
		note(a, "not all cycles that cannot happen are listed");
}

static void find(struct hw_analysis *a, int64_t budget, struct findings *findings,
	struct findings *ruled_out)
{
	const struct hw_model *model = a->model;
	struct hw_deadlocks deadlocks;
	struct hw_steps steps;
	struct hw_cycles cycles;
	struct hw_ruled_outs others;

	hw_deadlocks_find(model, &deadlocks);
	for (uint32_t i = 0; i < deadlocks.count; i++)
		add(a, findings, hw_finding_of_deadlock(model, &deadlocks.all[i], &a->arena));
	hw_deadlocks_finish(&deadlocks);

	hw_steps_build(model, &a->graph, &steps);
	hw_cycles_find(model, &a->graph, &steps, budget, &cycles);
	for (uint32_t i = 0; i < cycles.count; i++) {
		struct hw_finding finding =
			hw_finding_of_cycle(model, &steps, &cycles.all[i], &a->arena);

		if (!is_known(findings, &finding))
			add(a, findings, finding);
	}
	hw_ruled_out_find(model, &a->graph, &steps, budget / 4, &others);
	for (uint32_t i = 0; i < others.count; i++)
		add(a, ruled_out,
			hw_finding_of_ruled_out(model, &steps, &others.all[i], &a->arena));
	take_notes(a, cycles.complete, others.complete);
	a->edge_found = cycles.edge_found;
	cycles.edge_found = NULL;
	hw_ruled_out_finish(&others);
	hw_cycles_finish(&cycles);
	hw_steps_finish(&steps);
}

void hw_analysis_run(const struct hw_model *model, int64_t budget, struct hw_analysis *ret_analysis)
{
	struct hw_analysis analysis = { .model = model };
	struct findings findings = { 0 }, ruled_out = { 0 };

	hw_graph_build(model, HW_GRAPH_BY_OBJECT, &analysis.graph);
	find(&analysis, budget, &findings, &ruled_out);
	sort(&findings);
	sort(&ruled_out);
	hw_table_finish(&findings.by_fingerprint);
	hw_table_finish(&ruled_out.by_fingerprint);
	analysis.findings = findings.all;
	analysis.finding_count = findings.count;
	analysis.ruled_out = ruled_out.all;
	analysis.ruled_out_count = ruled_out.count;
	*ret_analysis = analysis;
}

void hw_analysis_finish(struct hw_analysis *analysis)
{
	hw_graph_finish(&analysis->graph);
	free(analysis->findings);
	free(analysis->ruled_out);
	free(analysis->edge_found);
	hw_arena_finish(&analysis->arena);
	*analysis = (struct hw_analysis){ 0 };
}
