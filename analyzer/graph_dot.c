/* SPDX-License-Identifier: MIT */
#include "analyzer/graph_dot.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/stack.h"
#include "analyzer/textbuf.h"
#include "analyzer/utf8.h"
#include "analyzer/words.h"
#include "trace/memory.h"

/* What is drawn of a lock: shapes by kind, colours by what it is part of. */
static const char *const shapes[HW_KIND_COUNT] = {
	[HW_KIND_RWLOCK] = "shape=box, peripheries=2",
	[HW_KIND_SPIN] = "shape=hexagon",
	[HW_KIND_SEM] = "shape=ellipse",
	[HW_KIND_ONCE] = "shape=note",
};

static const struct {
	const char *class_;
	const char *node;
	const char *edge;
} looks[] = {
	[HW_GRAPH_PLAIN] = { "plain", "", "" },
	[HW_GRAPH_CYCLIC] = { "cyclic", ", color=\"#bf8700\", fillcolor=\"#fff8c5\"",
		", color=\"#bf8700\", fontcolor=\"#7d4e00\"" },
	[HW_GRAPH_FOUND] = { "found", ", color=\"#cf222e\", fillcolor=\"#ffebe9\", penwidth=2",
		", color=\"#cf222e\", fontcolor=\"#a40e26\", penwidth=2.5, style=bold" },
};

struct writer {
	const struct hw_graph_dot *dot;
	const struct hw_model *model;
	const struct hw_graph *graph;
	FILE *out;
	enum hw_graph_mark *subject_marks;
	bool *subject_drawn;
	bool *declared_drawn;
	bool has_declared; /* some of it is drawn */
};

/*
 * Text inside a quoted string: quotes and backslashes, which start escapes in
 * labels, and ampersands, which start entities. A newline is Graphviz's own.
 */
static void write_text(FILE *out, const char *text)
{
	while (*text) {
		size_t length = hw_utf8_length(text);

		if (*text == '"' || *text == '\\')
			fprintf(out, "\\%c", *text);
		else if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '\n')
			fputs("\\n", out);
		else if (length == 0 || (unsigned char)*text < 0x20 || *text == 0x7f)
			fputs(HW_UTF8_REPLACEMENT, out);
		else
			fwrite(text, 1, length, out);
		text += length ? length : 1;
	}
}

static void write_attribute(FILE *out, const char *name, const char *text)
{
	fprintf(out, ", %s=\"", name);
	write_text(out, text);
	fputc('"', out);
}

static bool is_drawn(const struct hw_graph_dot *dot, uint32_t edge)
{
	return !dot->cycles_only || dot->marks[edge] != HW_GRAPH_PLAIN;
}

uint32_t hw_graph_dot_edge_count(const struct hw_graph_dot *dot)
{
	uint32_t count = 0;

	for (uint32_t e = 0; e < dot->graph->edge_count; e++)
		count += is_drawn(dot, e);
	return count;
}

/* A node matters as much as the most of its edges does. */
static void mark_nodes(struct writer *w)
{
	for (uint32_t e = 0; e < w->graph->edge_count; e++) {
		const struct hw_graph_edge *edge = &w->graph->edges[e];
		const uint32_t ends[] = { w->graph->nodes[edge->from].subject,
			w->graph->nodes[edge->to].subject };

		for (int i = 0; i < 2 && is_drawn(w->dot, e); i++) {
			w->subject_drawn[ends[i]] = true;
			if (w->subject_marks[ends[i]] < w->dot->marks[e])
				w->subject_marks[ends[i]] = w->dot->marks[e];
		}
	}
}

static void mark_declared(struct writer *w, uint32_t subject_count)
{
	const struct hw_graph_declared *declared = w->dot->declared;

	w->declared_drawn = hw_graph_declared_cyclic(
		declared, w->graph, w->dot->marks, subject_count);
	for (uint32_t e = 0; e < declared->edge_count; e++) {
		const struct hw_graph_declared_edge *edge = &declared->edges[e];

		w->declared_drawn[e] |= !w->dot->cycles_only;
		if (!w->declared_drawn[e])
			continue;
		w->subject_drawn[edge->from] = w->subject_drawn[edge->to] = true;
		w->has_declared = true;
	}
}

