/* SPDX-License-Identifier: MIT */
#include "analyzer/wording.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/stack.h"
#include "analyzer/textbuf.h"
#include "analyzer/wording_disorder.h"
#include "analyzer/wording_inside.h"
#include "analyzer/wording_misuse.h"
#include "analyzer/wording_stall.h"

/* Names shown before "and N more". */
enum { NAMES_MAX = 3 };

struct wording {
	const struct hw_model *model;
	struct hw_finding *finding;
	struct hw_arena *arena;
};

typedef const char *name_function(const struct wording *w, uint32_t i);

/* Name each of `count` things, or the first few "and 7 more". */
static void write_list(
	struct hw_textbuf *text, const struct wording *w, uint32_t count, name_function *name)
{
	uint32_t shown = count <= NAMES_MAX + 1 ? count : NAMES_MAX;

	for (uint32_t i = 0; i < shown; i++)
		fprintf(text->out, "%s%s",
			i == 0		 ? ""
			: i + 1 == count ? " and "
					 : ", ",
			name(w, i));
	if (shown < count)
		fprintf(text->out, " and %u more", count - shown);
}

static const char *finish(struct hw_textbuf *text, struct hw_arena *arena)
{
	char *bytes = hw_textbuf_finish(text);
	const char *result = hw_arena_string(arena, bytes);

	free(bytes);
	return result;
}

const char *hw_wording_thread(
	const struct hw_model *model, const struct hw_finding *finding, uint32_t i)
{
	const struct hw_thread *thread = &model->threads[finding->threads[i].thread];
	uint32_t count = finding->ring_length ? finding->ring_length : finding->thread_count;

	for (uint32_t j = 0; j < count; j++) {
		const struct hw_thread *other = &model->threads[finding->threads[j].thread];

		if (other != thread && strcmp(other->short_name, thread->short_name) == 0)
			return thread->label;
	}
	return thread->short_name;
}

static const char *thread_name(const struct wording *w, uint32_t i)
{
	return hw_wording_thread(w->model, w->finding, i);
}

static const char *object_name(const struct wording *w, uint32_t i)
{
	return w->model->objects[w->finding->objects[i]].label;
}

static const char *object_short_name(const struct wording *w, uint32_t i)
{
	return w->model->objects[w->finding->objects[i]].short_label;
}

/* Where a thread waits, as "g (bank.c:20)", or NULL. */
static const char *place(const struct wording *w, const struct hw_finding_thread *t)
{
	uint32_t held = t->hold_count ? t->holds[0].stack : HW_NONE, held_site, site;

	hw_stack_sites(w->model, held, t->stack, &held_site, &site);
	return site == HW_NONE ? NULL : hw_stack_place(w->model, site, w->arena);
}

static const char *deadlock_title(const struct wording *w)
{
	struct hw_textbuf text;

	if (w->finding->ring_length == 2)
		return hw_arena_printf(w->arena, "%s and %s wait for each other", thread_name(w, 0),
			thread_name(w, 1));
	hw_textbuf_init(&text);
	write_list(&text, w, w->finding->ring_length, thread_name);
	fprintf(text.out, " wait for each other in a ring of %u", w->finding->ring_length);
	return finish(&text, w->arena);
}

static const char *self_title(const struct wording *w)
{
	const struct hw_finding_thread *t = &w->finding->threads[0];
	const struct hw_object *o = &w->model->objects[t->object];
	const char *name = thread_name(w, 0);
	int32_t signal = hw_stack_signal(w->model, t->stack);

	if (o->kind == HW_KIND_THREAD)
		return hw_arena_printf(w->arena, "%s waits for its own end", name);
	if (signal != HW_NO_SIGNAL)
		return hw_arena_printf(w->arena,
			"%s waits in a handler of %s for %s, which it holds itself", name,
			hw_stack_signal_name(signal, w->arena), o->label);
	if (o->kind == HW_KIND_SEM)
		return hw_arena_printf(w->arena,
			"%s waits for a unit of %s, all of which it has itself", name, o->label);
	if (o->kind == HW_KIND_RWLOCK && t->holds[0].shared)
		return hw_arena_printf(w->arena,
			"%s waits to write %s, which it holds itself to read", name, o->label);
	return hw_arena_printf(w->arena, "%s waits for %s, which it holds itself", name, o->label);
}

/* Whether somebody of the ring waits behind the next one, for the same lock. */
static bool has_queue(const struct wording *w)
{
	const struct hw_finding *f = w->finding;

	for (uint32_t i = 0; f->ring_length > 1 && i < f->ring_length; i++)
		if (f->threads[i].object == f->threads[(i + 1) % f->ring_length].object)
			return true;
	return false;
}

