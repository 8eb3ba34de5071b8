/* SPDX-License-Identifier: MIT */
/*
 * holdwait info: what is in a recording, and whether it is whole.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "analyzer/display.h"
#include "analyzer/elsewhere.h"
#include "analyzer/input.h"
#include "analyzer/output.h"
#include "analyzer/utf8.h"
#include "analyzer/verb.h"
#include "analyzer/words.h"
#include "trace/memory.h"

static void print_field(FILE *out, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(out, "  %-10s ", name);
	hw_utf8_print(out, value);
	fputc('\n', out);
}

static const char *plural(int64_t count)
{
	return count == 1 ? "" : "s";
}

/* With what is still in its write-ahead log. */
static int64_t size_of(const char *file)
{
	char *wal = hw_xasprintf("%s-wal", file);
	struct stat status;
	int64_t size = 0;

	if (stat(file, &status) == 0)
		size += status.st_size;
	if (stat(wal, &status) == 0)
		size += status.st_size;
	free(wal);
	return size;
}

static void print_head(FILE *out, const struct hw_input *input)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	double size = (double)size_of(input->file);
	unsigned unit = 0;

	for (; size >= 1024 && unit < 4; unit++)
		size /= 1024;
	hw_utf8_print(out, input->file);
	fprintf(out, ": %s recording, %.*f %s\n",
		input->model.meta.complete ? "complete" :
			input->model.meta.cut ? "cut off" : "incomplete", unit ? 1 : 0, size,
		units[unit]);
}

static void print_time(FILE *out, const struct hw_meta *meta)
{
	time_t start = (time_t)meta->started_at;
	struct tm parts;
	char date[64], span[32];

	if (meta->started_at == HW_UNKNOWN || !localtime_r(&start, &parts))
		return;
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &parts);
	fprintf(out, "  recorded   %s", date);
	if (meta->ended_ns != HW_UNKNOWN) {
		hw_display_time(meta->ended_ns, span);
		fprintf(out, ", for %s", span);
	}
	if (meta->host) {
		fputs(", on ", out);
		hw_utf8_print(out, meta->host);
	}
	if (meta->version) {
		fputs(", by holdwait ", out);
		hw_utf8_print(out, meta->version);
	}
	fputc('\n', out);
}

static void print_objects_by_kind(FILE *out, const struct hw_model *m)
{
	uint32_t counts[HW_KIND_COUNT] = { 0 };
	const char *separator = "";

	for (uint32_t i = 0; i < m->object_count; i++)
		counts[m->objects[i].kind]++;
	fprintf(out, "  objects    %u", m->object_count);
	for (int kind = HW_KIND_NONE; kind < HW_KIND_COUNT; kind++)
		if (counts[kind]) {
			fprintf(out, "%s%u %s", *separator ? separator : " (", counts[kind],
				hw_words_of_kind((enum hw_kind)kind));
			separator = ", ";
		}
	fputs(*separator ? ")\n" : "\n", out);
}

static const char *way_of(const struct hw_meta *meta)
{
	if (!meta->unwind)
		return "";
	return strcmp(meta->unwind, "fp") ? " by unwind tables" : " by frame pointers";
}

/* How often the memo of call stacks was right; it is what recording costs little by. */
static void print_stacks(FILE *out, const struct hw_meta *meta)
{
	int64_t all = meta->stack_hits + meta->stack_misses;

	if (all)
		fprintf(out, "  stacks     %" PRId64 "%s, %.2f %% of them remembered\n", all,
			way_of(meta), 100.0 * (double)meta->stack_hits / (double)all);
}

/* How much there is that holdwait does not see; nothing of a run too short to say. */
static void print_elsewhere(FILE *out, const struct hw_meta *meta)
{
	struct hw_arena arena = { 0 };

	if (hw_elsewhere_percent(meta) >= 0 || meta->blocked_unknown)
		print_field(out, "elsewhere", hw_elsewhere_tell(meta, &arena));
	hw_arena_finish(&arena);
}