/* Whether all that is drawn are rings of three locks or more: these look best round. */
static bool is_round(const struct writer *w)
{
	uint32_t *out_degrees = hw_xcalloc(w->graph->node_count, sizeof(*out_degrees));
	uint32_t *in_degrees = hw_xcalloc(w->graph->node_count, sizeof(*in_degrees));
	bool result = hw_graph_dot_edge_count(w->dot) > 0 && !w->has_declared;

	for (uint32_t e = 0; e < w->graph->edge_count; e++)
		if (is_drawn(w->dot, e)) {
			const struct hw_graph_edge *edge = &w->graph->edges[e];
			uint32_t back = hw_graph_find_edge(w->graph, edge->to, edge->from);

			out_degrees[edge->from]++;
			in_degrees[edge->to]++;
			result &= back == HW_NONE || !is_drawn(w->dot, back);
		}
	for (uint32_t n = 0; n < w->graph->node_count; n++)
		result &= !w->subject_drawn[w->graph->nodes[n].subject] ||
			  (out_degrees[n] == 1 && in_degrees[n] == 1);
	free(out_degrees);
	free(in_degrees);
	return result;
}

/* The command without the folder of its program. */
static const char *short_command(const char *command)
{
	const char *base = command;

	for (const char *at = command; *at && *at != ' '; at++)
		if (*at == '/')
			base = at + 1;
	return base;
}

static void write_head(const struct writer *w)
{
	const char *command = w->model->meta.command;
	char *title = hw_xasprintf("Lock order%s%s\nan arrow: held, then waited for%s\n"
				   "red: a deadlock that was or could be%s; yellow: other cycles",
		command ? " of " : "", command ? short_command(command) : "",
		w->has_declared ? "; dashed: the declared order" : "",
		w->has_declared ? ", or against what is declared" : "");

	fputs("digraph \"lock order\" {\n\tgraph [rankdir=LR, charset=\"UTF-8\", bgcolor=white, "
	      "pad=0.3, nodesep=0.4, ranksep=0.9, fontname=\"Helvetica,Arial,sans-serif\", "
	      "fontsize=11, fontcolor=\"#57606a\", labelloc=b",
		w->out);
	fputs(is_round(w) ? ", layout=circo, mindist=1.4" : "", w->out);
	write_attribute(w->out, "label", title);
	fputs("];\n\tnode [shape=box, style=\"rounded,filled\", color=\"#57606a\", "
	      "fillcolor=\"#f6f8fa\", fontname=\"Helvetica,Arial,sans-serif\", fontsize=12, "
	      "margin=\"0.15,0.08\"];\n"
	      "\tedge [color=\"#57606a\", fontcolor=\"#57606a\", arrowsize=0.8, "
	      "fontname=\"Helvetica,Arial,sans-serif\", fontsize=10];\n",
		w->out);
	free(title);
}

/* The number by which ids call an object or a class. */
static int64_t number_of(const struct writer *w, uint32_t subject)
{
	return w->graph->by == HW_GRAPH_BY_CLASS ? subject + 1 : w->model->objects[subject].id;
}

static const char *prefix(const struct writer *w)
{
	return w->graph->by == HW_GRAPH_BY_CLASS ? "class" : "lock";
}

/*
 * "created at pool_init\n(pool.c:12)" of "mutex created at pool_init (pool.c:12)": narrow,
 * and without the kind, which the label says already.
 */
