/* SPDX-License-Identifier: MIT */
#include "analyzer/analysis.h"

#include <inttypes.h>
#include <stdlib.h>

#include "analyzer/across.h"
#include "analyzer/against.h"
#include "analyzer/contradiction.h"
#include "analyzer/elsewhere.h"
#include "analyzer/findings.h"
#include "analyzer/outlook.h"
#include "analyzer/witness.h"
#include "analyzer/wording.h"
#include "trace/memory.h"

static void add(struct hw_analysis *a, struct hw_findings *findings, struct hw_finding finding)
{
	hw_findings_add(findings, a->model, &finding, &a->arena);
}

static void note(struct hw_analysis *a, const char *text)
{
	a->notes[a->note_count++] = text;
}

static const char *tell_rest(struct hw_analysis *a, const struct hw_walk_rest *rest)
{
	return hw_arena_printf(&a->arena,
		"there are more lock-order cycles than could be looked at: all of fewer than "
		"%" PRIu32 " locks were, but of others those through any of %" PRIu32 " locks "
		"may be missing",
		rest->length, rest->node_count);
}

static void take_notes(struct hw_analysis *a, const struct hw_walk_rest *rest,
	bool ruled_out_complete)
{
	const struct hw_meta *meta = &a->model->meta;
	const char *contradictions =
		hw_contradiction_note(a->model, &a->contradictions, &a->arena);

	a->notes = hw_arena_alloc(&a->arena, meta->note_count + 9, sizeof(*a->notes));
	for (uint32_t i = 0; i < meta->note_count; i++)
		note(a, meta->notes[i]);
	if (hw_elsewhere_matters(meta))
		note(a, hw_elsewhere_tell(meta, &a->arena));
	if (meta->lost)
		note(a, hw_arena_printf(&a->arena,
				"%" PRId64 " events were lost: there may be more than was found",
				meta->lost));
	if (!meta->complete && !meta->cut)
		note(a, "the recording did not end regularly: what came after its end is not "
			"known");
	if (a->stalls_unknown)
		note(a, a->stalls_unknown);
	if (a->events_unreadable)
		note(a, a->events_unreadable);
	if (a->events_unread)
		note(a, hw_arena_printf(&a->arena,
				"%" PRIu64 " events were not looked at, for want of memory: cycles "
				"that need them are possible at most", a->events_unread));
	if (contradictions)
		note(a, contradictions);
	if (rest->node_count)
		note(a, tell_rest(a, rest));
	if (!ruled_out_complete)
		note(a, "not all cycles that cannot happen are listed");
}

static void find_deadlocks(struct hw_analysis *a, struct hw_findings *findings)
{
	struct hw_deadlocks deadlocks;

	hw_deadlocks_find(a->model, &deadlocks);
	for (uint32_t i = 0; i < deadlocks.count; i++)
		add(a, findings, hw_finding_of_deadlock(a->model, &deadlocks.all[i], &a->arena));
	hw_deadlocks_finish(&deadlocks);
}

/* What a cycle is, as the recorded run has it; *ret_outlook says what there is to it. */
static struct hw_finding judge(struct hw_analysis *a, struct hw_outlooks *outlooks,
	const struct hw_steps *steps, const struct hw_cycle *cycle, enum hw_outlook *ret_outlook)
{
	struct hw_step_taker *ring = hw_xcalloc(cycle->width, sizeof(*ring));
	struct hw_prediction prediction = { 0 };
	struct hw_finding finding;
	enum hw_outlook outlook = HW_OUTLOOK_POSSIBLE;

	if (outlooks)
		outlook = hw_outlooks_of(outlooks, cycle, ring, &prediction);
	if (a->options.any_thread && outlook == HW_OUTLOOK_ORDERED)
		outlook = HW_OUTLOOK_POSSIBLE;
	/* What orders the threads, or no longer does, may be among the events that were lost. */
	if (a->model->meta.lost &&
		(outlook == HW_OUTLOOK_PREDICTED || outlook == HW_OUTLOOK_ORDERED))
		outlook = HW_OUTLOOK_POSSIBLE;
	*ret_outlook = outlook;
	if (outlook == HW_OUTLOOK_PREDICTED) {
		finding = hw_finding_of_prediction(a->model, steps, cycle, ring, &a->arena);
		hw_witness_fill(outlooks->history, &prediction, &finding, &a->arena);
	} else if (outlook == HW_OUTLOOK_ORDERED) {
		finding = hw_finding_of_outlook(a->model, steps, cycle, HW_REASON_ORDERED,
			hw_outlooks_because(outlooks, &prediction.order, &a->arena), &a->arena);
	} else if (outlook == HW_OUTLOOK_GATED) {
		finding = hw_finding_of_outlook(a->model, steps, cycle, HW_REASON_GATE,
			hw_wording_object(a->model, prediction.gate, &a->arena), &a->arena);
	} else {
		finding = hw_finding_of_cycle(a->model, steps, cycle, &a->arena);
	}
	hw_prediction_finish(&prediction);
	free(ring);
	return finding;
}

