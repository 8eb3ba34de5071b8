/* SPDX-License-Identifier: MIT */
#include "analyzer/log_format.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/csv.h"
#include "analyzer/json.h"
#include "analyzer/stack.h"
#include "analyzer/utf8.h"

/* Labels that are longer than this do not widen their column. */
enum { LABEL_COLUMNS_MAX = 40 };

static void widen(size_t *columns, const char *label)
{
	size_t own = hw_utf8_columns(label);

	if (own > *columns && own <= LABEL_COLUMNS_MAX)
		*columns = own;
}

static void begin_text(struct hw_log_writer *w)
{
	for (uint32_t i = 0; i < w->model->thread_count; i++)
		widen(&w->thread_columns, w->model->threads[i].label);
	for (uint32_t i = 0; i < w->model->object_count; i++)
		widen(&w->object_columns, w->model->objects[i].short_label);
}

/* A column and, before the next one, what is missing to its width and two blanks. */
static void print_column(
	struct hw_log_writer *w, enum hw_style style, const char *text, size_t columns)
{
	size_t own = hw_utf8_columns(text);

	if (own) {
		fprintf(w->out, "%*s%s", (int)w->blanks, "", hw_term_begin(&w->term, style));
		hw_utf8_print(w->out, text);
		fputs(hw_term_end(&w->term), w->out);
		w->blanks = 0;
	}
	w->blanks += (own < columns ? columns - own : 0) + 2;
}

static enum hw_style style_of(const char *op)
{
	if (strcmp(op, "wait") == 0 || strcmp(op, "fail") == 0 || strcmp(op, "cancel") == 0)
		return HW_STYLE_WAITED;
	return strcmp(op, "lock") == 0 || strcmp(op, "take") == 0 ? HW_STYLE_HELD : HW_STYLE_NONE;
}

static bool counts_units(const char *op)
{
	return strcmp(op, "take") == 0 || strcmp(op, "post") == 0 || strcmp(op, "wait") == 0;
}

/* What else there is to say: how it was asked for, and what came of it. */
static const char *remark(struct hw_log_writer *w, const struct hw_event_row *row)
{
	const char *how = row->how ? row->how : "", *mode = row->shared ? "shared " : "";
	const char *text = NULL;

	if (row->has_result && strcmp(row->op, "fail") == 0)
		text = strerrorname_np((int)row->result);
	else if (row->has_result && strcmp(row->op, "create") == 0 &&
		 hw_model_find_thread(w->model, row->result) != HW_NONE)
		text = w->model->threads[hw_model_find_thread(w->model, row->result)].label;
	if (text || !row->has_result)
		return hw_arena_printf(&w->arena, "%s%s%s%s", mode, how, text && *how ? " " : "",
			text ? text : "");
	return hw_arena_printf(&w->arena, "%s%s%s%" PRId64 "%s", mode, how, *how ? " " : "",
		row->result, counts_units(row->op) ? " units" : "");
}

static void write_text(struct hw_log_writer *w, const struct hw_event_row *row)
{
	/* That a thread starts or ends says the word; its end is an object only to who joins. */
	bool own = strcmp(row->op, "start") == 0 || strcmp(row->op, "end") == 0;
	const char *object =
		row->object == HW_NONE || own ? "" : w->model->objects[row->object].short_label;
	const char *more = remark(w, row);

	fprintf(w->out, "%4" PRId64 ".%09" PRId64, row->time_ns / 1000000000,
		row->time_ns % 1000000000);
	w->blanks = 2;
	print_column(w, HW_STYLE_THREAD, w->model->threads[row->thread].label, w->thread_columns);
	print_column(w, style_of(row->op), row->op, 9);
	print_column(w, HW_STYLE_OBJECT, object, w->object_columns);
	if (*more)
		print_column(w, HW_STYLE_NONE, more, 0);
	if (row->site != HW_NONE)
		print_column(w, HW_STYLE_FAINT, hw_stack_place(w->model, row->site, &w->arena), 0);
	fputc('\n', w->out);
	hw_arena_finish(&w->arena);
}

static void begin_csv(struct hw_log_writer *w)
{
	fputs("time_ns,process,thread,thread_name,op,object,object_name,mode,how,result,function,"
	      "file,line\r\n",
		w->out);
}

static void write_csv(struct hw_log_writer *w, const struct hw_event_row *row)
{
	const struct hw_thread *thread = &w->model->threads[row->thread];
	const struct hw_object *o = row->object == HW_NONE ? NULL : &w->model->objects[row->object];
	const struct hw_frame *f = row->site == HW_NONE ? NULL : &w->model->frames[row->site];

	fprintf(w->out, "%" PRId64 ",%" PRId64 ",%" PRId64 ",", row->time_ns,
		w->model->processes[thread->process].id, thread->id);
	hw_csv_print(w->out, thread->short_name);
	fprintf(w->out, ",%s,", row->op);
	if (o)
		fprintf(w->out, "%" PRId64, o->id);
	fputc(',', w->out);
	hw_csv_print(w->out, o ? o->label : "");
	fprintf(w->out, ",%s,%s,", row->shared ? "shared" : "", row->how ? row->how : "");
	if (row->has_result)
		fprintf(w->out, "%" PRId64, row->result);
	fputc(',', w->out);
	hw_csv_print(w->out, f ? hw_stack_function(w->model, row->site, &w->arena) : "");
	fputc(',', w->out);
	hw_csv_print(w->out, f && f->file ? f->file : "");
	fputc(',', w->out);
	if (f && f->line)
		fprintf(w->out, "%" PRId64, f->line);
	fputs("\r\n", w->out);
	hw_arena_finish(&w->arena);
}

static void begin_json(struct hw_log_writer *w)
{
}

static void write_integer_or_null(struct hw_json *json, const char *key, bool known, int64_t value)
{
	if (known)
		hw_json_integer(json, key, value);
	else
		hw_json_null(json, key);
}

static void write_json(struct hw_log_writer *w, const struct hw_event_row *row)
{
	const struct hw_thread *thread = &w->model->threads[row->thread];
	const struct hw_object *o = row->object == HW_NONE ? NULL : &w->model->objects[row->object];
	const struct hw_frame *f = row->site == HW_NONE ? NULL : &w->model->frames[row->site];
	struct hw_json json;

	hw_json_init(&json, w->out);
	hw_json_begin_object(&json, NULL, true);
	hw_json_integer(&json, "time_ns", row->time_ns);
	hw_json_integer(&json, "process", w->model->processes[thread->process].id);
	hw_json_integer(&json, "thread", thread->id);
	hw_json_string(&json, "thread_name", thread->short_name);
	hw_json_string(&json, "op", row->op);
	write_integer_or_null(&json, "object", o, o ? o->id : 0);
	hw_json_string(&json, "object_name", o ? o->label : NULL);
	hw_json_string(&json, "mode", row->shared ? "shared" : "exclusive");
	hw_json_string(&json, "how", row->how);
	write_integer_or_null(&json, "result", row->has_result, row->result);
	hw_json_string(&json, "function", f ? f->function : NULL);
	hw_json_string(&json, "file", f ? f->file : NULL);
	write_integer_or_null(&json, "line", f && f->line, f ? f->line : 0);
	hw_json_end(&json);
	fputc('\n', w->out);
}

const struct hw_log_format *hw_log_format_find(const char *name)
{
	static const struct hw_log_format formats[] = {
		{ "text", begin_text, write_text },
		{ "csv", begin_csv, write_csv },
		{ "json", begin_json, write_json },
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	return NULL;
}
