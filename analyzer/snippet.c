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

enum {
	TAB_COLUMNS = 4,
	LINES_APART_MAX = 60, /* for marks to share a frame */
	NUMBER_COLUMNS = 5,
};

struct printer {
	FILE *out;
	const struct hw_term *term;
	const struct hw_model *model;
	const struct hw_snippet_mark *marks;
};

static const struct hw_frame *frame_of(const struct printer *p, const struct hw_snippet_mark *mark)
{
	return mark->frame == HW_NONE ? NULL : &p->model->frames[mark->frame];
}

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

static void print_place(const struct printer *p, const struct hw_snippet_mark *mark)
{
	const struct hw_frame *f = frame_of(p, mark);
	struct hw_arena arena = { 0 };

	fprintf(p->out, "%s%*s-->%s ", hw_term_begin(p->term, HW_STYLE_PLACE), NUMBER_COLUMNS, "",
		hw_term_end(p->term));
	if (!f || !f->file)
		hw_utf8_print(p->out, hw_stack_place(p->model, mark->frame, &arena));
	else {
		hw_utf8_print(p->out, shorten(f->file));
		fprintf(p->out, ":%" PRId64, f->line);
	}
	fputc('\n', p->out);
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

static void print_marked_line(const struct printer *p, const struct hw_snippet_mark *mark,
	const struct hw_snippet_mark *previous)
{
	const struct hw_frame *f = frame_of(p, mark);
	char *source = source_of(p, f);

	if (!source) {
		print_edge(p, 0);
		fputc(' ', p->out);
		print_text(p, mark);
		return;
	}
	fit(source, p->term->columns - NUMBER_COLUMNS - 3);
	if (!previous || frame_of(p, previous)->line != f->line) {
		if (previous && frame_of(p, previous)->line + 1 != f->line)
			fprintf(p->out, "%s...%s\n", hw_term_begin(p->term, HW_STYLE_PLACE),
				hw_term_end(p->term));
		print_edge(p, f->line);
		fputc(' ', p->out);
		hw_utf8_print(p->out, source);
		fputc('\n', p->out);
	}
	print_mark(p, mark, source);
	free(source);
}

/* Whether a mark can be shown below the one before it, further down in the same file. */
static bool continues(const struct printer *p, const struct hw_snippet_mark *mark,
	const struct hw_snippet_mark *next)
{
	const struct hw_frame *a = frame_of(p, mark), *b = frame_of(p, next);

	return a && b && a->file && b->file && strcmp(a->file, b->file) == 0 &&
	       a->line <= b->line && b->line - a->line <= LINES_APART_MAX;
}

void hw_snippet_print(FILE *out, const struct hw_term *term, const struct hw_model *model,
	const struct hw_snippet_mark *marks, unsigned mark_count)
{
	struct printer p = { out, term, model, marks };

	for (unsigned i = 0; i < mark_count; i++) {
		bool follows = i > 0 && continues(&p, &marks[i - 1], &marks[i]);

		if (!follows) {
			if (i > 0)
				print_empty_edge(&p);
			print_place(&p, &marks[i]);
			print_empty_edge(&p);
		}
		print_marked_line(&p, &marks[i], follows ? &marks[i - 1] : NULL);
	}
	print_empty_edge(&p);
}