static void print_summary(FILE *out, const struct hw_input *input)
{
	const struct hw_model *m = &input->model;

	print_head(out, input);
	for (uint32_t i = 0; i < m->run_count; i++)
		print_field(out, i ? "" : "made of", m->runs[i].file);
	print_field(out, "command", m->meta.command);
	print_field(out, "directory", m->meta.directory);
	print_time(out, &m->meta);
	fprintf(out, "  processes  %u\n  threads    %u", m->process_count, m->thread_count);
	if (m->wait_count)
		fprintf(out, ", %u of them waiting", m->wait_count);
	fputc('\n', out);
	print_objects_by_kind(out, m);
	if (m->meta.events != HW_UNKNOWN)
		fprintf(out, "  events     %" PRId64 "\n", m->meta.events);
	fprintf(out, "  lost       %" PRId64 " event%s\n", m->meta.lost, plural(m->meta.lost));
	if (m->meta.ignored)
		fprintf(out, "  ignored    %" PRId64 " object%s, as the program asked\n",
			m->meta.ignored, plural(m->meta.ignored));
	if (m->declared_count)
		fprintf(out, "  declared   %u lock order%s\n", m->declared_count,
			plural(m->declared_count));
	print_stacks(out, &m->meta);
	print_elsewhere(out, &m->meta);
	for (uint32_t i = 0; i < m->meta.note_count; i++)
		print_field(out, "note", m->meta.notes[i]);
}

static void print_details(FILE *out, const struct hw_model *m)
{
	fputs("\nprocesses:\n", out);
	for (uint32_t i = 0; i < m->process_count; i++) {
		const struct hw_process *p = &m->processes[i];

		fprintf(out, "%7" PRId64 "  pid %" PRId64 ", %s: ", p->id, p->pid,
			p->origin ? p->origin : "start");
		hw_utf8_print(out, p->command ? p->command : p->label);
		fputc('\n', out);
	}
	fputs("\nthreads:\n", out);
	for (uint32_t i = 0; i < m->thread_count; i++) {
		fprintf(out, "%7" PRId64 "  ", m->threads[i].id);
		hw_utf8_print(out, m->threads[i].label);
		if (m->threads[i].lost)
			fprintf(out, ", %" PRId64 " events lost", m->threads[i].lost);
		fputc('\n', out);
	}
	fputs("\nobjects:\n", out);
	for (uint32_t i = 0; i < m->object_count; i++) {
		fprintf(out, "%7" PRId64 "  %-8s ", m->objects[i].id,
			hw_words_of_kind(m->objects[i].kind));
		hw_utf8_print(out, m->objects[i].label);
		fputc('\n', out);
	}
}

static int show(void *arguments, const struct hw_input *input, struct hw_error *error)
{
	const struct hw_options *common = arguments;
	struct hw_output output;
	int code = hw_output_open(common->output, &output, error);

	if (code)
		return code;
	print_summary(output.file, input);
	if (common->verbose)
		print_details(output.file, &input->model);
	return hw_output_commit(&output, error);
}

int hw_cmd_info(int argc, char **argv)
{
	static const struct argp_child children[] = { { &hw_options_argp, 0, NULL, 0 }, { 0 } };
	static const struct argp argp = {
		.args_doc = "[FILE]",
		.doc = "Say what is in a recording; with -v, also its processes, threads and "
		       "objects."
		       "\v" HW_OPTIONS_EXIT_STATUS,
		.children = children,
	};
	struct hw_options common = { 0 };
	struct hw_error error;
	int code;

	argp_parse(&argp, argc, argv, 0, NULL, &common);
	code = hw_input_use(&common,
		common.verbose ? HW_RECORDING_WITH_NAMES : HW_RECORDING_AS_IT_IS, show, &common,
		&error);
	return hw_verb_status(code, &error);
}
