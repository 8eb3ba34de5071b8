/* SPDX-License-Identifier: MIT */
#include "analyzer/report_summary.h"

#include <inttypes.h>

#include "analyzer/utf8.h"

static void print_notes(const struct hw_report *report)
{
	for (uint32_t i = 0; i < report->analysis->note_count; i++) {
		fprintf(report->out, "%snote%s: ", hw_term_begin(&report->term, HW_STYLE_NOTE),
			hw_term_end(&report->term));
		hw_utf8_print(report->out, report->analysis->notes[i]);
		fputc('\n', report->out);
	}
}

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

static uint32_t count(const struct hw_report *report, enum hw_verdict verdict, bool stalls)
{
	uint32_t result = 0;

	for (uint32_t i = 0; i < report->analysis->finding_count; i++) {
		const struct hw_finding *f = &report->analysis->findings[i];

		result += f->verdict == verdict && (f->rule == HW_RULE_STALL) == stalls;
	}
	return result;
}

static void print_findings(const struct hw_report *report)
{
	static const struct {
		enum hw_verdict verdict;
		const char *one, *many;
		bool stalls;
	} kinds[] = {
		{ HW_VERDICT_DEADLOCK, "deadlock", "deadlocks" },
		{ HW_VERDICT_PREDICTED, "predicted deadlock", "predicted deadlocks" },
		{ HW_VERDICT_POSSIBLE, "possible deadlock", "possible deadlocks" },
		{ HW_VERDICT_NONE, "misuse", "misuses" },
		{ HW_VERDICT_NONE, "stall", "stalls", true },
	};
	const struct hw_analysis *a = report->analysis;
	const char *separator = "";
	bool deadlock = false;

	fputs(hw_term_begin(&report->term,
		      a->finding_count ? hw_report_style_of(a->findings[0].verdict) :
					 HW_STYLE_RULED_OUT),
		report->out);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		uint32_t found = count(report, kinds[i].verdict, kinds[i].stalls);

		if (kinds[i].verdict == HW_VERDICT_NONE && !kinds[i].stalls && !deadlock) {
			fputs("no deadlock found", report->out);
			separator = ", ";
		}
		if (!found)
			continue;
		fprintf(report->out, "%s%u %s", separator, found,
			found == 1 ? kinds[i].one : kinds[i].many);
		separator = ", ";
		deadlock = true;
	}
	fputs(hw_term_end(&report->term), report->out);
}

static void print_ruled_out(const struct hw_report *report)
{
	uint32_t ruled_out = report->analysis->ruled_out_count;

	if (ruled_out)
		fprintf(report->out, "; %u lock-order cycle%s ruled out%s", ruled_out,
			plural(ruled_out), report->all ? "" : " (--all shows them)");
	fputc('\n', report->out);
}

static void print_recording(const struct hw_report *report)
{
	const struct hw_model *m = report->model;

	hw_utf8_print(report->out, report->file);
	fputs(": ", report->out);
	if (m->meta.events != HW_UNKNOWN)
		fprintf(report->out, "%" PRId64 " event%s of ", m->meta.events,
			plural(m->meta.events));
	fprintf(report->out, "%u thread%s", m->thread_count, plural(m->thread_count));
	if (m->process_count > 1)
		fprintf(report->out, " in %u processes", m->process_count);
	fprintf(report->out, " on %u object%s, %" PRId64 " event%s lost\n", m->object_count,
		plural(m->object_count), m->meta.lost, plural(m->meta.lost));
}

/* Where to read more about the worst of them. */
static void print_pointer(const struct hw_report *report)
{
	const struct hw_analysis *analysis = report->analysis;

	if (analysis->finding_count)
		fprintf(report->out, "'holdwait explain %s' says what that means\n",
			hw_finding_rule_name(analysis->findings[0].rule));
}

void hw_report_summary_print(const struct hw_report *report)
{
	print_notes(report);
	print_findings(report);
	print_ruled_out(report);
	print_recording(report);
	print_pointer(report);
}
