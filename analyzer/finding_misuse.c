/* SPDX-License-Identifier: MIT */
/* Findings of what was done to an object though nobody may. */
#include "analyzer/finding.h"
#include "analyzer/fingerprint.h"
#include "analyzer/stack.h"
#include "analyzer/wording.h"

static enum hw_rule rule_of(const struct hw_model *model, const struct hw_misuse *misuse)
{
	switch (misuse->what) {
	case HW_MISUSE_UNLOCK:
		return HW_RULE_UNLOCK;
	case HW_MISUSE_DESTROY:
		return HW_RULE_DESTROY_IN_USE;
	case HW_MISUSE_INHERIT:
		return HW_RULE_INHERITED;
	default:
		return model->objects[misuse->object].kind == HW_KIND_SEM ? HW_RULE_UNIT_LOST :
									    HW_RULE_END_HOLDING;
	}
}

static void hold(struct hw_finding_thread *thread, uint32_t object, uint32_t stack,
	struct hw_arena *arena)
{
	struct hw_hold *held = hw_arena_alloc(arena, 1, sizeof(*held));

	*held = (struct hw_hold){ .object = object, .stack = stack, .count = 1 };
	thread->holds = held;
	thread->hold_count = 1;
}

/* Who did it. */
static struct hw_finding_thread culprit(
	const struct hw_model *model, const struct hw_misuse *misuse, struct hw_arena *arena)
{
	struct hw_finding_thread thread = {
		.thread = misuse->thread,
		.object = misuse->object,
		.stack = misuse->stack,
	};

	switch (misuse->what) {
	case HW_MISUSE_UNLOCK:
		thread.act = HW_ACT_UNLOCK;
		break;
	case HW_MISUSE_DESTROY:
		thread.act = misuse->how & HW_HOW_FREED ? HW_ACT_FREE : HW_ACT_DESTROY;
		/* Its own hold is no other thread. */
		if (misuse->relation == HW_MISUSE_HOLDS && misuse->other == misuse->thread)
			hold(&thread, misuse->object, misuse->other_stack, arena);
		break;
	case HW_MISUSE_INHERIT:
		thread.act = HW_ACT_WAIT;
		break;
	default:
		thread.act = HW_ACT_END;
		thread.stack = model->threads[misuse->thread].create_stack;
		hold(&thread, misuse->object, misuse->stack, arena);
		break;
	}
	return thread;
}

static struct hw_finding_thread sufferer(const struct hw_misuse *misuse, struct hw_arena *arena)
{
	struct hw_finding_thread thread = {
		.thread = misuse->other,
		.act = misuse->relation == HW_MISUSE_WAITS ? HW_ACT_WAIT : HW_ACT_NONE,
		.object = misuse->object,
		.stack = misuse->other_stack,
		.held_before = misuse->relation == HW_MISUSE_HELD,
	};

	if (thread.act == HW_ACT_NONE) {
		hold(&thread, misuse->object, misuse->other_stack, arena);
		thread.stack = HW_NONE;
	}
	return thread;
}

static const char *function_of(const struct hw_model *model, uint32_t stack, struct hw_arena *arena)
{
	uint32_t site = hw_stack_site(model, stack);

	return site == HW_NONE ? "" : hw_stack_function(model, site, arena);
}

/* The class of the object, and the functions of both sides. */
static uint64_t fingerprint_of(const struct hw_model *model, enum hw_rule rule,
	const struct hw_misuse *misuse, struct hw_arena *arena)
{
	const char *class_ = model->classes[model->objects[misuse->object].class_].key;
	bool ends = misuse->what == HW_MISUSE_END;
	struct hw_fingerprint_edge edge = {
		.held_class = class_,
		.awaited_class = class_,
		/* Who happens to wait for what a thread left is another matter every time. */
		.held_function = ends ? "" : function_of(model, misuse->other_stack, arena),
		.awaited_function = function_of(model, misuse->stack, arena),
	};

	return hw_fingerprint_ring(hw_finding_rule_name(rule), &edge, 1);
}

struct hw_finding hw_finding_of_misuse(
	const struct hw_model *model, const struct hw_misuse *misuse, struct hw_arena *arena)
{
	enum hw_rule rule = rule_of(model, misuse);
	struct hw_finding finding = {
		.rule = rule,
		.verdict = HW_VERDICT_NONE,
		.fingerprint = fingerprint_of(model, rule, misuse, arena),
		.instances = 1,
		.objects = hw_arena_alloc(arena, 1, sizeof(uint32_t)),
		.object_count = 1,
		.threads = hw_arena_alloc(arena, 2, sizeof(struct hw_finding_thread)),
		.thread_count = 1,
	};

	finding.objects[0] = misuse->object;
	finding.threads[0] = culprit(model, misuse, arena);
	if (misuse->relation != HW_MISUSE_NOBODY && !finding.threads[0].hold_count)
		finding.threads[finding.thread_count++] = sufferer(misuse, arena);
	else if (misuse->relation == HW_MISUSE_WAITS)
		finding.threads[finding.thread_count++] = sufferer(misuse, arena);
	hw_fingerprint_id(finding.fingerprint, finding.id);
	hw_wording_fill(model, &finding, arena);
	return finding;
}
