/* SPDX-License-Identifier: MIT */
#include "analyzer/check_write.h"

#include "analyzer/report.h"
#include "analyzer/utf8.h"

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static void write_line(
	const struct hw_check_writer *w, const char *file, const struct hw_finding *finding)
{
	const char *verdict = hw_finding_verdict_name(finding->verdict);

	hw_utf8_print(w->out, file);
	fprintf(w->out, ": %s%s[%s]%s %s: ",
		hw_term_begin(&w->term, hw_report_style_of(finding->verdict)),
		verdict ? verdict : hw_finding_headline(finding),
		hw_finding_rule_name(finding->rule), hw_term_end(&w->term), finding->id);
	hw_utf8_print(w->out, finding->title);
	fputc('\n', w->out);
}

/* Like that of `holdwait report`, of what is new. */
static void write_in_full(
	const struct hw_check_writer *w, const char *file, const struct hw_analysis *analysis)
{
	struct hw_report report = { .out = w->out, .analysis = analysis,
		.model = analysis->model, .file = file, .verbose = true, .term = w->term };

	hw_report_write(&hw_report_text, &report);
}

static void write_recording_text(struct hw_check_writer *w, struct hw_check *check,
	const char *file, struct hw_analysis *analysis, const struct hw_checked *checked)
{
	uint32_t all = analysis->finding_count;

	for (uint32_t i = 0; i < checked->new_count; i++) {
		const struct hw_finding *finding = &analysis->findings[i];

		if (hw_baseline_find(&check->told, finding->id))
			continue;
		if (!check->told.count) {
			w->example_file = file;
			w->example_rule = finding->rule;
		}
		hw_baseline_add(&check->told, finding);
		if (!w->verbose)
			write_line(w, file, finding);
	}
	if (w->verbose && checked->new_count) {
		analysis->finding_count = checked->new_count;
		write_in_full(w, file, analysis);
		analysis->finding_count = all;
	}
	if (checked->cannot_say) {
		hw_utf8_print(w->out, file);
		fprintf(w->out, ": %s\n", checked->cannot_say);
	}
}

static void write_ids(struct hw_json *json, const char *key, const struct hw_finding *findings,
	uint32_t count)
{
	hw_json_begin_array(json, key, true);
	for (uint32_t i = 0; i < count; i++)
		hw_json_string(json, NULL, findings[i].id);
	hw_json_end(json);
}

static void write_recording_json(struct hw_check_writer *w, struct hw_check *check,
	const char *file, const struct hw_analysis *analysis, const struct hw_checked *checked)
{
	const struct hw_finding *known = analysis->findings + checked->new_count;
	const struct hw_meta *meta = &analysis->model->meta;
	struct hw_json *json = &w->state;

	hw_json_begin_object(json, NULL, false);
	hw_json_string(json, "file", file);
	if (meta->events == HW_UNKNOWN)
		hw_json_null(json, "events");
	else
		hw_json_integer(json, "events", meta->events);
	hw_json_integer(json, "lost", meta->lost);
	hw_json_string(json, "cannot_say", checked->cannot_say);
	hw_json_begin_array(json, "findings", false);
	for (uint32_t i = 0; i < checked->new_count; i++) {
		hw_baseline_add(&check->told, &analysis->findings[i]);
		hw_report_json_put(json, analysis->model, &analysis->findings[i]);
	}
	hw_json_end(json);
	write_ids(json, "known", known, checked->known_count);
	write_ids(json, "suppressed", known + checked->known_count, checked->suppressed_count);
	hw_json_end(json);
}

void hw_check_write_begin(struct hw_check_writer *w)
{
	if (!w->json)
		return;
	hw_json_init(&w->state, w->out);
	hw_json_begin_object(&w->state, NULL, false);
	hw_json_string(&w->state, "holdwait", HW_VERSION);
	hw_json_begin_array(&w->state, "recordings", false);
}

