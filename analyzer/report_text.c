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

#include "analyzer/report.h"
#include "analyzer/report_summary.h"
#include "analyzer/report_witness.h"
#include "analyzer/snippet.h"
#include "analyzer/stack.h"
#include "analyzer/textbuf.h"
#include "analyzer/utf8.h"
#include "analyzer/words.h"
#include "trace/memory.h"

/* Frames shown of a stack, unless all are wanted. */
enum { FRAMES_SHORT = 6 };

struct writer {
	struct hw_report *report;
	FILE *out;
	const struct hw_model *model;
	const struct hw_finding *finding;
};

static void begin_style(const struct writer *w, enum hw_style style)
{
	fputs(hw_term_begin(&w->report->term, style), w->out);
}

static void end_style(const struct writer *w)
{
	fputs(hw_term_end(&w->report->term), w->out);
}

static void print_styled(const struct writer *w, enum hw_style style, const char *text)
{
	begin_style(w, style);
	hw_utf8_print(w->out, text);
	end_style(w);
}

/* Blanks up to a column, given how many were used. */
static void pad(const struct writer *w, const char *text, size_t columns)
{
	size_t used = hw_utf8_columns(text);

	for (; used < columns; used++)
		fputc(' ', w->out);
}

static void print_headline(const struct writer *w)
{
	static const struct {
		const char *word;
		enum hw_style style;
	} verdicts[] = {
		[HW_VERDICT_DEADLOCK] = { "deadlock", HW_STYLE_DEADLOCK },
		[HW_VERDICT_PREDICTED] = { "predicted deadlock", HW_STYLE_DEADLOCK },
		[HW_VERDICT_POSSIBLE] = { "possible deadlock", HW_STYLE_POSSIBLE },
		[HW_VERDICT_RULED_OUT] = { "ruled out", HW_STYLE_RULED_OUT },
	};
	const struct hw_finding *f = w->finding;

	begin_style(w, verdicts[f->verdict].style);
	fprintf(w->out, "%s[%s]", verdicts[f->verdict].word, hw_finding_rule_name(f->rule));
	end_style(w);
	fputs(": ", w->out);
	print_styled(w, HW_STYLE_TITLE, f->title);
	fputc('\n', w->out);
}

static const char *object_label(const struct writer *w, uint32_t object)
{
	return w->model->objects[object].short_label;
}

/* What a thread holds that matters; "" when only its end is waited for. */
static const char *held_label(const struct writer *w, const struct hw_finding_thread *t)
{
	return t->hold_count ? object_label(w, t->holds[0].object) : "nothing";
}

static const char *wait_verb(const struct writer *w, const struct hw_finding_thread *t)
{
	bool now = w->finding->verdict == HW_VERDICT_DEADLOCK;

	if (t->awaited_shared)
		return now ? "waits to read" : "locks to read";
	if (w->model->objects[t->awaited].kind == HW_KIND_RWLOCK)
		return now ? "waits to write" : "locks to write";
	if (w->model->objects[t->awaited].kind == HW_KIND_SEM)
		return now ? "waits for" : "takes";
	return now ? "waits for" : "locks";
}

static void print_other_holds(const struct writer *w, const struct hw_finding_thread *t)
{
	if (t->hold_count < 2)
		return;
	fputs(", also holds ", w->out);
	for (uint32_t i = 1; i < t->hold_count; i++) {
		fputs(i == 1 ? "" : ", ", w->out);
		print_styled(w, HW_STYLE_OBJECT, object_label(w, t->holds[i].object));
	}
}

/* Who holds what and waits for what, as a table. */
static void print_threads(const struct writer *w)
{
	const struct hw_finding *f = w->finding;
	size_t thread_columns = 0, held_columns = 0, columns;

	for (uint32_t i = 0; i < f->thread_count; i++) {
		const struct hw_finding_thread *t = &f->threads[i];

		columns = hw_utf8_columns(w->model->threads[t->thread].label);
		thread_columns = columns > thread_columns ? columns : thread_columns;
		columns = hw_utf8_columns(held_label(w, t));
		held_columns = columns > held_columns ? columns : held_columns;
	}
	for (uint32_t i = 0; i < f->thread_count; i++) {
		const struct hw_finding_thread *t = &f->threads[i];
		const char *label = w->model->threads[t->thread].label;

		fputs("  ", w->out);
		print_styled(w, HW_STYLE_THREAD, label);
		pad(w, label, thread_columns);
		fputs(" holds ", w->out);
		print_styled(w, HW_STYLE_OBJECT, held_label(w, t));
		pad(w, held_label(w, t), held_columns);
		fprintf(w->out, " and %s ", wait_verb(w, t));
		print_styled(w, HW_STYLE_OBJECT, object_label(w, t->awaited));
		print_other_holds(w, t);
		fputc('\n', w->out);
	}
}

/* A text without the words it begins with. */
static const char *without(const char *text, const char *words)
{
	size_t length = strlen(words);

	return strncmp(text, words, length) == 0 && text[length] == ' ' ? text + length + 1 : text;
}

/* What the short names of the objects stand for. */
static void print_introductions(const struct writer *w)
{
	for (uint32_t i = 0; i < w->finding->object_count; i++) {
		const struct hw_object *o = &w->model->objects[w->finding->objects[i]];

		const char *from = w->model->classes[o->class_].name;

		if (o->label == o->short_label)
			continue;
		fputs("  ", w->out);
		print_styled(w, HW_STYLE_OBJECT, o->short_label);
		fputs(": ", w->out);
		hw_utf8_print(w->out, without(from, hw_words_describe(o->kind)));
		fputc('\n', w->out);
	}
}

static uint32_t hold_stack(const struct hw_finding_thread *t)
{
	return t->hold_count ? t->holds[0].stack : HW_NONE;
}

