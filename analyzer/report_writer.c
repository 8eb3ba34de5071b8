/* SPDX-License-Identifier: MIT */
#include "analyzer/report_writer.h"

#include "analyzer/utf8.h"

void hw_report_writer_styled(
	const struct hw_report_writer *w, enum hw_style style, const char *text)
{
	fputs(hw_term_begin(&w->report->term, style), w->out);
	hw_utf8_print(w->out, text);
	fputs(hw_term_end(&w->report->term), w->out);
}

void hw_report_writer_pad(const struct hw_report_writer *w, const char *text, size_t columns)
{
	size_t used = hw_utf8_columns(text);

	for (; used < columns; used++)
		fputc(' ', w->out);
}

const char *hw_report_writer_label(const struct hw_report_writer *w, uint32_t object)
{
	return w->model->objects[object].short_label;
}

const char *hw_report_writer_held(
	const struct hw_report_writer *w, const struct hw_finding_thread *thread)
{
	return thread->hold_count ? hw_report_writer_label(w, thread->holds[0].object) : "nothing";
}

bool hw_report_writer_waits(const struct hw_report_writer *w)
{
	enum hw_verdict verdict = w->finding->verdict;

	return verdict == HW_VERDICT_DEADLOCK ||
	       (verdict == HW_VERDICT_NONE && w->finding->rule != HW_RULE_DECLARED);
}

const char *hw_report_writer_verb(
	const struct hw_report_writer *w, const struct hw_finding_thread *thread)
{
	bool now = hw_report_writer_waits(w);

	if (thread->act != HW_ACT_WAIT)
		return hw_act_verb(thread->act);
	if (thread->shared)
		return now ? "waits to read" : "locks to read";
	switch (w->model->objects[thread->object].kind) {
	case HW_KIND_RWLOCK:
		return now ? "waits to write" : "locks to write";
	case HW_KIND_SEM:
		return now ? "waits for" : "takes";
	case HW_KIND_MUTEX:
	case HW_KIND_SPIN:
		return now ? "waits for" : "locks";
	default:
		return "waits for";
	}
}
