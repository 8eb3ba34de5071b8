/* SPDX-License-Identifier: MIT */
#include "analyzer/finding.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/fingerprint.h"
#include "analyzer/stack.h"
#include "analyzer/wording.h"
#include "trace/memory.h"

const char *hw_finding_rule_name(enum hw_rule rule)
{
	static const char *const names[] = {
		[HW_RULE_LOCK_ORDER] = "HW001",
		[HW_RULE_DEADLOCK] = "HW002",
		[HW_RULE_SELF_DEADLOCK] = "HW003",
		[HW_RULE_STALL] = "HW004",
		[HW_RULE_UNLOCK] = "HW005",
		[HW_RULE_END_HOLDING] = "HW006",
		[HW_RULE_DESTROY_IN_USE] = "HW007",
		[HW_RULE_WAIT_HOLDING] = "HW008",
		[HW_RULE_JOIN_HOLDING] = "HW009",
		[HW_RULE_INTERRUPTION] = "HW010",
		[HW_RULE_INHERITED] = "HW011",
		[HW_RULE_UNIT_LOST] = "HW012",
		[HW_RULE_DECLARED] = "HW013",
	};

	return names[rule];
}

const char *hw_finding_verdict_name(enum hw_verdict verdict)
{
	static const char *const names[] = {
		[HW_VERDICT_DEADLOCK] = "deadlock",
		[HW_VERDICT_PREDICTED] = "predicted",
		[HW_VERDICT_NONE] = NULL,
		[HW_VERDICT_POSSIBLE] = "possible",
		[HW_VERDICT_RULED_OUT] = "ruled-out",
	};

	return names[verdict];
}

const char *hw_finding_headline(const struct hw_finding *finding)
{
	static const char *const headlines[] = {
		[HW_VERDICT_DEADLOCK] = "deadlock",
		[HW_VERDICT_PREDICTED] = "predicted deadlock",
		[HW_VERDICT_NONE] = "misuse",
		[HW_VERDICT_POSSIBLE] = "possible deadlock",
		[HW_VERDICT_RULED_OUT] = "ruled out",
	};

	return finding->rule == HW_RULE_STALL ? "stall" : headlines[finding->verdict];
}

/* Copy `count` holds, with the one that matters moved to the front. */
static struct hw_hold *copy_holds(const struct hw_model *model, uint32_t first, uint32_t count,
	uint32_t important, struct hw_arena *arena)
{
	struct hw_hold *holds = hw_arena_alloc(arena, count, sizeof(*holds));
	uint32_t at = 0;

	if (important != HW_NONE)
		holds[at++] = model->holds[important];
	for (uint32_t i = 0; i < count; i++)
		if (first + i != important)
			holds[at++] = model->holds[first + i];
	return holds;
}

struct hw_finding_thread hw_finding_thread_of_dependency(
	const struct hw_model *model, const struct hw_step_taker *taker, struct hw_arena *arena)
{
	const struct hw_dependency *dependency = &model->dependencies[taker->dependency];

	return (struct hw_finding_thread){
		.thread = taker->thread,
		.holds = copy_holds(
			model, dependency->first_hold, dependency->hold_count, taker->hold, arena),
		.hold_count = dependency->hold_count,
		.object = dependency->object,
		.stack = dependency->stack,
		.shared = dependency->shared,
		.bounded = dependency->how & HW_HOW_TIMED,
	};
}

static uint64_t fingerprint_of(const struct hw_model *model, const struct hw_steps *steps,
	const char *rule, const uint32_t *codes, uint32_t length)
{
	struct hw_fingerprint_edge *edges = hw_xcalloc(length, sizeof(*edges));
	uint64_t result;

	for (uint32_t i = 0; i < length; i++) {
		const struct hw_step_code *code = hw_steps_code(steps, codes[i]);

		edges[i] = (struct hw_fingerprint_edge){
			.held_class = model->classes[code->held_class].key,
			.awaited_class = model->classes[code->awaited_class].key,
			.held_function = hw_intern_value(&steps->functions, code->held_function),
			.awaited_function =
				hw_intern_value(&steps->functions, code->awaited_function),
		};
	}
	result = hw_fingerprint_ring(rule, edges, length);
	free(edges);
	return result;
}

