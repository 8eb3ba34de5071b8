/* SPDX-License-Identifier: MIT */
/* Findings of waits inside of locks. */
#include <string.h>

#include "analyzer/finding.h"
#include "analyzer/fingerprint.h"
#include "analyzer/held.h"
#include "analyzer/stack.h"
#include "analyzer/witness.h"
#include "analyzer/wording.h"

/* What the thread holds at a moment, for `arena`. */
static struct hw_hold *holds_at(const struct hw_model *model, const struct hw_life *life,
	uint32_t moment, uint32_t *ret_count, struct hw_arena *arena)
{
	struct hw_held held = { 0 };
	struct hw_hold *holds;

	for (uint32_t i = 0; i < moment; i++)
		hw_held_step(&held, model, i, &life->moments[i]);
	holds = hw_arena_alloc(arena, held.count, sizeof(*holds));
	for (uint32_t i = 0; i < held.count; i++) {
		const struct hw_moment *taken = &life->moments[held.locks[i].moment];

		holds[i] = (struct hw_hold){ .object = taken->object, .stack = taken->stack,
			.shared = taken->how & HW_HOW_SHARED, .count = held.locks[i].depth };
	}
	*ret_count = held.count;
	hw_held_finish(&held);
	return holds;
}

static struct hw_finding_thread at_moment(const struct hw_model *model,
	const struct hw_history *history, const struct hw_inside_side *side,
	struct hw_arena *arena)
{
	const struct hw_life *life = hw_history_life(history, side->thread);
	const struct hw_moment *moment = &life->moments[side->moment];
	struct hw_finding_thread thread = {
		.thread = side->thread,
		.object = side->object,
		.stack = moment->stack,
		.shared = moment->how & HW_HOW_SHARED,
		.bounded = moment->how & HW_HOW_TIMED,
	};

	thread.holds = holds_at(model, life, side->moment, &thread.hold_count, arena);
	return thread;
}

/* Of each, what it holds that matters and what it waits for. */
static uint64_t fingerprint_of(const struct hw_model *model, const char *rule,
	const struct hw_inside *inside, const struct hw_finding_thread *threads,
	struct hw_arena *arena)
{
	struct hw_fingerprint_edge edges[HW_INSIDE_RING_MAX];

	for (uint32_t i = 0; i < inside->length; i++) {
		uint32_t previous = (i + inside->length - 1) % inside->length;
		const struct hw_object *held = &model->objects[inside->sides[previous].object];
		const struct hw_object *awaited = &model->objects[inside->sides[i].object];
		/* What nobody can hold has no place where it was taken. */
		uint32_t taken = inside->sides[i].hold == HW_NONE ? HW_NONE
								  : threads[i].holds[0].stack;
		uint32_t held_site, site;

		hw_stack_sites(model, taken, threads[i].stack, &held_site, &site);
		edges[i] = (struct hw_fingerprint_edge){
			.held_class = model->classes[held->class_].key,
			.awaited_class = model->classes[awaited->class_].key,
			.held_function = held_site == HW_NONE ? "" :
				hw_stack_function(model, held_site, arena),
			.awaited_function = site == HW_NONE ? "" :
				hw_stack_function(model, site, arena),
		};
	}
	return hw_fingerprint_ring(rule, edges, inside->length);
}

struct hw_finding hw_finding_of_inside(const struct hw_model *model,
	const struct hw_history *history, const struct hw_inside *inside, struct hw_arena *arena)
{
	bool join = model->objects[inside->sides[0].object].kind == HW_KIND_THREAD;
	enum hw_rule rule = join ? HW_RULE_JOIN_HOLDING : HW_RULE_WAIT_HOLDING;
	struct hw_finding finding = {
		.rule = rule,
		.verdict = inside->outlook == HW_OUTLOOK_PREDICTED ? HW_VERDICT_PREDICTED
								   : HW_VERDICT_POSSIBLE,
		.instances = inside->instances,
		.objects = hw_arena_alloc(arena, inside->length, sizeof(uint32_t)),
		.object_count = inside->length,
		.threads = hw_arena_alloc(
			arena, inside->length, sizeof(struct hw_finding_thread)),
		.thread_count = inside->length,
		.ring_length = inside->length,
		.wake_stack = HW_NONE,
	};

	for (uint32_t i = 0; i < inside->length; i++) {
		const struct hw_inside_side *side = &inside->sides[i];
		struct hw_step_taker taker = { side->thread, side->dependency, side->hold };

		finding.threads[i] =
			side->dependency == HW_NONE
				? at_moment(model, history, side, arena)
				: hw_finding_thread_of_dependency(model, &taker, arena);
		finding.objects[(i + 1) % inside->length] = side->object;
		finding.bounded |= finding.threads[i].bounded;
	}
	if (inside->wake != HW_NONE)
		finding.wake_stack =
			hw_history_life(history, inside->sides[1].thread)
				->moments[inside->wake].stack;
	finding.fingerprint = fingerprint_of(
		model, hw_finding_rule_name(rule), inside, finding.threads, arena);
	finding.ring = fingerprint_of(model, "", inside, finding.threads, arena);
	hw_fingerprint_id(finding.fingerprint, finding.id);
	hw_wording_fill(model, &finding, arena);
	if (finding.verdict == HW_VERDICT_PREDICTED)
		hw_witness_fill(history, &inside->prediction, &finding, arena);
	return finding;
}
