/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "analyzer/report_writer.h"
#include "analyzer/snippet.h"
#include "analyzer/stack.h"
#include "analyzer/utf8.h"
#include "trace/memory.h"

/* Frames shown of a stack, unless all are wanted. */
enum { FRAMES_SHORT = 6 };

static uint32_t hold_stack(const struct hw_finding_thread *t)
{
	return t->hold_count ? t->holds[0].stack : HW_NONE;
}

/* Whether two threads came to where they are by the same ways, so that one text fits both. */
static bool same_ways(const struct hw_finding_thread *a, const struct hw_finding_thread *b)
{
	return a->act == b->act && hold_stack(a) == hold_stack(b) && a->stack == b->stack &&
	       (a->hold_count == 0) == (b->hold_count == 0);
}

/* The frames worth showing, innermost first. */
static uint32_t choose_frames(
	const struct hw_report_writer *w, uint32_t stack, uint32_t *ret_frames)
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
	return count;
}

static void print_stack(const struct hw_report_writer *w, const char *heading, uint32_t stack)
{
	uint32_t frames[HW_STACK_FRAMES_MAX], count = choose_frames(w, stack, frames);
	struct hw_arena arena = { 0 };

	for (uint32_t i = 0; i < count; i++) {
		hw_report_writer_styled(w, HW_STYLE_FAINT, i == 0 ? heading : "            ");
		hw_utf8_print(w->out, hw_stack_place(w->model, frames[i], &arena));
		fputc('\n', w->out);
	}
	hw_arena_finish(&arena);
}

static const char *heading(const struct hw_report_writer *w, const struct hw_finding_thread *t)
{
	if (t->act != HW_ACT_WAIT)
		return hw_act_heading(t->act);
	return hw_report_writer_waits(w) || !hw_model_is_lock(w->model, t->object)
		       ? "  waits in  "
		       : "  locks in  ";
}

/* The call stacks of a thread; once, when it takes both locks in a loop. */
static void print_stacks(const struct hw_report_writer *w, const struct hw_finding_thread *t)
{
	if (t->hold_count && t->act == HW_ACT_WAIT && hold_stack(t) == t->stack) {
		print_stack(w, "  both in   ", t->stack);
		return;
	}
	if (t->hold_count)
		print_stack(w, "  taken in  ", hold_stack(t));
	if (t->act != HW_ACT_NONE)
		print_stack(w, heading(w, t), t->stack);
}

/* What is written below a place in source. The caller frees it. */
static char *act_mark(
	const struct hw_report_writer *w, const struct hw_finding_thread *t, uint32_t count)
{
	const char *verb = hw_report_writer_verb(w, t);

	if (t->act == HW_ACT_END)
		return hw_xasprintf("created here");
	if (t->act == HW_ACT_DECLARE && count > 1)
		return hw_xasprintf("one before the next, declared here");
	if (t->act == HW_ACT_DECLARE)
		return hw_xasprintf("%s before %s, declared here",
			hw_report_writer_label(w, t->object),
			hw_report_writer_label(w, t->before));
	if (count > 1)
		return hw_xasprintf("and %s the next here", verb);
	return hw_xasprintf("%s %s here", verb, hw_report_writer_label(w, t->object));
}

/* The two places of a thread, or of `count` threads that came the same way. */
static void print_places(
	const struct hw_report_writer *w, const struct hw_finding_thread *t, uint32_t count)
{
	struct hw_snippet_mark marks[2];
	uint32_t held_site, act_site;
	unsigned mark_count = 0;
	char *held = count > 1 ? hw_xstrdup("holds one, taken here")
			       : hw_xasprintf("%s taken here", hw_report_writer_held(w, t));
	char *act = t->act == HW_ACT_NONE ? NULL : act_mark(w, t, count);

	hw_stack_sites(w->model, hold_stack(t), t->stack, &held_site, &act_site);
	if (t->hold_count)
		marks[mark_count++] =
			(struct hw_snippet_mark){ held_site, held, '-', HW_STYLE_HELD };
	if (act)
		marks[mark_count++] =
			(struct hw_snippet_mark){ act_site, act, '^', HW_STYLE_WAITED };
	hw_snippet_print(w->out, &w->report->term, w->model, marks, mark_count);
	print_stacks(w, t);
	free(held);
	free(act);
}

/* The thread that the places from `first` on are told for, and how many more of its kind. */
static void print_group(const struct hw_report_writer *w, uint32_t first, bool *told)
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
		hw_report_writer_styled(
			w, HW_STYLE_THREAD, count == 2 ? "both of them" : "all of them");
	else
		hw_report_writer_styled(w, HW_STYLE_THREAD, w->model->threads[t->thread].label);
	if (count > 1 && count < f->thread_count)
		fprintf(w->out, " and %u more", count - 1);
	fputs(":\n", w->out);
	print_places(w, t, count);
}

void hw_report_places_print(const struct hw_report_writer *w)
{
	bool *told = hw_xcalloc(w->finding->thread_count, sizeof(*told));

	for (uint32_t i = 0; i < w->finding->thread_count; i++)
		if (!told[i])
			print_group(w, i, told);
	free(told);
}