static void add_object(struct hw_finding *finding, uint32_t object)
{
	for (uint32_t i = 0; i < finding->object_count; i++)
		if (finding->objects[i] == object)
			return;
	finding->objects[finding->object_count++] = object;
}

/* What cycles have in common, ruled out or not: a ring, and then others up to `width`. */
static struct hw_finding of_ring(const struct hw_model *model, const struct hw_steps *steps,
	const struct hw_step_taker *ring, const uint32_t *codes, uint32_t length, uint32_t width,
	struct hw_arena *arena)
{
	const char *rule = hw_finding_rule_name(HW_RULE_LOCK_ORDER);
	struct hw_finding finding = {
		.rule = HW_RULE_LOCK_ORDER,
		.fingerprint = fingerprint_of(model, steps, rule, codes, length),
		.ring = fingerprint_of(model, steps, "", codes, length),
		.objects = hw_arena_alloc(arena, width, sizeof(uint32_t)),
		.threads = hw_arena_alloc(arena, width, sizeof(struct hw_finding_thread)),
		.thread_count = width,
		.ring_length = length,
	};

	hw_fingerprint_id(finding.fingerprint, finding.id);
	for (uint32_t i = 0; i < width; i++) {
		finding.threads[i] = hw_finding_thread_of_dependency(model, &ring[i], arena);
		if (ring[i].hold != HW_NONE)
			add_object(&finding, finding.threads[i].holds[0].object);
		finding.bounded |= finding.threads[i].bounded;
	}
	return finding;
}

struct hw_finding hw_finding_of_cycle(const struct hw_model *model, const struct hw_steps *steps,
	const struct hw_cycle *cycle, struct hw_arena *arena)
{
	struct hw_finding finding =
		of_ring(model, steps, cycle->ring, cycle->codes, cycle->length,
			cycle->width, arena);

	finding.verdict = HW_VERDICT_POSSIBLE;
	finding.instances = cycle->instances;
	hw_wording_fill(model, &finding, arena);
	return finding;
}

struct hw_finding hw_finding_of_prediction(const struct hw_model *model,
	const struct hw_steps *steps, const struct hw_cycle *cycle,
	const struct hw_step_taker *ring, struct hw_arena *arena)
{
	struct hw_finding finding =
		of_ring(model, steps, ring, cycle->codes, cycle->length, cycle->width, arena);

	finding.verdict = HW_VERDICT_PREDICTED;
	finding.instances = cycle->instances;
	hw_wording_fill(model, &finding, arena);
	return finding;
}

struct hw_finding hw_finding_of_outlook(const struct hw_model *model,
	const struct hw_steps *steps, const struct hw_cycle *cycle, enum hw_reason reason,
	const char *because, struct hw_arena *arena)
{
	struct hw_finding finding =
		of_ring(model, steps, cycle->ring, cycle->codes, cycle->length,
			cycle->width, arena);

	finding.verdict = HW_VERDICT_RULED_OUT;
	finding.reason = reason;
	finding.because = because;
	finding.instances = cycle->instances;
	hw_wording_fill(model, &finding, arena);
	return finding;
}

struct hw_finding hw_finding_of_ruled_out(const struct hw_model *model,
	const struct hw_steps *steps, const struct hw_ruled_out *ruled_out, struct hw_arena *arena)
{
	struct hw_finding finding =
		of_ring(model, steps, ruled_out->ring, ruled_out->codes, ruled_out->length,
			ruled_out->length, arena);

	finding.verdict = HW_VERDICT_RULED_OUT;
	finding.reason = ruled_out->reason;
	finding.because = hw_wording_because(model, ruled_out, arena);
	finding.instances = ruled_out->instances;
	hw_wording_fill(model, &finding, arena);
	return finding;
}

