/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "analyzer/report_writer.h"
#include "analyzer/utf8.h"
#include "analyzer/words.h"

/* Everybody in a ring holds something, if only its own end. */
static bool shows_hold(const struct hw_report_writer *w, const struct hw_finding_thread *t)
{
	return t->hold_count || (t->act == HW_ACT_WAIT && w->finding->ring_length);
}

static void print_other_holds(const struct hw_report_writer *w, const struct hw_finding_thread *t)
{
	if (t->hold_count < 2)
		return;
	fputs(", also holds ", w->out);
	for (uint32_t i = 1; i < t->hold_count; i++) {
		fputs(i == 1 ? "" : ", ", w->out);
		hw_report_writer_styled(
			w, HW_STYLE_OBJECT, hw_report_writer_label(w, t->holds[i].object));
	}
}

static void print_hold(
	const struct hw_report_writer *w, const struct hw_finding_thread *t, size_t columns)
{
	const char *held = hw_report_writer_held(w, t);

	fputs(t->held_before ? " held " : " holds ", w->out);
	hw_report_writer_styled(w, HW_STYLE_OBJECT, held);
	if (t->held_before)
		fputs(" before", w->out);
	if (t->act == HW_ACT_NONE)
		return;
	hw_report_writer_pad(w, held, columns);
	fputs(" and", w->out);
}

static void print_act(const struct hw_report_writer *w, const struct hw_finding_thread *t)
{
	const char *verb = hw_report_writer_verb(w, t);

	if (!verb)
		return;
	fprintf(w->out, " %s", verb);
	if (t->act == HW_ACT_END)
		return;
	fputc(' ', w->out);
	hw_report_writer_styled(w, HW_STYLE_OBJECT, hw_report_writer_label(w, t->object));
	if (t->act != HW_ACT_DECLARE)
		return;
	fputs(" before ", w->out);
	hw_report_writer_styled(w, HW_STYLE_OBJECT, hw_report_writer_label(w, t->before));
}

static void print_table(const struct hw_report_writer *w)
{
	const struct hw_finding *f = w->finding;
	size_t thread_columns = 0, held_columns = 0, columns;

	for (uint32_t i = 0; i < f->thread_count; i++) {
		const struct hw_finding_thread *t = &f->threads[i];

		columns = hw_utf8_columns(w->model->threads[t->thread].label);
		thread_columns = columns > thread_columns ? columns : thread_columns;
		columns = hw_utf8_columns(hw_report_writer_held(w, t));
		held_columns = columns > held_columns ? columns : held_columns;
	}
	for (uint32_t i = 0; i < f->thread_count; i++) {
		const struct hw_finding_thread *t = &f->threads[i];
		const char *label = w->model->threads[t->thread].label;

		fputs("  ", w->out);
		hw_report_writer_styled(w, HW_STYLE_THREAD, label);
		hw_report_writer_pad(w, label, thread_columns);
		if (shows_hold(w, t))
			print_hold(w, t, held_columns);
		print_act(w, t);
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

static void print_introductions(const struct hw_report_writer *w)
{
	for (uint32_t i = 0; i < w->finding->object_count; i++) {
		const struct hw_object *o = &w->model->objects[w->finding->objects[i]];
		const char *from = w->model->classes[o->class_].name;

		if (o->label == o->short_label)
			continue;
		fputs("  ", w->out);
		hw_report_writer_styled(w, HW_STYLE_OBJECT, o->short_label);
		fputs(": ", w->out);
		hw_utf8_print(w->out, without(from, hw_words_describe(o->kind)));
		fputc('\n', w->out);
	}
}

void hw_report_threads_print(const struct hw_report_writer *w)
{
	print_table(w);
	print_introductions(w);
}
