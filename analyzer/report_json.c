/* SPDX-License-Identifier: MIT */
/*
 * The report for programs. Its fields are a contract: names and meanings stay, and
 * whoever reads it ignores fields it does not know.
 */
#include <stdlib.h>

#include "analyzer/elsewhere.h"
#include "analyzer/json.h"
#include "analyzer/path.h"
#include "analyzer/report.h"
#include "analyzer/stack.h"
#include "analyzer/textbuf.h"
#include "analyzer/words.h"
#include "trace/memory.h"
#include "trace/name.h"

static void write_frame(struct hw_json *json, const struct hw_model *model, uint32_t frame)
{
	const struct hw_frame *f = &model->frames[frame];

	hw_json_begin_object(json, NULL, true);
	hw_json_string(json, "function", f->function);
	hw_json_string(json, "file", f->file ? hw_path_base(f->file) : NULL);
	if (f->line)
		hw_json_integer(json, "line", f->line);
	else
		hw_json_null(json, "line");
	hw_json_string(json, "module",
		f->module == HW_NONE ? NULL : hw_path_base(model->modules[f->module].path));
	hw_json_string(json, "path", f->file);
	hw_json_end(json);
}

static void write_stack(struct hw_json *json, const struct hw_model *model, uint32_t stack)
{
	uint32_t frames[HW_STACK_FRAMES_MAX];
	uint32_t count = hw_stack_frames(model, stack, frames, HW_STACK_FRAMES_MAX);

	hw_json_begin_array(json, "stack", false);
	for (uint32_t i = 0; i < count && i < HW_STACK_FRAMES_MAX; i++)
		write_frame(json, model, frames[i]);
	hw_json_end(json);
}

static void write_objects(
	struct hw_json *json, const struct hw_model *model, const struct hw_finding *finding)
{
	hw_json_begin_array(json, "objects", false);
	for (uint32_t i = 0; i < finding->object_count; i++) {
		const struct hw_object *o = &model->objects[finding->objects[i]];

		hw_json_begin_object(json, NULL, true);
		hw_json_integer(json, "id", o->id);
		hw_json_string(json, "kind", hw_words_of_kind(o->kind));
		hw_json_string(json, "name", o->label);
		hw_json_string(json, "class", model->classes[o->class_].key);
		hw_json_end(json);
	}
	hw_json_end(json);
}

static void write_wait(struct hw_json *json, const struct hw_model *model,
	const struct hw_finding_thread *finding_thread)
{
	hw_json_begin_object(json, "waits", false);
	hw_json_integer(json, "object", model->objects[finding_thread->object].id);
	hw_json_string(json, "mode", finding_thread->shared ? "shared" : "exclusive");
	write_stack(json, model, finding_thread->stack);
	hw_json_end(json);
}

static void write_act(struct hw_json *json, const struct hw_model *model,
	const struct hw_finding_thread *finding_thread)
{
	hw_json_null(json, "waits");
	if (finding_thread->act == HW_ACT_NONE)
		return;
	hw_json_begin_object(json, "does", false);
	hw_json_string(json, "act", hw_act_name(finding_thread->act));
	hw_json_integer(json, "object", model->objects[finding_thread->object].id);
	if (finding_thread->act == HW_ACT_DECLARE)
		hw_json_integer(json, "before", model->objects[finding_thread->before].id);
	write_stack(json, model, finding_thread->stack);
	hw_json_end(json);
}

static void write_thread(struct hw_json *json, const struct hw_model *model,
	const struct hw_finding_thread *finding_thread)
{
	const struct hw_thread *thread = &model->threads[finding_thread->thread];

	hw_json_begin_object(json, NULL, false);
	hw_json_integer(json, "id", thread->id);
	hw_json_string(json, "name", thread->short_name);
	hw_json_integer(json, "process", model->processes[thread->process].id);
	if (model->run_count)
		hw_json_string(json, "recording",
			model->runs[hw_model_run_of(model, finding_thread->thread)].file);
	hw_json_begin_array(json, "holds", false);
	for (uint32_t i = 0; i < finding_thread->hold_count; i++) {
		const struct hw_hold *hold = &finding_thread->holds[i];

		hw_json_begin_object(json, NULL, false);
		hw_json_integer(json, "object", model->objects[hold->object].id);
		write_stack(json, model, hold->stack);
		hw_json_end(json);
	}
	hw_json_end(json);
	if (finding_thread->act == HW_ACT_WAIT)
		write_wait(json, model, finding_thread);
	else
		write_act(json, model, finding_thread);
	hw_json_end(json);
}