void hw_check_write_recording(struct hw_check_writer *w, struct hw_check *check, const char *file,
	struct hw_analysis *analysis, const struct hw_checked *checked)
{
	if (w->json)
		write_recording_json(w, check, file, analysis, checked);
	else
		write_recording_text(w, check, file, analysis, checked);
}

void hw_check_write_failure(
	struct hw_check_writer *w, const char *file, const struct hw_error *error)
{
	if (!w->json)
		return;
	hw_json_begin_object(&w->state, NULL, false);
	hw_json_string(&w->state, "file", file);
	hw_json_string(&w->state, "cannot_say", error->message);
	hw_json_begin_array(&w->state, "findings", true);
	hw_json_end(&w->state);
	hw_json_end(&w->state);
}

static void write_end_json(struct hw_check_writer *w, const struct hw_check *check)
{
	struct hw_json *json = &w->state;

	hw_json_end(json);
	hw_json_begin_array(json, "gone", false);
	for (size_t i = 0; i < check->baseline.count; i++)
		if (!check->baseline.all[i].found)
			hw_json_string(json, NULL, check->baseline.all[i].id);
	hw_json_end(json);
	hw_json_begin_array(json, "unused_suppressions", false);
	for (size_t i = 0; i < check->suppressions.count; i++) {
		const struct hw_suppression *s = &check->suppressions.all[i];

		if (s->used)
			continue;
		hw_json_begin_object(json, NULL, true);
		hw_json_string(json, "file", s->file);
		hw_json_integer(json, "line", s->line);
		hw_json_string(json, "text", s->text);
		hw_json_end(json);
	}
	hw_json_end(json);
	hw_json_integer(json, "status", hw_check_status(check));
	hw_json_end(json);
}

/* What was not found: what to find it in may not have been among the recordings. */
static void write_leftovers(const struct hw_check_writer *w, const struct hw_check *check)
{
	for (size_t i = 0; i < check->suppressions.count; i++) {
		const struct hw_suppression *s = &check->suppressions.all[i];

		if (!s->used)
			fprintf(w->out, "%s:%u: suppresses nothing: %s\n", s->file, s->line,
				s->text);
	}
	for (size_t i = 0; i < check->baseline.count; i++)
		if (!check->baseline.all[i].found)
			fprintf(w->out, "gone from the baseline: %s\n",
				check->baseline.all[i].text);
}

static void write_summary(const struct hw_check_writer *w, const struct hw_check *check)
{
	const char *prefix = w->beside_program ? "holdwait: " : "";

	fputs(prefix, w->out);
	if (check->told.count)
		fprintf(w->out, "%zu finding%s", check->told.count, plural(check->told.count));
	else
		fprintf(w->out, "no %sfinding", check->known.count ? "new " : "");
	if (check->known.count)
		fprintf(w->out, ", %zu known", check->known.count);
	if (check->suppressed.count)
		fprintf(w->out, ", %zu suppressed", check->suppressed.count);
	fprintf(w->out, " in %u recording%s", check->recordings, plural(check->recordings));
	if (check->troubles && check->recordings == 1)
		fputs(", which says little", w->out);
	else if (check->troubles)
		fprintf(w->out, ", of which %u say%s little", check->troubles,
			check->troubles == 1 ? "s" : "");
	fputc('\n', w->out);
	if (!w->example_file || w->verbose)
		return;
	fputs(prefix, w->out);
	fprintf(w->out, "see 'holdwait report %s' for where, 'holdwait explain %s' for why\n",
		w->example_file, hw_finding_rule_name(w->example_rule));
}

void hw_check_write_end(struct hw_check_writer *w, const struct hw_check *check)
{
	bool dull = w->beside_program && hw_check_status(check) == HW_CHECK_CLEAN;

	if (w->json) {
		write_end_json(w, check);
		return;
	}
	if (w->quiet)
		return;
	/* A test among many meets few of the suppressions; that is no news. */
	if (!w->beside_program || w->verbose)
		write_leftovers(w, check);
	if (!dull || w->verbose)
		write_summary(w, check);
}