static const char *origin(const char *name, enum hw_kind kind, struct hw_arena *arena)
{
	const char *word = hw_words_describe(kind);
	char *text = hw_arena_string(arena, name);
	char *parenthesis;

	if (strncmp(text, word, strlen(word)) == 0 && text[strlen(word)] == ' ')
		text += strlen(word) + 1;
	parenthesis = strstr(text, " (");
	if (parenthesis)
		*parenthesis = '\n';
	return text;
}

static void describe_class(const struct writer *w, const struct hw_class *class_,
	struct hw_arena *arena, const char **ret_label, const char **ret_tooltip)
{
	const char *word = hw_words_describe(class_->kind);
	const char *plural = class_->kind == HW_KIND_MUTEX ? "es" : "s";
	const char *name = origin(class_->name, class_->kind, arena);
	uint32_t count = class_->object_count;

	*ret_label =
		hw_arena_printf(arena, "%s\n%u %s%s", name, count, word, count == 1 ? "" : plural);
	*ret_tooltip = class_->key;
}

static void describe_object(const struct writer *w, const struct hw_object *o,
	struct hw_arena *arena, const char **ret_label, const char **ret_tooltip)
{
	bool named = o->label == o->short_label;
	const char *kind = hw_words_describe(o->kind);
	const char *from = origin(w->model->classes[o->class_].name, o->kind, arena);

	*ret_label = hw_arena_printf(arena, "%s\n%s", o->short_label, named ? kind : from);
	*ret_tooltip = hw_arena_printf(arena, "object %" PRId64 ", %s in %s", o->id,
		o->initialised ? "made" : "first used",
		hw_stack_place(w->model, hw_stack_site(w->model, o->create_stack), arena));
}

static void write_node(const struct writer *w, uint32_t subject)
{
	struct hw_arena arena = { 0 };
	enum hw_graph_mark mark = w->subject_marks[subject];
	int64_t number = number_of(w, subject);
	const char *label, *tooltip, *shape;
	enum hw_kind kind;

	if (w->graph->by == HW_GRAPH_BY_CLASS) {
		kind = w->model->classes[subject].kind;
		describe_class(w, &w->model->classes[subject], &arena, &label, &tooltip);
	} else {
		kind = w->model->objects[subject].kind;
		describe_object(w, &w->model->objects[subject], &arena, &label, &tooltip);
	}
	shape = shapes[kind];
	fprintf(w->out, "\t\"%s-%" PRId64 "\" [id=\"%s-%" PRId64 "\", class=\"%s %s\"", prefix(w),
		number, prefix(w), number, hw_words_of_kind(kind), looks[mark].class_);
	fprintf(w->out, "%s%s%s", shape ? ", " : "", shape ? shape : "", looks[mark].node);
	write_attribute(w->out, "label", label);
	write_attribute(w->out, "tooltip", tooltip);
	fputs("];\n", w->out);
	hw_arena_finish(&arena);
}

/*
 * "12 times\n3 threads", or the thread's name when it is one. Blanks around keep it off
 * the line, which layouts put it next to.
 */
static const char *edge_label(
	const struct writer *w, const struct hw_graph_edge *edge, struct hw_arena *arena)
{
	const struct hw_graph_use *use = &w->graph->uses[edge->first_use];
	const struct hw_thread *thread =
		&w->model->threads[w->model->dependencies[use->dependency].thread];
	const char *times = edge->count == 1
				    ? "once"
				    : hw_arena_printf(arena, "%" PRId64 " times", edge->count);

	if (edge->thread_count > 1)
		return hw_arena_printf(arena, "  %s  \n  %u threads  ", times, edge->thread_count);
	if (w->model->process_count == 1)
		return hw_arena_printf(arena, "  %s  \n  %s  ", times, thread->short_name);
	return hw_arena_printf(arena, "  %s  \n  %s  \n  process %" PRId64 "  ", times,
		thread->short_name, w->model->processes[thread->process].id);
}