static void write_witness(
	struct hw_json *json, const struct hw_model *model, const struct hw_finding *finding)
{
	hw_json_begin_array(json, "witness", false);
	for (uint32_t i = 0; i < finding->witness_count; i++) {
		const struct hw_witness_step *step = &finding->witness[i];

		hw_json_begin_object(json, NULL, true);
		hw_json_integer(json, "thread", model->threads[step->thread].id);
		hw_json_string(json, "op", hw_name_of_op((enum hw_op)step->op));
		if (step->object == HW_NONE)
			hw_json_null(json, "object");
		else
			hw_json_integer(json, "object", model->objects[step->object].id);
		hw_json_end(json);
	}
	hw_json_end(json);
}

/* What to do, and what else to know, in one text. */
static char *help_of(const struct hw_finding *finding)
{
	struct hw_textbuf text;

	hw_textbuf_init(&text);
	fputs(finding->help, text.out);
	for (uint32_t i = 0; i < finding->note_count; i++)
		fprintf(text.out, "; %s", finding->notes[i]);
	return hw_textbuf_finish(&text);
}

void hw_report_json_put(
	struct hw_json *json, const struct hw_model *model, const struct hw_finding *finding)
{
	char *help = help_of(finding);

	hw_json_begin_object(json, NULL, false);
	hw_json_string(json, "rule", hw_finding_rule_name(finding->rule));
	hw_json_string(json, "verdict", hw_finding_verdict_name(finding->verdict));
	hw_json_string(json, "id", finding->id);
	hw_json_string(json, "title", finding->title);
	hw_json_bool(json, "bounded", finding->bounded);
	hw_json_integer(json, "instances", finding->instances);
	if (finding->rule == HW_RULE_STALL)
		hw_json_integer(json, "blocked_ns", finding->blocked_ns);
	write_objects(json, model, finding);
	hw_json_begin_array(json, "threads", false);
	for (uint32_t i = 0; i < finding->thread_count; i++)
		write_thread(json, model, &finding->threads[i]);
	hw_json_end(json);
	write_witness(json, model, finding);
	hw_json_string(json, "reason", hw_pattern_reason_name(finding->reason));
	if (finding->because)
		hw_json_string(json, "because", finding->because);
	hw_json_string(json, "help", help);
	hw_json_end(json);
	free(help);
}

static void begin(struct hw_report *report)
{
	const struct hw_model *model = report->model;
	struct hw_json *json = report->private = hw_xcalloc(1, sizeof(*json));

	hw_json_init(json, report->out);
	hw_json_begin_object(json, NULL, false);
	hw_json_string(json, "holdwait", HW_VERSION);
	hw_json_begin_object(json, "recording", true);
	hw_json_string(json, "file", report->file);
	if (model->run_count) {
		hw_json_begin_array(json, "merged", true);
		for (uint32_t i = 0; i < model->run_count; i++)
			hw_json_string(json, NULL, model->runs[i].file);
		hw_json_end(json);
	}
	if (model->meta.events == HW_UNKNOWN)
		hw_json_null(json, "events");
	else
		hw_json_integer(json, "events", model->meta.events);
	hw_json_integer(json, "lost", model->meta.lost);
	hw_json_integer(json, "processes", model->process_count);
	hw_json_integer(json, "threads", model->thread_count);
	hw_json_integer(json, "objects", model->object_count);
	hw_json_end(json);
	hw_json_begin_array(json, "findings", false);
}

static void finding(struct hw_report *report, const struct hw_finding *f)
{
	hw_report_json_put(report->private, report->model, f);
}

static void ruled_out(struct hw_report *report)
{
	hw_json_end(report->private);
	hw_json_begin_array(report->private, "ruled_out", false);
}

static void end(struct hw_report *report)
{
	struct hw_json *json = report->private;
	double blocked = hw_elsewhere_percent(&report->model->meta);

	hw_json_end(json);
	hw_json_begin_object(json, "coverage", false);
	if (blocked < 0)
		hw_json_null(json, "blocked_elsewhere_percent");
	else
		hw_json_number(json, "blocked_elsewhere_percent", blocked, 1);
	hw_json_begin_array(json, "notes", false);
	for (uint32_t i = 0; i < report->analysis->note_count; i++)
		hw_json_string(json, NULL, report->analysis->notes[i]);
	hw_json_end(json);
	hw_json_end(json);
	hw_json_end(json);
	free(json);
}

const struct hw_report_format hw_report_json = {
	.name = "json",
	.description = "for programs",
	.begin = begin,
	.finding = finding,
	.ruled_out = ruled_out,
	.end = end,
};

char *hw_report_json_finding(const struct hw_model *model, const struct hw_finding *f)
{
	struct hw_textbuf text;
	struct hw_json json;

	hw_textbuf_init(&text);
	hw_json_init(&json, text.out);
	hw_report_json_put(&json, model, f);
	return hw_textbuf_finish(&text);
}
