/* SPDX-License-Identifier: MIT */
/* Findings of stalls: the thread that was blocked, and who had the lock meanwhile. */
#include "analyzer/finding.h"
#include "analyzer/fingerprint.h"
#include "analyzer/stack.h"
#include "analyzer/wording.h"

static struct hw_finding_thread holder_of(const struct hw_stall *stall, struct hw_arena *arena)
{
	struct hw_finding_thread thread = {
		.thread = stall->holder,
		.act = HW_ACT_NONE,
		.object = stall->object,
		.stack = HW_NONE,
		.held_before = stall->over,
		.holds = hw_arena_alloc(arena, 1, sizeof(struct hw_hold)),
		.hold_count = 1,
	};

	thread.holds[0] = (struct hw_hold){ .object = stall->object,
		.stack = stall->holder_stack, .count = 1 };
	return thread;
}

/* The class of the lock, and the function that waits; who has it then is another matter. */
static uint64_t fingerprint_of(
	const struct hw_model *model, const struct hw_stall *stall, struct hw_arena *arena)
{
	const char *class_ = model->classes[model->objects[stall->object].class_].key;
	uint32_t site = hw_stack_site(model, stall->stack);
	struct hw_fingerprint_edge edge = {
		.held_class = class_,
		.awaited_class = class_,
		.held_function = "",
		.awaited_function =
			site == HW_NONE ? "" : hw_stack_function(model, site, arena),
	};

	return hw_fingerprint_ring(hw_finding_rule_name(HW_RULE_STALL), &edge, 1);
}

struct hw_finding hw_finding_of_stall(
	const struct hw_model *model, const struct hw_stall *stall, struct hw_arena *arena)
{
	struct hw_finding finding = {
		.rule = HW_RULE_STALL,
		.verdict = HW_VERDICT_NONE,
		.fingerprint = fingerprint_of(model, stall, arena),
		.instances = 1,
		.objects = hw_arena_alloc(arena, 1, sizeof(uint32_t)),
		.object_count = 1,
		.threads = hw_arena_alloc(arena, 2, sizeof(struct hw_finding_thread)),
		.thread_count = 1,
		.blocked_ns = stall->blocked_ns,
	};

	finding.objects[0] = stall->object;
	finding.threads[0] = (struct hw_finding_thread){
		.thread = stall->thread,
		.act = stall->over ? HW_ACT_WAITED : HW_ACT_WAIT,
		.object = stall->object,
		.stack = stall->stack,
		.shared = stall->shared,
	};
	if (stall->holder != HW_NONE && stall->holder != stall->thread)
		finding.threads[finding.thread_count++] = holder_of(stall, arena);
	hw_fingerprint_id(finding.fingerprint, finding.id);
	hw_wording_fill(model, &finding, arena);
	return finding;
}
