/* SPDX-License-Identifier: MIT */
/* Findings of stalls: the thread that was blocked, and who had the lock meanwhile. */
#include "analyzer/finding.h"
#include "analyzer/fingerprint.h"
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

struct hw_finding hw_finding_of_stall(
	const struct hw_model *model, const struct hw_stall *stall, struct hw_arena *arena)
{
	struct hw_finding finding = {
		.rule = HW_RULE_STALL,
		.verdict = HW_VERDICT_NONE,
		/* Who has the lock meanwhile is another matter every time. */
		.fingerprint = hw_finding_fingerprint_at(model, hw_finding_rule_name(HW_RULE_STALL),
			stall->object, stall->stack, arena),
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