/* Edges of ordered cycles are no part of a finding. Where not all examples are known, all count. */
static void mark_edges(struct hw_analysis *a, const struct hw_steps *steps,
	const struct hw_cycles *cycles, const struct hw_cycle *cycle)
{
	for (uint32_t i = 0; i < cycle->example_count * cycle->width; i++)
		if (steps->all[cycle->examples[i]].edge != HW_NONE)
			a->edge_found[steps->all[cycle->examples[i]].edge] = true;
	if (cycle->has_more_examples)
		for (uint32_t i = 0; i < a->graph.edge_count; i++)
			a->edge_found[i] |= cycles->edge_found[i];
}

/* Sort all cycles into findings and those that are ruled out. How many could be neither. */
static uint32_t judge_all(struct hw_analysis *a, struct hw_outlooks *outlooks,
	const struct hw_steps *steps, const struct hw_cycles *cycles, struct hw_findings *findings,
	struct hw_findings *ruled_out)
{
	uint32_t left_out = 0;

	for (uint32_t i = 0; i < cycles->count; i++) {
		enum hw_outlook outlook;
		struct hw_finding finding = judge(a, outlooks, steps, &cycles->all[i], &outlook);
		bool is_ruled_out =
			outlook == HW_OUTLOOK_ORDERED || outlook == HW_OUTLOOK_GATED;

		if (outlook == HW_OUTLOOK_CONTRADICTED) {
			left_out++;
			continue;
		}
		if (!is_ruled_out)
			mark_edges(a, steps, cycles, &cycles->all[i]);
		if (is_ruled_out)
			add(a, ruled_out, finding);
		else if (!hw_findings_know(findings, &finding))
			add(a, findings, finding);
	}
	return left_out;
}

/* Of cycles, with what the recorded run has to say about them. */
static void find_cycles(struct hw_analysis *a, struct hw_history *history,
	const struct hw_steps *steps, const struct hw_cycles *cycles, struct hw_findings *findings,
	struct hw_findings *ruled_out)
{
	struct hw_outlooks outlooks;

	a->edge_found = hw_xcalloc(a->graph.edge_count, sizeof(*a->edge_found));
	if (!history || !cycles->count) {
		judge_all(a, NULL, steps, cycles, findings, ruled_out);
		return;
	}
	hw_outlooks_init(&outlooks, a->model, history, steps, cycles);
	history->contradictions.cycles =
		judge_all(a, &outlooks, steps, cycles, findings, ruled_out);
	hw_outlooks_finish(&outlooks);
}

/*
 * Waits inside of locks. What threads hold is not known for certain where events are missing, and
 * who could end the wait may have come after the end of the recording.
 */
static void find_insides(struct hw_analysis *a, const struct hw_history *history,
	struct hw_findings *findings)
{
	struct hw_insides insides;

	if (!history || a->model->meta.lost || a->model->meta.cut || !hw_insides_any(a->model))
		return;
	hw_insides_find(a->model, history, &insides);
	/* Who could end a wait must not be overlooked. */
	for (uint32_t i = 0; i < insides.count && !hw_history_unread(history); i++) {
		struct hw_finding finding =
			hw_finding_of_inside(a->model, history, &insides.all[i], &a->arena);

		if (!hw_findings_know(findings, &finding))
			add(a, findings, finding);
	}
	hw_insides_finish(&insides);
}

/* The events, when they are there and something depends on them; else NULL. */
static struct hw_history *load_history(struct hw_analysis *a, sqlite3 *db,
	const struct hw_cycles *cycles, struct hw_history *history)
{
	struct hw_error error;

	if (!db || (!cycles->count && !hw_insides_any(a->model)))
		return NULL;
	if (!hw_history_load(db, a->model, "the recording", history, &error))
		return history;
	a->events_unreadable = hw_arena_string(&a->arena, error.message);
	return NULL;
}

/* What is found in the events. */
static void find_in_events(struct hw_analysis *a, sqlite3 *db, const struct hw_steps *steps,
	const struct hw_cycles *cycles, struct hw_findings *findings,
	struct hw_findings *ruled_out)
{
	struct hw_history loaded, *history = load_history(a, db, cycles, &loaded);

	find_cycles(a, history, steps, cycles, findings, ruled_out);
	find_insides(a, history, findings);
	if (!history)
		return;
	a->contradictions = history->contradictions;
	a->events_unread = hw_history_unread(history);
	hw_history_finish(history);
}

/* The orders that make a cycle across runs, each of them one of its run. */
static void mark_across(struct hw_analysis *a, const struct hw_cycle *cycle)
{
	for (uint32_t i = 0; i < cycle->length; i++) {
		const struct hw_step_taker *taker = &cycle->ring[i];
		uint32_t to = a->model->dependencies[taker->dependency].object, from, edge;

		if (taker->hold == HW_NONE)
			continue;
		from = a->model->holds[taker->hold].object;
		edge = hw_graph_find_edge(
			&a->graph, a->graph.node_of[from], a->graph.node_of[to]);
		if (edge != HW_NONE)
			a->edge_found[edge] = true;
	}
}