/* Whether two threads came to where they are by the same ways, so that one text fits both. */
static bool same_ways(const struct hw_finding_thread *a, const struct hw_finding_thread *b)
{
	return hold_stack(a) == hold_stack(b) && a->awaited_stack == b->awaited_stack &&
	       (a->hold_count == 0) == (b->hold_count == 0);
}

/* The frames worth showing, innermost first. `ret_hidden`: how many are left out. */
static uint32_t choose_frames(
	const struct writer *w, uint32_t stack, uint32_t *ret_frames, uint32_t *ret_hidden)
{
	uint32_t all[HW_STACK_FRAMES_MAX],
		total = hw_stack_frames(w->model, stack, all, HW_STACK_FRAMES_MAX);
	uint32_t count = 0, stored = total < HW_STACK_FRAMES_MAX ? total : HW_STACK_FRAMES_MAX;
	bool own = false;

	for (uint32_t i = 0; i < stored; i++)
		own |= !w->model->frames[all[i]].is_runtime;
	for (uint32_t i = 0; i < stored; i++) {
		bool wanted = !own || !w->model->frames[all[i]].is_runtime;

		if (w->report->verbose || (wanted && count < FRAMES_SHORT))
			ret_frames[count++] = all[i];
	}
	*ret_hidden = total - count;
	return count;
}

static void print_stack(const struct writer *w, const char *heading, uint32_t stack)
{
	uint32_t frames[HW_STACK_FRAMES_MAX], hidden,
		count = choose_frames(w, stack, frames, &hidden);
	struct hw_arena arena = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		print_styled(w, HW_STYLE_FAINT, i == 0 ? heading : "            ");
		hw_utf8_print(w->out, hw_stack_place(w->model, frames[i], &arena));
		fputc('\n', w->out);
	}
	hw_arena_finish(&arena);
}

/* The call stacks of a thread; once, when it takes both locks in a loop. */
static void print_stacks(const struct writer *w, const struct hw_finding_thread *t)
{
	bool waits = w->finding->verdict == HW_VERDICT_DEADLOCK;

	if (t->hold_count && hold_stack(t) == t->awaited_stack) {
		print_stack(w, "  both in   ", t->awaited_stack);
		return;
	}
	if (t->hold_count)
		print_stack(w, "  taken in  ", hold_stack(t));
	print_stack(w, waits ? "  waits in  " : "  locks in  ", t->awaited_stack);
}

/* The two places of a thread, or of `count` threads that came the same way. */
static void print_places(const struct writer *w, const struct hw_finding_thread *t, uint32_t count)
{
	struct hw_snippet_mark marks[2];
	uint32_t held_site, awaited_site;
	unsigned mark_count = 0;
	char *held = count > 1 ? hw_xstrdup("holds one, taken here")
			       : hw_xasprintf("%s taken here", held_label(w, t));
	char *awaited = count > 1 ? hw_xasprintf("and %s the next here", wait_verb(w, t))
				  : hw_xasprintf("%s %s here", wait_verb(w, t),
					    object_label(w, t->awaited));

	hw_stack_sites(w->model, hold_stack(t), t->awaited_stack, &held_site, &awaited_site);
	if (t->hold_count)
		marks[mark_count++] =
			(struct hw_snippet_mark){ held_site, held, '-', HW_STYLE_HELD };
	marks[mark_count++] =
		(struct hw_snippet_mark){ awaited_site, awaited, '^', HW_STYLE_WAITED };
	hw_snippet_print(w->out, &w->report->term, w->model, marks, mark_count);
	print_stacks(w, t);
	free(held);
	free(awaited);
}

/* The thread that the places from `first` on are told for, and how many more of its kind. */
static void print_group(const struct writer *w, uint32_t first, bool *told)
{
	const struct hw_finding *f = w->finding;
	const struct hw_finding_thread *t = &f->threads[first];
	uint32_t count = 0;

	for (uint32_t i = first; i < f->thread_count; i++)
		if (!told[i] && same_ways(t, &f->threads[i])) {
			told[i] = true;
			count++;
		}
	fputs("\n  ", w->out);
	if (count == f->thread_count && count > 1)
		print_styled(w, HW_STYLE_THREAD, count == 2 ? "both of them" : "all of them");
	else
		print_styled(w, HW_STYLE_THREAD, w->model->threads[t->thread].label);
	if (count > 1 && count < f->thread_count)
		fprintf(w->out, " and %u more", count - 1);
	fputs(":\n", w->out);
	print_places(w, t, count);
}

/* Text in lines of the width of the terminal; those after the first are indented. */
static void print_wrapped(const struct writer *w, const char *text, size_t column, unsigned indent)
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

static void print_remark(const struct writer *w, const char *heading, const char *text)
{
	fputs("  = ", w->out);
	print_styled(w, HW_STYLE_NOTE, heading);
	fputs(": ", w->out);
	print_wrapped(w, text, 6 + hw_utf8_columns(heading), 10);
}

/* With -v: what the objects are, as far as it is known. */
static void print_objects(const struct writer *w)
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

static void print_finding(const struct writer *w)
{
	const struct hw_finding *f = w->finding;
	bool *told = hw_xcalloc(f->thread_count, sizeof(*told));

	print_headline(w);
	print_threads(w);
	print_introductions(w);
	for (uint32_t i = 0; i < f->thread_count; i++)
		if (!told[i])
			print_group(w, i, told);
	free(told);
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
	struct writer *w = report->private = hw_xcalloc(1, sizeof(*w));

	*w = (struct writer){ .report = report, .out = report->out, .model = report->model };
}

static void finding(struct hw_report *report, const struct hw_finding *f)
{
	struct writer *w = report->private;

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