/* Readers who wait behind writers, who wait for readers. */
static const char *queue_title(const struct wording *w)
{
	struct hw_textbuf text;

	if (w->finding->object_count == 1)
		return hw_arena_printf(w->arena,
			"%s is read again by who reads it already, and writers go first",
			object_name(w, 0));
	hw_textbuf_init(&text);
	write_list(&text, w, w->finding->object_count, object_name);
	fputs(w->finding->object_count == 2 ? " are read in both orders, and writers go first" :
					      " are read in a ring, and writers go first",
		text.out);
	return finish(&text, w->arena);
}

static const char *order_title(const struct wording *w)
{
	uint32_t length = w->finding->ring_length;
	uint32_t shown = length <= NAMES_MAX + 1 ? length : NAMES_MAX;
	struct hw_textbuf text;

	if (has_queue(w))
		return queue_title(w);
	if (length == 1)
		return hw_arena_printf(w->arena,
			"units of %s are taken by %u threads that wait for more of them",
			object_name(w, 0), w->finding->thread_count);
	if (length == 2)
		return hw_arena_printf(w->arena, "%s and %s are taken in both orders",
			object_name(w, 0), object_name(w, 1));
	hw_textbuf_init(&text);
	fprintf(text.out, "%u locks are taken in a ring: ", length);
	for (uint32_t i = 0; i < shown; i++)
		fprintf(text.out, "%s, then ", object_name(w, i));
	if (shown < length)
		fprintf(text.out, "%u more, then ", length - shown);
	fprintf(text.out, "%s again", object_name(w, 0));
	return finish(&text, w->arena);
}

/* The class that all objects share, or NULL. */
static const struct hw_class *common_class(const struct wording *w)
{
	const struct hw_finding *f = w->finding;
	uint32_t class_ = w->model->objects[f->objects[0]].class_;

	for (uint32_t i = 1; i < f->object_count; i++)
		if (w->model->objects[f->objects[i]].class_ != class_)
			return NULL;
	return &w->model->classes[class_];
}

/* The first thread of the ring that waits for another one to end, or HW_NONE. */
static uint32_t find_join(const struct wording *w)
{
	for (uint32_t i = 0; i < w->finding->ring_length; i++)
		if (w->model->objects[w->finding->threads[i].object].kind == HW_KIND_THREAD)
			return i;
	return HW_NONE;
}

static bool has_two_processes(const struct wording *w)
{
	const struct hw_thread *threads = w->model->threads;
	uint32_t first = threads[w->finding->threads[0].thread].process;

	for (uint32_t i = 1; i < w->finding->ring_length; i++)
		if (threads[w->finding->threads[i].thread].process != first)
			return true;
	return false;
}

static const char *join_help(const struct wording *w, uint32_t i)
{
	const struct hw_finding_thread *t = &w->finding->threads[i];

	if (!t->hold_count)
		return "let no thread wait for the end of one that waits for it";
	return hw_arena_printf(w->arena, "unlock %s before joining %s, which needs it to go on",
		w->model->objects[t->holds[0].object].short_label,
		thread_name(w, (i + 1) % w->finding->ring_length));
}

static const char *order_help(const struct wording *w)
{
	const struct hw_finding *f = w->finding;
	const struct hw_class *class_ = common_class(w);
	struct hw_textbuf text;

	if (f->ring_length == 1)
		return hw_arena_printf(w->arena,
			"let only one thread at a time take its units of %s, with a mutex around "
			"that, or let each take all it needs at once",
			object_short_name(w, 0));
	if (f->object_count == 1)
		return hw_arena_printf(w->arena,
			"do not lock %s to read again while it is held to read: a writer that "
			"waits in between stops both",
			object_short_name(w, 0));
	if (class_ && class_->object_count > 1)
		return hw_arena_printf(w->arena,
			"give all of %s one order, by index or by address, and take them only in "
			"that order",
			class_->name);
	hw_textbuf_init(&text);
	fputs("take ", text.out);
	write_list(&text, w, f->object_count, object_short_name);
	fputs(" in the same order everywhere", text.out);
	if (f->ring_length == 2 && place(w, &f->threads[1]))
		fprintf(text.out, ", or unlock %s before waiting for %s in %s",
			object_short_name(w, 1), object_short_name(w, 0), place(w, &f->threads[1]));
	return finish(&text, w->arena);
}

static const char *self_help(const struct wording *w)
{
	const struct hw_finding_thread *t = &w->finding->threads[0];

	if (hw_stack_signal(w->model, t->stack) != HW_NO_SIGNAL)
		return hw_wording_misuse_handler_help(w->model, t, w->arena);
	switch (w->model->objects[t->object].kind) {
	case HW_KIND_THREAD:
		return "a thread cannot join itself: detach it, or let another thread join it";
	case HW_KIND_RWLOCK:
		return "unlock it first and look again at what was read, or lock it to write from "
		       "the beginning";
	case HW_KIND_SEM:
		return "post it before waiting for it again, or hand what it guards to the "
		       "function "
		       "that wants it";
	default:
		return "unlock it before calling code that locks it, give that code a variant for "
		       "callers that hold it, or make it recursive if that is what is meant";
	}
}

