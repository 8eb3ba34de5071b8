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

/* A waiting state is stored within this time; what it says was so then. */
enum { STATE_LAG_NS = 100000000 };

/* Keep only what is news; the rest is told at the end. How many deadlocks are left. */
static uint32_t keep_news(struct hw_live *live, struct hw_analysis *analysis)
{
	uint32_t kept = 0, deadlocks = 0;

	for (uint32_t i = 0; i < analysis->finding_count; i++) {
		struct hw_finding *finding = &analysis->findings[i];

		if ((finding->verdict != HW_VERDICT_DEADLOCK && finding->rule != HW_RULE_STALL) ||
			told_before(live, finding->fingerprint))
			continue;
		deadlocks += finding->verdict == HW_VERDICT_DEADLOCK;
		HW_GROW(live->told, live->told_count, live->told_capacity);
		live->told[live->told_count++] = finding->fingerprint;
		analysis->findings[kept++] = *finding;
	}
	analysis->finding_count = kept;
	return deadlocks;
}

static void write_findings(const struct hw_live *live, const struct hw_analysis *analysis)
{
	struct hw_report report = { .out = stderr, .analysis = analysis,
		.model = analysis->model, .file = live->file, .verbose = live->verbose,
		.quiet = live->quiet, .partial = true,
		.term = hw_term_of(stderr, live->color) };

	hw_report_write(&hw_report_text, &report);
	fflush(stderr);
}

static int tell_news(struct hw_live *live, const struct hw_model *model, int64_t now_ns)
{
	struct hw_analysis_options options = HW_ANALYSIS_DEFAULTS;
	struct hw_analysis analysis;
	uint32_t news;

	options.stall_ns = live->stall_ns;
	options.now_ns = now_ns - STATE_LAG_NS;
	hw_analysis_run(model, NULL, &options, &analysis);
	news = keep_news(live, &analysis);
	if (analysis.finding_count && !live->silent)
		write_findings(live, &analysis);
	hw_analysis_finish(&analysis);
	return (int)news;
}

/* Only what is so at this instant; how many are left. */
static uint32_t keep_state(struct hw_analysis *analysis)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < analysis->finding_count; i++)
		if (analysis->findings[i].verdict == HW_VERDICT_DEADLOCK ||
			analysis->findings[i].rule == HW_RULE_STALL)
			analysis->findings[kept++] = analysis->findings[i];
	return analysis->finding_count = kept;
}

static int tell_state(struct hw_live *live, const struct hw_model *model, int64_t now_ns)
{
	struct hw_analysis_options options = HW_ANALYSIS_DEFAULTS;
	struct hw_analysis analysis;
	uint32_t told;

	options.stall_ns = 1;
	options.now_ns = now_ns - STATE_LAG_NS;
	hw_analysis_run(model, NULL, &options, &analysis);
	told = keep_state(&analysis);
	if (told)
		write_findings(live, &analysis);
	hw_analysis_finish(&analysis);
	return (int)told;
}

/* Whether some thread is blocked for too long, and it is not one that was told of. */
static bool is_stall_new(struct hw_live *live, const struct hw_model *model, int64_t now_ns)
{
	struct hw_stalls stalls;
	struct hw_error unused;
	bool found = false, new;

	live->due_ns = INT64_MAX;
	if (!live->stall_ns)
		return false;
	hw_stalls_find(model, NULL, live->stall_ns, now_ns - STATE_LAG_NS, &stalls, &unused);
	for (uint32_t i = 0; i < stalls.count; i++) {
		hw_table_put(&live->stalls_told,
			hw_hash_mix(stalls.all[i].thread, (uint64_t)stalls.all[i].since_ns), &new);
		found |= new;
	}
	if (stalls.next_ns != INT64_MAX)
		live->due_ns = stalls.next_ns + STATE_LAG_NS;
	hw_stalls_finish(&stalls);
	return found;
}

/* Whether any two threads could be in each other's way at all: names are looked up only then. */
static int anybody_waits(struct hw_live *live, int64_t now_ns, struct hw_error *error)
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
		found = is_stall_new(live, &model, now_ns) || deadlocks.count > 0;
		hw_deadlocks_finish(&deadlocks);
	}
	hw_model_finish(&model);
	hw_recording_close(&recording);
	return found;
}

static int with_names(struct hw_live *live, int64_t now_ns,
	int (*tell)(struct hw_live *live, const struct hw_model *model, int64_t now_ns),
	struct hw_error *error)
{
	struct hw_recording recording;
	struct hw_model model = { 0 };
	int told = hw_recording_open(live->file, HW_RECORDING_WITH_NAMES, &recording, error);

	if (told)
		return told;
	told = hw_model_load(recording.db, live->file, &model, error);
	if (!told)
		told = tell(live, &model, now_ns);
	hw_model_finish(&model);
	hw_recording_close(&recording);
	return told;
}

int hw_live_look(struct hw_live *live, int64_t now_ns, struct hw_error *error)
{
	int news = anybody_waits(live, now_ns, error);

	return news > 0 ? with_names(live, now_ns, tell_news, error) : news;
}

int hw_live_tell(struct hw_live *live, int64_t now_ns, struct hw_error *error)
{
	return with_names(live, now_ns, tell_state, error);
}

void hw_live_finish(struct hw_live *live)
{
	free(live->told);
	hw_table_finish(&live->stalls_told);
}
