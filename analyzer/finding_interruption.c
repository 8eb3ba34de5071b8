/* SPDX-License-Identifier: MIT */
/* Findings of locks that a thread shares with its own signal handlers. */
#include "analyzer/finding.h"
#include "analyzer/fingerprint.h"
#include "analyzer/wording.h"

struct hw_finding hw_finding_of_interruption(const struct hw_model *model,
	const struct hw_interruption *interruption, struct hw_arena *arena)
{
	const char *rule = hw_finding_rule_name(HW_RULE_INTERRUPTION);
	struct hw_finding finding = {
		.rule = HW_RULE_INTERRUPTION,
		.verdict = HW_VERDICT_POSSIBLE,
		.fingerprint = hw_finding_fingerprint_at(
			model, rule, interruption->object, interruption->stack, arena),
		.ring = hw_finding_fingerprint_at(
			model, "", interruption->object, interruption->stack, arena),
		.bounded = interruption->bounded,
		.instances = 1,
		.objects = hw_arena_alloc(arena, 1, sizeof(uint32_t)),
		.object_count = 1,
		.threads = hw_arena_alloc(arena, 1, sizeof(struct hw_finding_thread)),
		.thread_count = 1,
		.ring_length = 1,
	};
	struct hw_hold *hold = hw_arena_alloc(arena, 1, sizeof(*hold));

	*hold = (struct hw_hold){ .object = interruption->object,
		.stack = interruption->held_stack, .shared = interruption->held_shared,
		.count = 1 };
	finding.objects[0] = interruption->object;
	finding.threads[0] = (struct hw_finding_thread){
		.thread = interruption->thread,
		.holds = hold,
		.hold_count = 1,
		.object = interruption->object,
		.stack = interruption->stack,
		.shared = interruption->shared,
		.bounded = interruption->bounded,
	};
	hw_fingerprint_id(finding.fingerprint, finding.id);
	hw_wording_fill(model, &finding, arena);
	return finding;
}