static const char *help(const struct wording *w)
{
	uint32_t join;

	if (w->finding->rule == HW_RULE_STALL)
		return hw_wording_stall_help(w->model, w->finding, w->arena);
	if (hw_wording_misuse_has(w->finding->rule))
		return hw_wording_misuse_help(w->model, w->finding, w->arena);
	if (w->finding->rule == HW_RULE_DECLARED)
		return hw_wording_disorder_help(w->model, w->finding, w->arena);
	if (hw_wording_inside_has(w->finding->rule))
		return hw_wording_inside_help(w->model, w->finding, w->arena);
	join = find_join(w);
	if (w->finding->rule == HW_RULE_SELF_DEADLOCK)
		return self_help(w);
	return join != HW_NONE ? join_help(w, join) : order_help(w);
}

static void add_note(const struct wording *w, const char *note)
{
	w->finding->notes[w->finding->note_count++] = note;
}

static bool has_two_runs(const struct wording *w)
{
	const struct hw_finding *f = w->finding;

	for (uint32_t i = 1; i < f->thread_count; i++)
		if (hw_model_run_of(w->model, f->threads[i].thread) !=
			hw_model_run_of(w->model, f->threads[0].thread))
			return true;
	return false;
}

/* Locks that are the same in different runs only by their class, of which there are more. */
static bool has_nameless_of_many(const struct wording *w)
{
	for (uint32_t i = 0; i < w->finding->object_count; i++) {
		const struct hw_object *o = &w->model->objects[w->finding->objects[i]];

		if (!o->name && w->model->classes[o->class_].object_count > w->model->run_count)
			return true;
	}
	return false;
}

static bool has_thread_twice(const struct wording *w)
{
	const struct hw_finding *f = w->finding;

	for (uint32_t i = 1; i < f->ring_length; i++)
		for (uint32_t j = 0; j < i; j++)
			if (f->threads[i].thread == f->threads[j].thread)
				return true;
	return false;
}

static void add_notes(const struct wording *w)
{
	struct hw_finding *f = w->finding;

	f->notes = hw_arena_alloc(w->arena, 7 + f->ring_length, sizeof(*f->notes));
	f->note_count = 0;
	if (f->behind_count)
		add_note(w, hw_arena_printf(w->arena, "%u more thread%s behind %s", f->behind_count,
				    f->behind_count == 1 ? " waits" : "s wait",
				    f->ring_length == 1 ? "it" : "them"));
	if (has_thread_twice(w))
		add_note(w, "one thread of the recording does both: with --any-thread, another one "
			    "might do the same");
	for (uint32_t i = 0; i < f->ring_length; i++)
		if (f->threads[i].disorderly)
			add_note(w, hw_arena_printf(w->arena,
					    "it is %s that goes against the declared order (HW013)",
					    thread_name(w, i)));
	if (f->bounded)
		add_note(w, "one of the waits is limited in time: it ends by itself, with a delay");
	if (f->instances > 1)
		add_note(w, hw_arena_printf(w->arena,
				    "the same code does this with %s%u %s; one is shown",
				    f->instances >= HW_CYCLE_INSTANCES_MAX ? "at least " : "",
				    f->instances,
				    f->ring_length > 1 ? "sets of locks" : "locks or threads"));
	if (f->rule == HW_RULE_DECLARED) {
		if (hw_wording_disorder_note(w->model, f))
			add_note(w, hw_wording_disorder_note(w->model, f));
		return;
	}
	if (has_two_runs(w) && has_nameless_of_many(w))
		add_note(w, "the runs have several of these locks: that they mean the same ones is "
			    "assumed");
	if (has_two_runs(w))
		add_note(w, "the cycle exists only across recordings: none has all of it, and that "
			    "these threads can live together is assumed");
	else if (has_two_processes(w))
		add_note(w, "the threads are of different processes");
}

void hw_wording_fill(
	const struct hw_model *model, struct hw_finding *finding, struct hw_arena *arena)
{
	struct wording w = { model, finding, arena };

	if (finding->rule == HW_RULE_STALL)
		finding->title = hw_wording_stall_title(model, finding, arena);
	else if (hw_wording_misuse_has(finding->rule))
		finding->title = hw_wording_misuse_title(model, finding, arena);
	else if (finding->rule == HW_RULE_DECLARED)
		finding->title = hw_wording_disorder_title(model, finding, arena);
	else if (hw_wording_inside_has(finding->rule))
		finding->title = hw_wording_inside_title(model, finding, arena);
	else if (finding->rule == HW_RULE_SELF_DEADLOCK)
		finding->title = self_title(&w);
	else if (finding->rule == HW_RULE_DEADLOCK)
		finding->title = deadlock_title(&w);
	else
		finding->title = order_title(&w);
	if (finding->verdict == HW_VERDICT_RULED_OUT) {
		finding->help = hw_wording_reason(finding, arena);
		return;
	}
	finding->help = help(&w);
	add_notes(&w);
}
