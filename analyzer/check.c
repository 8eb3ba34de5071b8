/* SPDX-License-Identifier: MIT */
#include "analyzer/check.h"

#include <string.h>

/* Why a recording without findings would say nothing, or NULL. */
static const char *cannot_say(const struct hw_model *model, struct hw_arena *arena)
{
	if (!model->thread_count || !model->meta.events)
		return "nothing was recorded";
	if (model->meta.lost > 0)
		return hw_arena_printf(arena, "%lld event%s lost",
			(long long)model->meta.lost, model->meta.lost == 1 ? " was" : "s were");
	if (model->meta.cut)
		return "recording ended before the program did";
	if (!model->meta.complete)
		return "the recording did not end regularly";
	return NULL;
}

enum group { GROUP_NEW, GROUP_KNOWN, GROUP_SUPPRESSED, GROUPS };

static enum group group_of(
	struct hw_check *check, const struct hw_model *model, const struct hw_finding *finding)
{
	bool is_known = hw_baseline_find(&check->baseline, finding->id);

	if (hw_suppressions_match(&check->suppressions, model, finding)) {
		hw_baseline_add(&check->suppressed, finding);
		return GROUP_SUPPRESSED;
	}
	hw_baseline_add(&check->written, finding);
	if (is_known) {
		hw_baseline_add(&check->known, finding);
		return GROUP_KNOWN;
	}
	return GROUP_NEW;
}

void hw_check_sort(
	struct hw_check *check, struct hw_analysis *analysis, struct hw_checked *ret_checked)
{
	struct hw_finding *sorted = hw_arena_alloc(
		&analysis->arena, analysis->finding_count, sizeof(*sorted));
	enum group *groups =
		hw_arena_alloc(&analysis->arena, analysis->finding_count, sizeof(*groups));
	uint32_t counts[GROUPS] = { 0 }, count = 0;

	for (uint32_t i = 0; i < analysis->finding_count; i++) {
		groups[i] = group_of(check, analysis->model, &analysis->findings[i]);
		counts[groups[i]]++;
	}
	for (enum group group = GROUP_NEW; group < GROUPS; group++)
		for (uint32_t i = 0; i < analysis->finding_count; i++)
			if (groups[i] == group)
				sorted[count++] = analysis->findings[i];
	if (count)
		memcpy(analysis->findings, sorted, count * sizeof(*sorted));
	check->recordings++;
	*ret_checked = (struct hw_checked){
		.new_count = counts[GROUP_NEW],
		.known_count = counts[GROUP_KNOWN],
		.suppressed_count = counts[GROUP_SUPPRESSED],
		.cannot_say = cannot_say(analysis->model, &analysis->arena),
	};
	check->troubles += ret_checked->cannot_say != NULL;
}

void hw_check_fail(struct hw_check *check)
{
	check->recordings++;
	check->troubles++;
}

enum hw_check_status hw_check_status(const struct hw_check *check)
{
	if (check->told.count)
		return HW_CHECK_FINDINGS;
	return check->troubles ? HW_CHECK_CANNOT_SAY : HW_CHECK_CLEAN;
}

void hw_check_finish(struct hw_check *check)
{
	hw_suppressions_finish(&check->suppressions);
	hw_baseline_finish(&check->baseline);
	hw_baseline_finish(&check->written);
	hw_baseline_finish(&check->told);
	hw_baseline_finish(&check->known);
	hw_baseline_finish(&check->suppressed);
}
