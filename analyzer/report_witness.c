/* SPDX-License-Identifier: MIT */
#include "analyzer/report_witness.h"

#include "analyzer/stack.h"
#include "analyzer/utf8.h"
#include "trace/name.h"

/* Steps shown before the waits. */
enum { STEPS_SHORT = 10, STEPS_VERBOSE = 200 };

struct columns {
	size_t thread, op, object;
};

static const char *op_of(const struct hw_witness_step *step)
{
	return step->waits ? "waits for" : hw_name_of_op((enum hw_op)step->op);
}

static const char *object_of(const struct hw_model *model, const struct hw_witness_step *step)
{
	return step->object == HW_NONE ? "" : model->objects[step->object].short_label;
}

static void widen(size_t *column, const char *text)
{
	size_t columns = hw_utf8_columns(text);

	if (columns > *column)
		*column = columns;
}

static void print_padded(FILE *out, const char *text, size_t columns)
{
	hw_utf8_print(out, text);
	fprintf(out, "%*s", (int)(columns + 2 - hw_utf8_columns(text)), "");
}

static void print_step(const struct hw_report *report, const struct hw_witness_step *step,
	const struct columns *columns)
{
	const struct hw_model *model = report->model;
	uint32_t site = hw_stack_site(model, step->stack);
	struct hw_arena arena = { 0 };
	enum hw_style style = step->waits ? HW_STYLE_WAITED : HW_STYLE_NONE;

	fputs("    ", report->out);
	print_padded(report->out, model->threads[step->thread].label, columns->thread);
	fputs(hw_term_begin(&report->term, style), report->out);
	print_padded(report->out, op_of(step), columns->op);
	fputs(hw_term_end(&report->term), report->out);
	if (site == HW_NONE) {
		hw_utf8_print(report->out, object_of(model, step));
	} else {
		print_padded(report->out, object_of(model, step), columns->object);
		hw_utf8_print(report->out, hw_stack_place(model, site, &arena));
	}
	fputc('\n', report->out);
	hw_arena_finish(&arena);
}

void hw_report_witness_print(const struct hw_report *report, const struct hw_finding *finding)
{
	uint32_t most = (report->verbose ? STEPS_VERBOSE : STEPS_SHORT) + finding->thread_count;
	uint32_t count = finding->witness_count, first = count > most ? count - most : 0;
	struct columns columns = { 0 };

	if (!count)
		return;
	fprintf(report->out,
		"  as far as locks can tell, a schedule of %u steps ends in it%s:\n\n", count,
		first ? "; these are the last" : "");
	for (uint32_t i = first; i < count; i++) {
		const struct hw_witness_step *step = &finding->witness[i];

		widen(&columns.thread, report->model->threads[step->thread].label);
		widen(&columns.op, op_of(step));
		widen(&columns.object, object_of(report->model, step));
	}
	for (uint32_t i = first; i < count; i++)
		print_step(report, &finding->witness[i], &columns);
	fputc('\n', report->out);
}