static struct hw_finding_thread of_waiting(
	const struct hw_model *model, uint32_t thread, uint32_t hold, struct hw_arena *arena)
{
	const struct hw_thread *t = &model->threads[thread];
	const struct hw_wait *wait = &model->waits[t->wait];

	return (struct hw_finding_thread){
		.thread = thread,
		.holds = copy_holds(model, t->first_hold, t->hold_count, hold, arena),
		.hold_count = t->hold_count,
		.object = wait->object,
		.stack = wait->stack,
		.shared = wait->shared,
	};
}

struct hw_finding hw_finding_of_deadlock(
	const struct hw_model *model, const struct hw_deadlock *deadlock, struct hw_arena *arena)
{
	uint32_t count = deadlock->thread_count, ring = deadlock->ring_length;
	enum hw_rule number = ring == 1 ? HW_RULE_SELF_DEADLOCK : HW_RULE_DEADLOCK;
	const char *rule = hw_finding_rule_name(number);
	struct hw_finding finding = {
		.rule = number,
		.verdict = HW_VERDICT_DEADLOCK,
		.fingerprint = hw_deadlocks_fingerprint(
			model, rule, deadlock->threads, deadlock->holds, ring),
		.ring = hw_deadlocks_fingerprint(
			model, "", deadlock->threads, deadlock->holds, ring),
		.instances = 1,
		.objects = hw_arena_alloc(arena, count, sizeof(uint32_t)),
		.threads = hw_arena_alloc(arena, count, sizeof(struct hw_finding_thread)),
		.thread_count = count,
		.ring_length = ring,
		.behind_count = deadlock->behind_count,
	};

	for (uint32_t i = 0; i < count; i++)
		finding.threads[i] =
			of_waiting(model, deadlock->threads[i], deadlock->holds[i], arena);
	for (uint32_t i = 0; i < ring; i++)
		add_object(&finding, finding.threads[(i + ring - 1) % ring].object);
	for (uint32_t i = ring; i < count; i++)
		add_object(&finding, finding.threads[i].object);
	hw_fingerprint_id(finding.fingerprint, finding.id);
	hw_wording_fill(model, &finding, arena);
	return finding;
}

uint64_t hw_finding_fingerprint_at(const struct hw_model *model, const char *rule, uint32_t object,
	uint32_t stack, struct hw_arena *arena)
{
	const char *class_ = model->classes[model->objects[object].class_].key;
	uint32_t site = hw_stack_site(model, stack);
	struct hw_fingerprint_edge edge = {
		.held_class = class_,
		.awaited_class = class_,
		.held_function = "",
		.awaited_function = site == HW_NONE ? "" : hw_stack_function(model, site, arena),
	};

	return hw_fingerprint_ring(rule, &edge, 1);
}

bool hw_finding_same_objects(const struct hw_finding *a, const struct hw_finding *b)
{
	if (a->object_count != b->object_count)
		return false;
	for (uint32_t i = 0; i < a->object_count; i++) {
		bool found = false;

		for (uint32_t j = 0; j < b->object_count && !found; j++)
			found = a->objects[i] == b->objects[j];
		if (!found)
			return false;
	}
	return true;
}

#define COMPARE(a, b)   \
	if ((a) != (b)) \
	return (a) < (b) ? -1 : 1

int hw_finding_compare(const struct hw_finding *a, const struct hw_finding *b)
{
	COMPARE(a->verdict, b->verdict);
	COMPARE(a->bounded, b->bounded);
	COMPARE(a->ring_length, b->ring_length);
	COMPARE(b->blocked_ns, a->blocked_ns);
	COMPARE(b->instances, a->instances);
	return strcmp(a->id, b->id);
}
