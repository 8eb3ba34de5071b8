/* SPDX-License-Identifier: MIT */
/* Findings of what goes against the declared order. */
#include <stdlib.h>

#include "analyzer/finding.h"
#include "analyzer/fingerprint.h"
#include "analyzer/same.h"
#include "analyzer/stack.h"
#include "analyzer/wording.h"
#include "trace/memory.h"

static void add_object(struct hw_finding *finding, uint32_t object)
{
	for (uint32_t i = 0; i < finding->object_count; i++)
		if (finding->objects[i] == object)
			return;
	finding->objects[finding->object_count++] = object;
}

static void add_declarations(const struct hw_model *model, const struct hw_disorder *disorder,
	struct hw_finding *finding)
{
	for (uint32_t i = 0; i < disorder->declaration_count; i++) {
		const struct hw_declared *declared =
			&model->declared[disorder->declarations[i]];

		finding->threads[finding->thread_count++] = (struct hw_finding_thread){
			.thread = declared->thread,
			.act = HW_ACT_DECLARE,
			.object = declared->first,
			.before = declared->second,
			.stack = declared->stack,
		};
		add_object(finding, declared->first);
		add_object(finding, declared->second);
	}
}

static const char *class_of(const struct hw_model *model, uint32_t object)
{
	return model->classes[model->objects[object].class_].key;
}

static const char *function_of(const struct hw_model *model, uint32_t site, struct hw_arena *arena)
{
	return site == HW_NONE ? "" : hw_stack_function(model, site, arena);
}

/* What is held and what is waited for, as of an edge of a cycle. */
static uint64_t fingerprint_of_lock(const struct hw_model *model,
	const struct hw_finding_thread *thread, struct hw_arena *arena)
{
	struct hw_fingerprint_edge edge = {
		.held_class = class_of(model, thread->holds[0].object),
		.awaited_class = class_of(model, thread->object),
	};
	uint32_t held_site, site;

	hw_stack_sites(model, thread->holds[0].stack, thread->stack, &held_site, &site);
	edge.held_function = function_of(model, held_site, arena);
	edge.awaited_function = function_of(model, site, arena);
	return hw_fingerprint_ring(hw_finding_rule_name(HW_RULE_DECLARED), &edge, 1);
}

/* Whether it was ever locked, and so of what kind it is, does not matter. */
static const char *place_of(const struct hw_model *model, uint32_t object)
{
	return hw_same_place(&model->classes[model->objects[object].class_]);
}

/* Of what is declared, and where. */
static uint64_t fingerprint_of_ring(const struct hw_model *model, const struct hw_finding *finding,
	struct hw_arena *arena)
{
	struct hw_fingerprint_edge *edges = hw_xcalloc(finding->thread_count, sizeof(*edges));
	uint64_t result;

	for (uint32_t i = 0; i < finding->thread_count; i++) {
		const struct hw_finding_thread *thread = &finding->threads[i];

		edges[i] = (struct hw_fingerprint_edge){
			.held_class = place_of(model, thread->object),
			.awaited_class = place_of(model, thread->before),
			.held_function = "",
			.awaited_function = function_of(
				model, hw_stack_site(model, thread->stack), arena),
		};
	}
	result = hw_fingerprint_ring(
		hw_finding_rule_name(finding->rule), edges, finding->thread_count);
	free(edges);
	return result;
}

/* Who goes against the order. */
static void add_culprit(const struct hw_model *model, const struct hw_disorder *disorder,
	struct hw_finding *finding, struct hw_arena *arena)
{
	struct hw_step_taker taker = { .thread = model->dependencies[disorder->dependency].thread,
		.dependency = disorder->dependency, .hold = disorder->hold };

	finding->threads[finding->thread_count++] =
		hw_finding_thread_of_dependency(model, &taker, arena);
	add_object(finding, finding->threads[0].object);
	add_object(finding, finding->threads[0].holds[0].object);
}

struct hw_finding hw_finding_of_disorder(
	const struct hw_model *model, const struct hw_disorder *disorder, struct hw_arena *arena)
{
	uint32_t count = disorder->declaration_count;
	struct hw_finding finding = {
		.rule = HW_RULE_DECLARED,
		.verdict = HW_VERDICT_NONE,
		.instances = 1,
		.objects = hw_arena_alloc(arena, 2 * (count + 1), sizeof(uint32_t)),
		.threads = hw_arena_alloc(arena, count + 1, sizeof(struct hw_finding_thread)),
	};

	if (disorder->dependency != HW_NONE) {
		add_culprit(model, disorder, &finding, arena);
		finding.fingerprint = fingerprint_of_lock(model, &finding.threads[0], arena);
		add_declarations(model, disorder, &finding);
		finding.bounded = finding.threads[0].bounded;
	} else {
		add_declarations(model, disorder, &finding);
		finding.fingerprint = fingerprint_of_ring(model, &finding, arena);
	}
	hw_fingerprint_id(finding.fingerprint, finding.id);
	hw_wording_fill(model, &finding, arena);
	return finding;
}
