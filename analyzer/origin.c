/* SPDX-License-Identifier: MIT */
#include "analyzer/origin.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/path.h"
#include "analyzer/runtime.h"
#include "analyzer/script.h"
#include "analyzer/textbuf.h"
#include "analyzer/words.h"
#include "trace/memory.h"
#include "trace/name.h"

/* The base name without the version of a library: updates of a host are not another origin. */
static void write_module(FILE *out, const char *path)
{
	const char *base = hw_path_base(path);
	const char *version = strstr(base, ".so.");

	fwrite(base, 1, version ? (size_t)(version + 3 - base) : strlen(base), out);
}

static void write_build_and_offset(FILE *out, const char *build_id, uint64_t offset)
{
	fprintf(out, "%s+0x%" PRIx64, build_id ? build_id : "", offset);
}

bool hw_origin_of_static(const char *kind, const char *module, const char *build_id,
	uint64_t offset, const char *variable_key, const char *variable_name,
	struct hw_origin *ret_origin)
{
	struct hw_textbuf key;

	hw_textbuf_init(&key);
	fprintf(key.out, "%s static ", kind);
	write_module(key.out, module);
	fputc(' ', key.out);
	if (variable_key)
		fputs(variable_key, key.out);
	else
		write_build_and_offset(key.out, build_id, offset);
	ret_origin->key = hw_textbuf_finish(&key);
	ret_origin->name = variable_name
				   ? hw_xstrdup(variable_name)
				   : hw_xasprintf("%s+0x%" PRIx64, hw_path_base(module), offset);
	return true;
}

static bool is_pid(const char *digits, size_t length, const int64_t *pids, size_t pid_count)
{
	char text[24];

	for (size_t i = 0; i < pid_count; i++)
		if ((size_t)snprintf(text, sizeof(text), "%" PRId64, pids[i]) == length &&
			memcmp(text, digits, length) == 0)
			return true;
	return false;
}

bool hw_origin_of_name(const char *kind, const char *name, const int64_t *pids, size_t pid_count,
	struct hw_origin *ret_origin)
{
	struct hw_textbuf text;

	hw_textbuf_init(&text);
	while (*name) {
		size_t digits = strspn(name, "0123456789");
		size_t part = digits ? digits : strcspn(name, "0123456789");

		if (digits && is_pid(name, digits, pids, pid_count))
			fputs("<pid>", text.out);
		else
			fwrite(name, 1, part, text.out);
		name += part;
	}
	ret_origin->name = hw_textbuf_finish(&text);
	ret_origin->key = hw_xasprintf("%s named %s", kind, ret_origin->name);
	return true;
}

bool hw_origin_of_main_thread(const char *module, struct hw_origin *ret_origin)
{
	ret_origin->key = hw_xasprintf("thread main %s", hw_path_base(module));
	ret_origin->name = hw_xasprintf("main thread of %s", hw_path_base(module));
	return true;
}

/* Code without a file was generated at run time and has no place of its own. */
static bool is_programs(const struct hw_origin_frame *frame)
{
	/* What threads are made of is not made by who makes the thread. */
	if (frame->is_script)
		return !hw_runtime_is_script(frame->module) ||
			(frame->function && strncmp(frame->function, "Thread.", 7) == 0);
	if (!frame->module || hw_runtime_is_holdwait(frame->module) ||
		hw_runtime_is_module(frame->module))
		return false;
	return !frame->function || !hw_runtime_is_function(frame->function);
}

/* Choose the frames that make a key, innermost first; returns how many. */
static size_t choose(const struct hw_origin_frame *frames, size_t frame_count,
	const struct hw_origin_frame *ret_chosen[HW_ORIGIN_FRAMES])
{
	size_t count = 0;

	while (frame_count && frames[0].is_script && !frames[frame_count - 1].is_script)
		frame_count--;
	for (size_t i = 0; i < frame_count && count < HW_ORIGIN_FRAMES; i++)
		if (is_programs(&frames[i]))
			ret_chosen[count++] = &frames[i];
	if (count)
		return count;
	for (size_t i = 0; i < frame_count && count < HW_ORIGIN_FRAMES; i++)
		if (frames[i].module && !hw_runtime_is_holdwait(frames[i].module))
			ret_chosen[count++] = &frames[i];
	return count;
}

static void write_frame(FILE *out, const struct hw_origin_frame *frame, const char *variable)
{
	write_module(out, frame->module);
	fputc(':', out);
	if (variable) {
		fprintf(out, "%s %s", frame->function, variable);
		return;
	}
	if (!frame->function) {
		write_build_and_offset(out, frame->build_id, frame->offset);
		return;
	}
	fputs(frame->function, out);
	if (frame->line && frame->function_line && frame->line >= frame->function_line)
		fprintf(out, "+%" PRId64, frame->line - frame->function_line);
	else if (frame->line)
		fprintf(out, ":%" PRId64, frame->line);
	else
		fprintf(out, "@0x%" PRIx64, frame->function_offset);
}

/* What people call what a script makes: locks of Python are semaphores. */
static const char *describe(const char *kind, const struct hw_origin_frame *frame)
{
	return frame->is_script && strcmp(kind, "sem") == 0 ?
		"lock" : hw_words_describe(hw_name_to_kind(kind));
}

static char *variable_of(bool is_created, const struct hw_origin_frame *frame)
{
	return frame->is_script && is_created && frame->function && frame->file ?
		hw_script_variable(frame->file, frame->function, (int)frame->line) : NULL;
}

static char *write_place(const struct hw_origin_frame *frame)
{
	const char *module = hw_path_base(frame->module);

	if (frame->function && frame->file && frame->line)
		return hw_xasprintf("%s (%s:%" PRId64 ")", frame->function,
			hw_path_base(frame->file), frame->line);
	if (frame->function)
		return hw_xasprintf("%s (%s)", frame->function, module);
	return hw_xasprintf("%s+0x%" PRIx64, module, frame->offset);
}

bool hw_origin_of_stack(const char *kind, bool is_created, const struct hw_origin_frame *frames,
	size_t frame_count, struct hw_origin *ret_origin)
{
	const struct hw_origin_frame *chosen[HW_ORIGIN_FRAMES];
	size_t count = choose(frames, frame_count, chosen);
	struct hw_textbuf key;
	char *place, *variable;

	if (!count)
		return false;
	variable = variable_of(is_created, chosen[0]);
	hw_textbuf_init(&key);
	fprintf(key.out, "%s %s ", kind, is_created ? "created" : "used");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			fputc('<', key.out);
		write_frame(key.out, chosen[i], i ? NULL : variable);
	}
	ret_origin->key = hw_textbuf_finish(&key);
	place = write_place(chosen[0]);
	ret_origin->is_variable = variable;
	ret_origin->name = variable ? variable :
		hw_xasprintf("%s %s at %s", describe(kind, chosen[0]),
			is_created ? "created" : "first used", place);
	free(place);
	return true;
}

void hw_origin_finish(struct hw_origin *origin)
{
	free(origin->key);
	free(origin->name);
	*origin = (struct hw_origin){ 0 };
}
