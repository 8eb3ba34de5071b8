/* SPDX-License-Identifier: MIT */
/*
 * The report for people, in the form of a compiler's diagnostics. A finding is
 *
 *   - what is wrong, in one line that begins with verdict and rule,
 *   - who holds what and waits for what, a line for each thread,
 *   - the places in source, once for all threads that came the same way,
 *   - what to do about it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/report_summary.h"
#include "analyzer/report_witness.h"
#include "analyzer/report_writer.h"
#include "analyzer/stack.h"
#include "analyzer/utf8.h"
#include "analyzer/words.h"
#include "trace/memory.h"

static void print_headline(const struct hw_report_writer *w)
{
	const struct hw_finding *f = w->finding;

	fputs(hw_term_begin(&w->report->term, hw_report_style_of(f->verdict)), w->out);
	fprintf(w->out, "%s[%s]", hw_finding_headline(f), hw_finding_rule_name(f->rule));
	fputs(hw_term_end(&w->report->term), w->out);
	fputs(": ", w->out);
	hw_report_writer_styled(w, HW_STYLE_TITLE, f->title);
	fputc('\n', w->out);
}

/* Text in lines of the width of the terminal; those after the first are indented. */
static void print_wrapped(
	const struct hw_report_writer *w, const char *text, size_t column, unsigned indent)
{
	struct hw_arena arena = { 0 };
	char *words = hw_arena_string(&arena, text), *rest = words, *word;
	const char *separator = "";

	while ((word = strsep(&rest, " "))) {
		size_t columns = hw_utf8_columns(word);

		if (*separator && column + 1 + columns > w->report->term.columns) {
			fprintf(w->out, "\n%*s", (int)indent, "");
			column = indent;
			separator = "";
		}
		fputs(separator, w->out);
		hw_utf8_print(w->out, word);
		column += strlen(separator) + columns;
		separator = " ";
	}
	fputc('\n', w->out);
	hw_arena_finish(&arena);
}

static void print_remark(const struct hw_report_writer *w, const char *heading, const char *text)
{
	fputs("  = ", w->out);
	hw_report_writer_styled(w, HW_STYLE_NOTE, heading);
	fputs(": ", w->out);
	print_wrapped(w, text, 6 + hw_utf8_columns(heading), 10);
}

/* With -v: what the objects are, as far as it is known. */
static void print_objects(const struct hw_report_writer *w)
{
	const struct hw_finding *f = w->finding;
	struct hw_arena arena = { 0 };

	for (uint32_t i = 0; i < f->object_count; i++) {
		const struct hw_object *o = &w->model->objects[f->objects[i]];
		uint32_t site = hw_stack_site(w->model, o->create_stack);
		char *text = hw_xasprintf("object %" PRId64 " is a %s%s%s%s%s", o->id, o->type,
			o->type[0] ? " " : "", hw_words_describe(o->kind),
			site == HW_NONE	 ? ""
			: o->initialised ? ", made in "
					 : ", first used in ",
			site == HW_NONE ? "" : hw_stack_place(w->model, site, &arena));

		print_remark(w, o->short_label, text);
		free(text);
	}
	hw_arena_finish(&arena);
}

static void print_finding(const struct hw_report_writer *w)
{
	const struct hw_finding *f = w->finding;

	print_headline(w);
	hw_report_threads_print(w);
	hw_report_places_print(w);
	fputc('\n', w->out);
	hw_report_witness_print(w->report, f);
	if (w->report->verbose)
		print_objects(w);
	print_remark(w, f->verdict == HW_VERDICT_RULED_OUT ? "note" : "help", f->help);
	for (uint32_t i = 0; i < f->note_count; i++)
		print_remark(w, "note", f->notes[i]);
	print_remark(w, "id", f->id);
	fputc('\n', w->out);
}

static void begin(struct hw_report *report)
{
	struct hw_report_writer *w = report->private = hw_xcalloc(1, sizeof(*w));

	*w = (struct hw_report_writer){
		.report = report, .out = report->out, .model = report->model };
}

static void finding(struct hw_report *report, const struct hw_finding *f)
{
	struct hw_report_writer *w = report->private;

	w->finding = f;
	if (report->told)
		return;
	if (report->quiet)
		print_headline(w);
	else
		print_finding(w);
}

static void ruled_out(struct hw_report *report)
{
}

static void end(struct hw_report *report)
{
	if (!report->quiet && !report->partial)
		hw_report_summary_print(report);
	free(report->private);
}

const struct hw_report_format hw_report_text = {
	.name = "text",
	.description = "for people",
	.begin = begin,
	.finding = finding,
	.ruled_out = ruled_out,
	.end = end,
};