/* Of a merged recording: what no run shows by itself. Returns what could not be looked at. */
static struct hw_walk_rest find_across(struct hw_analysis *a, struct hw_findings *findings)
{
	struct hw_across across;
	struct hw_walk_rest rest;

	hw_across_find(a->model, &a->options, &across);
	for (uint32_t i = 0; i < across.found.count; i++) {
		struct hw_finding finding = hw_finding_of_cycle(
			&across.model, &across.steps, &across.found.all[i], &a->arena);

		mark_across(a, &across.found.all[i]);
		if (!hw_findings_know(findings, &finding))
			add(a, findings, finding);
	}
	rest = across.found.rest;
	hw_across_finish(&across);
	return rest;
}

/* What threads hold is not known for certain where events are missing. */
static void find_misuses(struct hw_analysis *a, struct hw_findings *findings)
{
	const struct hw_model *m = a->model;

	for (uint32_t i = 0; i < m->misuse_count && !m->meta.lost; i++) {
		const struct hw_misuse *misuse = &m->misuses[i];

		if (misuse->what == HW_MISUSE_UNKNOWN || !hw_model_is_lock(m, misuse->object))
			continue;
		add(a, findings, hw_finding_of_misuse(m, misuse, &a->arena));
	}
}

static void find_interruptions(struct hw_analysis *a, sqlite3 *db, struct hw_findings *findings)
{
	struct hw_interruptions interruptions;
	struct hw_error error;

	if (hw_interruptions_find(a->model, db, "the recording", &interruptions, &error))
		a->events_unreadable = hw_arena_string(&a->arena, error.message);
	for (uint32_t i = 0; i < interruptions.count; i++) {
		struct hw_finding finding = hw_finding_of_interruption(
			a->model, &interruptions.all[i], &a->arena);

		if (!hw_findings_know(findings, &finding))
			add(a, findings, finding);
	}
	hw_interruptions_finish(&interruptions);
}

/* Where events are missing, a wait may seem to go on though it is over. */
static void find_stalls(struct hw_analysis *a, sqlite3 *db, struct hw_findings *findings)
{
	struct hw_stalls stalls;
	struct hw_error error;

	if (!a->options.stall_ns || a->model->meta.lost)
		return;
	if (hw_stalls_find(a->model, db, a->options.stall_ns, a->options.now_ns, &stalls, &error))
		a->stalls_unknown = hw_arena_string(&a->arena, error.message);
	for (uint32_t i = 0; i < stalls.count; i++)
		add(a, findings, hw_finding_of_stall(a->model, &stalls.all[i], &a->arena));
	hw_stalls_finish(&stalls);
}

static void find(struct hw_analysis *a, sqlite3 *db, struct hw_findings *findings,
	struct hw_findings *ruled_out)
{
	const struct hw_model *model = a->model;
	struct hw_steps steps;
	struct hw_cycles cycles;
	struct hw_ruled_outs others;
	struct hw_walk_rest rest;

	find_deadlocks(a, findings);
	find_misuses(a, findings);
	if (db)
		find_interruptions(a, db, findings);
	find_stalls(a, db, findings);
	hw_steps_build(model, &a->graph, &steps);
	hw_cycles_find(model, &a->graph, &steps, &a->options, &cycles);
	find_in_events(a, db, &steps, &cycles, findings, ruled_out);
	hw_against_find(a, findings);
	hw_ruled_out_find(model, &a->graph, &steps, &a->options, &others);
	for (uint32_t i = 0; i < others.count; i++)
		add(a, ruled_out,
			hw_finding_of_ruled_out(model, &steps, &others.all[i], &a->arena));
	rest = cycles.rest;
	if (model->run_count > 1) {
		struct hw_walk_rest across = find_across(a, findings);

		rest = rest.node_count ? rest : across;
	}
	take_notes(a, &rest, others.complete);
	hw_ruled_out_finish(&others);
	hw_cycles_finish(&cycles);
	hw_steps_finish(&steps);
}

void hw_analysis_run(const struct hw_model *model, sqlite3 *db,
	const struct hw_analysis_options *options, struct hw_analysis *ret_analysis)
{
	struct hw_analysis analysis = { .model = model, .options = HW_ANALYSIS_DEFAULTS };
	struct hw_findings findings = { 0 }, ruled_out = { 0 };

	if (options)
		analysis.options = *options;
	hw_graph_build(model, HW_GRAPH_BY_OBJECT, &analysis.graph);
	find(&analysis, db, &findings, &ruled_out);
	hw_findings_finish(&findings);
	hw_findings_finish(&ruled_out);
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