static void write_edge(const struct writer *w, uint32_t e)
{
	const struct hw_graph_edge *edge = &w->graph->edges[e];
	const struct hw_graph_use *use = &w->graph->uses[edge->first_use];
	const struct hw_dependency *dependency = &w->model->dependencies[use->dependency];
	int64_t from = number_of(w, w->graph->nodes[edge->from].subject);
	int64_t to = number_of(w, w->graph->nodes[edge->to].subject);
	enum hw_graph_mark mark = w->dot->marks[e];
	uint32_t held_site, awaited_site;
	struct hw_arena arena = { 0 };

	hw_stack_sites(w->model, w->model->holds[use->hold].stack, dependency->stack, &held_site,
		&awaited_site);
	fprintf(w->out,
		"\t\"%s-%" PRId64 "\" -> \"%s-%" PRId64 "\" [id=\"edge-%" PRId64 "-%" PRId64
		"\", class=\"%s\"%s",
		prefix(w), from, prefix(w), to, from, to, looks[mark].class_, looks[mark].edge);
	write_attribute(w->out, "label", edge_label(w, edge, &arena));
	write_attribute(w->out, "tooltip",
		hw_arena_printf(&arena, "%s: %s taken in %s, then %s in %s",
			w->model->threads[dependency->thread].label,
			w->model->objects[w->model->holds[use->hold].object].label,
			hw_stack_place(w->model, held_site, &arena),
			w->model->objects[dependency->object].label,
			hw_stack_place(w->model, awaited_site, &arena)));
	fputs("];\n", w->out);
	hw_arena_finish(&arena);
}

static void write_declared(const struct writer *w, const struct hw_graph_declared_edge *edge)
{
	const struct hw_declared *declared = &w->model->declared[edge->declaration];
	int64_t from = number_of(w, edge->from), to = number_of(w, edge->to);
	struct hw_arena arena = { 0 };

	fprintf(w->out,
		"\t\"%s-%" PRId64 "\" -> \"%s-%" PRId64 "\" [id=\"declared-%" PRId64 "-%" PRId64
		"\", class=\"declared\", style=dashed, arrowhead=open",
		prefix(w), from, prefix(w), to, from, to);
	write_attribute(w->out, "tooltip",
		hw_arena_printf(&arena, "%s: %s before %s, declared in %s",
			w->model->threads[declared->thread].label,
			w->model->objects[declared->first].label,
			w->model->objects[declared->second].label,
			hw_stack_place(
				w->model, hw_stack_site(w->model, declared->stack), &arena)));
	fputs("];\n", w->out);
	hw_arena_finish(&arena);
}

void hw_graph_dot_write(const struct hw_graph_dot *dot, FILE *out)
{
	const struct hw_model *model = dot->analysis->model;
	uint32_t subject_count = dot->graph->by == HW_GRAPH_BY_CLASS ? model->class_count :
								       model->object_count;
	struct writer w = {
		.dot = dot,
		.model = model,
		.graph = dot->graph,
		.out = out,
		.subject_marks = hw_xcalloc(subject_count, sizeof(*w.subject_marks)),
		.subject_drawn = hw_xcalloc(subject_count, sizeof(*w.subject_drawn)),
	};

	mark_nodes(&w);
	mark_declared(&w, subject_count);
	write_head(&w);
	for (uint32_t i = 0; i < subject_count; i++)
		if (w.subject_drawn[i])
			write_node(&w, i);
	for (uint32_t e = 0; e < dot->graph->edge_count; e++)
		if (is_drawn(dot, e))
			write_edge(&w, e);
	for (uint32_t e = 0; e < dot->declared->edge_count; e++)
		if (w.declared_drawn[e])
			write_declared(&w, &dot->declared->edges[e]);
	if (hw_graph_dot_edge_count(dot) == 0 && !w.has_declared)
		fputs("\tnothing [shape=plaintext, style=\"\", label=\"no lock was taken while "
		      "another "
		      "was held\"];\n",
			out);
	fputs("}\n", out);
	free(w.subject_marks);
	free(w.subject_drawn);
	free(w.declared_drawn);
}
