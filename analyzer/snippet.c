/* SPDX-License-Identifier: MIT */
#include "analyzer/snippet.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/path.h"
#include "analyzer/source.h"
#include "analyzer/stack.h"
#include "analyzer/textbuf.h"
#include "analyzer/utf8.h"
#include "trace/memory.h"

enum {
	TAB_COLUMNS = 4,
	LINES_APART_MAX = 60, /* for marks to share a frame */
	NUMBER_COLUMNS = 5,
};

struct printer {
	FILE *out;
	const struct hw_term *term;
	const struct hw_model *model;
};

/* A mark and its line of source, NULL when there is none to show. */
struct marked {
	const struct hw_snippet_mark *mark;
	const struct hw_frame *frame; /* NULL when not known */
	char *source;
};

/* The left edge: a line number or blanks, and the rule. */
static void print_edge(const struct printer *p, int64_t line)
{
	fputs(hw_term_begin(p->term, HW_STYLE_PLACE), p->out);
	if (line)
		fprintf(p->out, "%*" PRId64 " |", NUMBER_COLUMNS, line);
	else
		fprintf(p->out, "%*s |", NUMBER_COLUMNS, "");
	fputs(hw_term_end(p->term), p->out);
}

static void print_empty_edge(const struct printer *p)
{
	print_edge(p, 0);
	fputc('\n', p->out);
}

/* A path as the user would type it. */
static const char *shorten(const char *path)
{
	char *here = getcwd(NULL, 0);
	const char *result = hw_path_below(path, here);

	free(here);
	return result;
}

static void print_place(const struct printer *p, const struct marked *marked)
{
	const struct hw_frame *f = marked->frame;
	struct hw_arena arena = { 0 };

	fprintf(p->out, "%s%*s-->%s ", hw_term_begin(p->term, HW_STYLE_PLACE), NUMBER_COLUMNS, "",
		hw_term_end(p->term));
	if (!f || !f->file)
		hw_utf8_print(p->out, hw_stack_place(p->model, marked->mark->frame, &arena));
	else {
		hw_utf8_print(p->out, shorten(f->file));
		fprintf(p->out, ":%" PRId64, f->line);
	}
	hw_arena_finish(&arena);
}

/* A line of source with its tabs as blanks; NULL when there is none. The caller frees it. */
static char *source_of(const struct printer *p, const struct hw_frame *f)
{
	char *line =
		f && f->file
			? hw_source_line(f->file, (int)f->line,
				  f->module == HW_NONE ? NULL : p->model->modules[f->module].path)
			: NULL;
	struct hw_textbuf text;
	size_t column = 0;

	if (!line)
		return NULL;
	hw_textbuf_init(&text);
	for (const char *at = line; *at;) {
		size_t length = hw_utf8_length(at);

		if (*at == '\t') {
			do
				fputc(' ', text.out);
			while (++column % TAB_COLUMNS);
			at++;
			continue;
		}
		fwrite(at, 1, length ? length : 1, text.out);
		at += length ? length : 1;
		column++;
	}
	free(line);
	return hw_textbuf_finish(&text);
}

static void print_text(const struct printer *p, const struct hw_snippet_mark *mark)
{
	fputs(hw_term_begin(p->term, mark->style), p->out);
	hw_utf8_print(p->out, mark->text);
	fprintf(p->out, "%s\n", hw_term_end(p->term));
}

/* Cut a line that is wider than the terminal. */
static void fit(char *source, unsigned columns)
{
	size_t length = strlen(source);

	while (length && (source[length - 1] == ' ' || source[length - 1] == '\r'))
		source[--length] = '\0';
	if (hw_utf8_columns(source) <= columns)
		return;
	for (unsigned column = 0; column < columns - 3; column++) {
		size_t step = hw_utf8_length(source);

		source += step ? step : 1;
	}
	strcpy(source, "...");
}

/* A mark below its line: the line underlined, and the text behind it or, without room, below. */
static void print_mark(
	const struct printer *p, const struct hw_snippet_mark *mark, const char *source)
{
	size_t indent = strspn(source, " "), columns = hw_utf8_columns(source) - indent;
	bool fits = NUMBER_COLUMNS + 5 + indent + columns + hw_utf8_columns(mark->text) <=
		    p->term->columns;

	print_edge(p, 0);
	fprintf(p->out, " %*s%s", (int)indent, "", hw_term_begin(p->term, mark->style));
	for (size_t i = 0; i < columns; i++)
		fputc(mark->line_char, p->out);
	fputs(hw_term_end(p->term), p->out);
	if (fits) {
		fputc(' ', p->out);
		print_text(p, mark);
		return;
	}
	fputc('\n', p->out);
	print_edge(p, 0);
	fprintf(p->out, " %*s", (int)indent, "");
	print_text(p, mark);
}

/* What there is to say, behind its place. */
static void print_alone(const struct printer *p, const struct marked *marked)
{
	fputs(": ", p->out);
	print_text(p, marked->mark);
}

/* The line of a mark and the mark, below its place or below another mark. */
static void print_marked(
	const struct printer *p, const struct marked *marked, const struct marked *above)
{
	int64_t line_above = above ? above->frame->line : 0;

	if (!above) {
		fputc('\n', p->out);
		print_empty_edge(p);
	}
	if (line_above != marked->frame->line) {
		if (above && line_above + 1 != marked->frame->line)
			fprintf(p->out, "%s...%s\n", hw_term_begin(p->term, HW_STYLE_PLACE),
				hw_term_end(p->term));
		print_edge(p, marked->frame->line);
		fputc(' ', p->out);
		hw_utf8_print(p->out, marked->source);
		fputc('\n', p->out);
	}
	print_mark(p, marked->mark, marked->source);
}

/* Whether a mark can be shown below another one, further down in the same file. */
static bool continues(const struct marked *above, const struct marked *below)
{
	return above->source && below->source &&
	       strcmp(above->frame->file, below->frame->file) == 0 &&
	       above->frame->line <= below->frame->line &&
	       below->frame->line - above->frame->line <= LINES_APART_MAX;
}

void hw_snippet_print(FILE *out, const struct hw_term *term, const struct hw_model *model,
	const struct hw_snippet_mark *marks, unsigned mark_count)
{
	struct marked *all = hw_xcalloc(mark_count, sizeof(*all));
	struct printer p = { out, term, model };

	for (unsigned i = 0; i < mark_count; i++) {
		bool below;

		all[i].mark = &marks[i];
		all[i].frame = marks[i].frame == HW_NONE ? NULL : &model->frames[marks[i].frame];
		all[i].source = source_of(&p, all[i].frame);
		if (all[i].source)
			fit(all[i].source, term->columns - NUMBER_COLUMNS - 3);
		below = i > 0 && continues(&all[i - 1], &all[i]);
		if (i > 0 && all[i - 1].source && !below)
			print_empty_edge(&p);
		if (!below)
			print_place(&p, &all[i]);
		if (all[i].source)
			print_marked(&p, &all[i], below ? &all[i - 1] : NULL);
		else
			print_alone(&p, &all[i]);
	}
	if (mark_count && all[mark_count - 1].source)
		print_empty_edge(&p);
	for (unsigned i = 0; i < mark_count; i++)
		free(all[i].source);
	free(all);
}
