/* SPDX-License-Identifier: MIT */
#include "analyzer/live.h"

#include <stdlib.h>

#include "analyzer/recording.h"
#include "analyzer/report.h"
#include "trace/memory.h"

static bool told_before(const struct hw_live *live, uint64_t fingerprint)
{
	for (size_t i = 0; i < live->told_count; i++)
		if (live->told[i] == fingerprint)
			return true;
	return false;
}

/* Keep only the deadlocks that are news; the others are told at the end. How many are left. */
static uint32_t keep_news(struct hw_live *live, struct hw_analysis *analysis)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < analysis->finding_count; i++) {
		struct hw_finding *finding = &analysis->findings[i];

		if (finding->verdict != HW_VERDICT_DEADLOCK ||
			told_before(live, finding->fingerprint))
			continue;
		HW_GROW(live->told, live->told_count, live->told_capacity);
		live->told[live->told_count++] = finding->fingerprint;
		analysis->findings[kept++] = *finding;
	}
	analysis->finding_count = kept;
	return kept;
}

static int tell_news(struct hw_live *live, const struct hw_model *model)
{
	struct hw_analysis analysis;
	uint32_t news;

	hw_analysis_run(model, NULL, NULL, &analysis);
	news = keep_news(live, &analysis);
	if (news && !live->silent) {
		struct hw_report report = { .out = stderr, .analysis = &analysis, .model = model,
			.file = live->file, .verbose = live->verbose, .quiet = live->quiet,
			.partial = true, .term = hw_term_of(stderr, live->color) };

		hw_report_write(&hw_report_text, &report);
		fflush(stderr);
	}
	hw_analysis_finish(&analysis);
	return (int)news;
}

/* Whether any two threads could be in each other's way at all: names are looked up only then. */
static int anybody_waits(struct hw_live *live, struct hw_error *error)
{
	struct hw_recording recording;
	struct hw_model model = { 0 };
	struct hw_deadlocks deadlocks;
	int found = hw_recording_open(live->file, HW_RECORDING_AS_IT_IS, &recording, error);

	if (found)
		return found;
	found = hw_model_load(recording.db, live->file, &model, error);
	if (!found) {
		hw_deadlocks_find(&model, &deadlocks);
		found = deadlocks.count > 0;
		hw_deadlocks_finish(&deadlocks);
	}
	hw_model_finish(&model);
	hw_recording_close(&recording);
	return found;
}

int hw_live_look(struct hw_live *live, struct hw_error *error)
{
	struct hw_recording recording;
	struct hw_model model = { 0 };
	int news = anybody_waits(live, error);

	if (news <= 0)
		return news;
	news = hw_recording_open(live->file, HW_RECORDING_WITH_NAMES, &recording, error);
	if (news)
		return news;
	news = hw_model_load(recording.db, live->file, &model, error);
	if (!news)
		news = tell_news(live, &model);
	hw_model_finish(&model);
	hw_recording_close(&recording);
	return news;
}

void hw_live_finish(struct hw_live *live)
{
	free(live->told);
}
