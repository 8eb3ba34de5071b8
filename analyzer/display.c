/* SPDX-License-Identifier: MIT */
#include "analyzer/display.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/words.h"
#include "trace/memory.h"

/* "bank" of "/usr/bin/bank", or of "./bank --accounts 3". */
static const char *program_name(struct hw_model *m, const struct hw_process *process)
{
	const char *path = process->exe ? process->exe : process->command;
	const char *slash;
	char *name;

	if (!path || !path[0])
		return "unknown program";
	name = hw_arena_string(&m->arena, path);
	if (!process->exe)
		name[strcspn(name, " ")] = '\0';
	slash = strrchr(name, '/');
	return slash && slash[1] ? slash + 1 : name;
}

static void label_processes(struct hw_model *m)
{
	for (uint32_t i = 0; i < m->process_count; i++) {
		struct hw_process *process = &m->processes[i];
		const char *name = program_name(m, process);

		process->label = m->process_count == 1
					 ? name
					 : hw_arena_printf(&m->arena, "%s (process %lld)", name,
						   (long long)process->id);
	}
}

static const char *thread_short_name(struct hw_model *m, const struct hw_thread *thread)
{
	if (thread->name && thread->name[0])
		return thread->name;
	if (thread->number == 1)
		return "main thread";
	return hw_arena_printf(&m->arena, "thread %lld", (long long)thread->number);
}

/* Of several runs, each thread says which recording it is from. */
static const char *thread_label_in_run(
	struct hw_model *m, const struct hw_thread *thread, const struct hw_run *run)
{
	const struct hw_process *process = &m->processes[thread->process];
	bool named = thread->name && thread->name[0];
	const char *where = run->file;

	if (run->process_count > 1)
		where = hw_arena_printf(
			&m->arena, "process %lld, %s", (long long)process->id, run->file);
	if (named)
		return hw_arena_printf(&m->arena, "%s (thread %lld, %s)", thread->name,
			(long long)thread->number, where);
	return hw_arena_printf(&m->arena, "%s (%s)", thread->short_name, where);
}

static const char *thread_label(struct hw_model *m, const struct hw_thread *thread)
{
	const struct hw_process *process = &m->processes[thread->process];
	bool named = thread->name && thread->name[0];

	if (m->run_count)
		return thread_label_in_run(m, thread, &m->runs[process->run]);
	if (m->process_count == 1)
		return named ? hw_arena_printf(&m->arena, "%s (thread %lld)", thread->name,
				       (long long)thread->number)
			     : thread->short_name;
	if (named)
		return hw_arena_printf(&m->arena, "%s (thread %lld of process %lld)", thread->name,
			(long long)thread->number, (long long)process->id);
	return thread->number == 1 ? hw_arena_printf(&m->arena, "main thread of %s", process->label)
				   : hw_arena_printf(&m->arena, "thread %lld of process %lld",
					     (long long)thread->number, (long long)process->id);
}

static void label_threads(struct hw_model *m)
{
	for (uint32_t i = 0; i < m->thread_count; i++) {
		m->threads[i].short_name = thread_short_name(m, &m->threads[i]);
		m->threads[i].label = thread_label(m, &m->threads[i]);
	}
}

/* A name is short enough; what only says where the object comes from is not. */
static const char *object_short_label(struct hw_model *m, const struct hw_object *o)
{
	const char *name = m->classes[o->class_].name, *end;

	if (o->name || o->kind == HW_KIND_THREAD)
		return o->label;
	end = strstr(name, " created at ");
	if (end)
		return hw_arena_printf(&m->arena, "%.*s #%lld", (int)(end - name), name,
			(long long)o->id);
	return hw_arena_printf(&m->arena, "%s #%lld", hw_words_describe(o->kind), (long long)o->id);
}

static const char *object_label(struct hw_model *m, const struct hw_object *o)
{
	const struct hw_class *class_ = &m->classes[o->class_];

	if (o->name)
		return o->name;
	if (o->kind == HW_KIND_THREAD)
		return hw_arena_printf(&m->arena, "end of a thread (#%lld)", (long long)o->id);
	if (class_->object_count == 1)
		return class_->name;
	return hw_arena_printf(&m->arena, "%s (#%lld)", class_->name, (long long)o->id);
}

static void label_ends_of_threads(struct hw_model *m)
{
	for (uint32_t i = 0; i < m->thread_count; i++)
		if (m->threads[i].object != HW_NONE)
			m->objects[m->threads[i].object].label =
				hw_arena_printf(&m->arena, "the end of %s", m->threads[i].label);
}

struct named {
	const char *label;
	uint32_t run; /* the same lock of another run is not another one */
	uint32_t object;
};

static int compare_named(const void *a, const void *b)
{
	const struct named *left = a, *right = b;
	int order = strcmp(left->label, right->label);

	if (!order)
		order = (left->run > right->run) - (left->run < right->run);
	return order ? order : (left->object > right->object) - (left->object < right->object);
}

static bool are_twins(const struct named *a, const struct named *b)
{
	return a->run == b->run && strcmp(a->label, b->label) == 0;
}

/* One global can exist in several processes, or one place in memory be used twice. */
static void tell_apart(struct hw_model *m)
{
	struct named *all = hw_xcalloc(m->object_count, sizeof(*all));

	for (uint32_t i = 0; i < m->object_count; i++)
		all[i] = (struct named){ m->objects[i].label, m->objects[i].run, i };
	qsort(all, m->object_count, sizeof(*all), compare_named);
	for (uint32_t i = 0; i < m->object_count; i++) {
		bool twin = (i > 0 && are_twins(&all[i], &all[i - 1])) ||
			    (i + 1 < m->object_count && are_twins(&all[i], &all[i + 1]));
		struct hw_object *o = &m->objects[all[i].object];

		if (twin)
			o->label = hw_arena_printf(
				&m->arena, "%s (#%lld)", all[i].label, (long long)o->id);
	}
	free(all);
}

static void label_objects(struct hw_model *m)
{
	for (uint32_t i = 0; i < m->object_count; i++)
		m->objects[i].label = object_label(m, &m->objects[i]);
	label_ends_of_threads(m);
	tell_apart(m);
	for (uint32_t i = 0; i < m->object_count; i++)
		m->objects[i].short_label = object_short_label(m, &m->objects[i]);
}

void hw_display_label(struct hw_model *model)
{
	label_processes(model);
	label_threads(model);
	label_objects(model);
}

void hw_display_time(int64_t time_ns, char ret_text[32])
{
	static const struct {
		double unit_ns;
		const char *name;
	} units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if ((double)time_ns >= units[i].unit_ns) {
			snprintf(ret_text, 32, "%.3f %s", (double)time_ns / units[i].unit_ns,
				units[i].name);
			return;
		}
	snprintf(ret_text, 32, "%lld ns", (long long)time_ns);
}
