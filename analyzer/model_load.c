/* SPDX-License-Identifier: MIT */
/*
 * The reading half of model.h: tables to arrays. First all ids get their
 * indexes, then every table is read with its references resolved, so the order
 * of tables, and rows that refer to later ones, do not matter.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/display.h"
#include "analyzer/loader.h"
#include "analyzer/runtime.h"
#include "analyzer/script.h"
#include "analyzer/words.h"
#include "trace/memory.h"
#include "trace/name.h"

static void read_process(struct hw_loader *l, void *element)
{
	*(struct hw_process *)element = (struct hw_process){
		.id = hw_loader_integer(l, 0, 0),
		.parent = hw_loader_reference(l, 1, &l->model->process_ids),
		.origin = hw_loader_string(l, 2),
		.pid = hw_loader_integer(l, 3, 0),
		.exe = hw_loader_string(l, 4),
		.command = hw_loader_string(l, 5),
		.start_ns = hw_loader_integer(l, 6, 0),
		.end_ns = hw_loader_integer(l, 7, HW_UNKNOWN),
	};
}

static void read_thread(struct hw_loader *l, void *element)
{
	*(struct hw_thread *)element = (struct hw_thread){
		.id = hw_loader_integer(l, 0, 0),
		.process = hw_loader_required(l, 1, &l->model->process_ids),
		.tid = hw_loader_integer(l, 2, 0),
		.number = hw_loader_integer(l, 3, 0),
		.name = hw_loader_string(l, 4),
		.creator = hw_loader_reference(l, 5, &l->model->thread_ids),
		.create_stack = hw_loader_reference(l, 6, &l->model->stack_ids),
		.object = hw_loader_reference(l, 7, &l->model->object_ids),
		.start_ns = hw_loader_integer(l, 8, 0),
		.end_ns = hw_loader_integer(l, 9, HW_UNKNOWN),
		.lost = hw_loader_integer(l, 10, 0),
		.wait = HW_NONE,
	};
}

static void read_module(struct hw_loader *l, void *element)
{
	*(struct hw_module *)element = (struct hw_module){ .path = hw_loader_string(l, 1),
		.build_id = hw_loader_string(l, 2) };
	if (!((struct hw_module *)element)->path)
		hw_loader_damaged(l, "a module without a path");
}

static void read_frame(struct hw_loader *l, void *element)
{
	struct hw_frame *frame = element;

	*frame = (struct hw_frame){
		.module = hw_loader_reference(l, 1, &l->model->module_ids),
		.offset = (uint64_t)hw_loader_integer(l, 2, 0),
		.function = hw_loader_string(l, 3),
		.file = hw_loader_string(l, 4),
		.line = hw_loader_integer(l, 5, 0),
		.caller = hw_loader_reference(l, 6, &l->model->frame_ids),
		.signal = (int32_t)hw_loader_integer(l, 7, HW_NO_SIGNAL),
	};
}

static void read_stack(struct hw_loader *l, void *element)
{
	*(struct hw_stack *)element = (struct hw_stack){
		.parent = hw_loader_reference(l, 1, &l->model->stack_ids),
		.frame = hw_loader_required(l, 2, &l->model->frame_ids),
		.signals = (uint64_t)hw_loader_integer(l, 3, 0),
	};
}

static void read_class(struct hw_loader *l, void *element)
{
	struct hw_class *class_ = element;

	*class_ = (struct hw_class){
		.kind = hw_name_to_kind((const char *)sqlite3_column_text(l->row, 1)),
		.key = hw_loader_string(l, 2),
		.name = hw_loader_string(l, 3),
	};
	if (!class_->key || !class_->name)
		hw_loader_damaged(l, "a class without key or name");
}

static void read_object(struct hw_loader *l, void *element)
{
	struct hw_object *o = element;

	*o = (struct hw_object){
		.id = hw_loader_integer(l, 0, 0),
		.kind = hw_name_to_kind((const char *)sqlite3_column_text(l->row, 1)),
		.type = hw_loader_string(l, 2),
		.process = hw_loader_reference(l, 3, &l->model->process_ids),
		.address = (uint64_t)hw_loader_integer(l, 4, 0),
		.shared_key = hw_loader_string(l, 5),
		.create_stack = hw_loader_reference(l, 6, &l->model->stack_ids),
		.initialised = hw_loader_integer(l, 7, 0) != 0,
		.create_ns = hw_loader_integer(l, 8, 0),
		.destroy_ns = hw_loader_integer(l, 9, HW_UNKNOWN),
		.role = hw_loader_is(l, 10, "lock")	? HW_ROLE_LOCK
			: hw_loader_is(l, 10, "signal") ? HW_ROLE_SIGNAL
							: HW_ROLE_UNKNOWN,
		.capacity = hw_loader_integer(l, 11, HW_UNKNOWN),
		.name = hw_loader_string(l, 12),
		.class_ = hw_loader_reference(l, 13, &l->model->class_ids),
	};
	if (!o->type)
		o->type = "";
	if (o->name && !o->name[0])
		o->name = NULL;
}

/* One that lacks something stays until what it holds was read. */
static void read_dependency(struct hw_loader *l, void *element)
{
	*(struct hw_dependency *)element = (struct hw_dependency){
		.thread = hw_loader_needed(l, 1, &l->model->thread_ids),
		.object = hw_loader_needed(l, 2, &l->model->object_ids),
		.shared = hw_loader_is(l, 3, "shared"),
		.stack = hw_loader_reference(l, 4, &l->model->stack_ids),
		.how = hw_loader_how(l, 5),
		.count = hw_loader_count(l, 6),
		.first_ns = hw_loader_integer(l, 7, 0),
		.last_ns = hw_loader_integer(l, 8, 0),
		.units = hw_loader_count(l, 9),
	};
	hw_loader_lacks(l);
}

/* A table whose rows have ids. */
struct section {
	const char *table;
	const char *columns;
	const char *later; /* one more column, which recordings of older versions lack; or NULL */
	size_t ids_at, array_at, count_at; /* in struct hw_model */
	size_t element_bytes;
	void (*read)(struct hw_loader *l, void *element);
};

#define SECTION(name, array, count, columns_text, later_column)                \
	{                                                                      \
		.table = #name, .columns = columns_text, .later = later_column, \
		.ids_at = offsetof(struct hw_model, name##_ids),               \
		.array_at = offsetof(struct hw_model, array),                  \
		.count_at = offsetof(struct hw_model, count),                  \
		.element_bytes = sizeof(struct hw_##name), .read = read_##name \
	}

static const struct section sections[] = {
	SECTION(process, processes, process_count,
		"id, parent, origin, pid, exe, command, start_ns, end_ns", NULL),
	SECTION(module, modules, module_count, "id, path, build_id", NULL),
	SECTION(frame, frames, frame_count, "id, module, offset, function, file, line, caller",
		"signal"),
	SECTION(stack, stacks, stack_count, "id, parent, frame", "signals"),
	SECTION(class, classes, class_count, "id, kind, key, name", NULL),
	SECTION(object, objects, object_count,
		"id, kind, type, process, address, shared_key, create_stack, initialised, "
		"create_ns,"
		" destroy_ns, role, capacity, name, class",
		NULL),
	SECTION(thread, threads, thread_count,
		"id, process, tid, number, name, creator, create_stack, object, start_ns, end_ns, "
		"lost",
		NULL),
	SECTION(dependency, dependencies, dependency_count,
		"id, thread, object, mode, stack, how, count, first_ns, last_ns", "units"),
};

static int read_ids(struct hw_loader *l, const struct section *section)
{
	char *model = (char *)l->model;
	struct hw_table *ids = (struct hw_table *)(model + section->ids_at);
	uint32_t *count = (uint32_t *)(model + section->count_at);

	if (hw_loader_query(l, section->table, "id", "id"))
		return l->result;
	while (hw_loader_next(l))
		*hw_table_put(ids, (uint64_t)sqlite3_column_int64(l->row, 0), NULL) = (*count)++;
	hw_loader_done(l);
	*(void **)(model + section->array_at) = hw_xcalloc(*count, section->element_bytes);
	return l->result;
}

static int query_section(struct hw_loader *l, const struct section *section)
{
	bool has_later = section->later &&
			 hw_loader_has_column(l, section->table, section->later);
	char *columns = hw_xasprintf(
		"%s, %s", section->columns, has_later ? section->later : "NULL");
	int result = hw_loader_query(l, section->table, columns, "id");

	free(columns);
	return result;
}

static int read_rows(struct hw_loader *l, const struct section *section)
{
	char *model = (char *)l->model;
	char *elements = *(char **)(model + section->array_at);
	uint32_t count = *(uint32_t *)(model + section->count_at);

	if (query_section(l, section))
		return l->result;
	for (uint32_t i = 0; i < count && hw_loader_next(l); i++)
		section->read(l, elements + i * section->element_bytes);
	hw_loader_done(l);
	return l->result;
}

/* Whether following `next` from any element ends. */
static bool ends(const uint32_t *next_of, uint32_t count)
{
	enum { NEW, HERE, PAST };
	uint8_t *state = hw_xcalloc(count, 1);
	bool result = true;
	uint32_t at;

	for (uint32_t i = 0; i < count && result; i++) {
		for (at = i; at != HW_NONE && state[at] == NEW; at = next_of[at])
			state[at] = HERE;
		result = at == HW_NONE || state[at] == PAST;
		for (at = i; at != HW_NONE && state[at] == HERE && result; at = next_of[at])
			state[at] = PAST;
	}
	free(state);
	return result;
}

static int check_trees(struct hw_loader *l)
{
	struct hw_model *m = l->model;
	uint32_t *next_of = hw_xcalloc(m->stack_count, sizeof(*next_of));

	for (uint32_t i = 0; i < m->stack_count; i++)
		next_of[i] = m->stacks[i].parent;
	l->table = "stack";
	if (!ends(next_of, m->stack_count))
		hw_loader_damaged(l, "a call stack that goes in a circle");
	next_of = hw_xrealloc(next_of, m->frame_count * sizeof(*next_of));
	for (uint32_t i = 0; i < m->frame_count; i++)
		next_of[i] = m->frames[i].caller;
	l->table = "frame";
	if (!ends(next_of, m->frame_count))
		hw_loader_damaged(l, "a function that is inlined into itself");
	free(next_of);
	return l->result;
}

/* Ask once what kind of function a frame is, since stacks are looked at again and again. */
static void classify_frames(struct hw_model *m)
{
	for (uint32_t i = 0; i < m->frame_count; i++) {
		struct hw_frame *f = &m->frames[i];
		const char *module = f->module == HW_NONE ? NULL : m->modules[f->module].path;

		f->is_holdwait = module && hw_runtime_is_holdwait(module);
		f->is_runtime = (module && (hw_runtime_is_module(module) ||
						   hw_runtime_is_script(module))) ||
				(f->function && hw_runtime_is_function(f->function));
		f->is_script = module && f->file && strcmp(module, f->file) == 0;
		f->is_wrapper = f->function && hw_runtime_is_wrapper(f->function);
	}
}

/* A line of a script that says so only tries, though its interpreter would wait. */
static void believe_scripts(struct hw_model *m)
{
	enum { UNKNOWN, WAITS, TRIES };
	uint8_t *known = hw_xcalloc(m->frame_count, sizeof(*known));

	for (uint32_t i = 0; i < m->dependency_count; i++) {
		struct hw_dependency *d = &m->dependencies[i];
		uint32_t frame = d->stack == HW_NONE ? HW_NONE : m->stacks[d->stack].frame;

		if (frame == HW_NONE || !m->frames[frame].is_script)
			continue;
		if (!known[frame])
			known[frame] = hw_script_only_tries(m->frames[frame].file,
					       (int)m->frames[frame].line) ?
				TRIES : WAITS;
		if (known[frame] == TRIES)
			d->how |= HW_HOW_TRY;
	}
	free(known);
}

/* Give every object a class, so that nobody has to ask whether it has one. */
static void complete_classes(struct hw_model *m)
{
	uint32_t capacity = m->class_count;

	for (uint32_t i = 0; i < m->object_count; i++) {
		struct hw_object *o = &m->objects[i];

		if (o->class_ == HW_NONE) {
			struct hw_class alone = {
				.kind = o->kind,
				.key = hw_arena_printf(&m->arena, "%s object %lld",
					hw_words_of_kind(o->kind), (long long)o->id),
				.name = hw_arena_printf(&m->arena, "%s at 0x%llx",
					hw_words_describe(o->kind), (unsigned long long)o->address),
			};

			HW_GROW(m->classes, m->class_count, capacity);
			o->class_ = m->class_count;
			m->classes[m->class_count++] = alone;
		}
		m->classes[o->class_].object_count++;
	}
}

static int read_all(struct hw_loader *l)
{
	size_t section_count = sizeof(sections) / sizeof(*sections);

	if (hw_loader_read_meta(l))
		return l->result;
	for (size_t i = 0; i < section_count; i++)
		if (read_ids(l, &sections[i]))
			return l->result;
	for (size_t i = 0; i < section_count; i++)
		if (read_rows(l, &sections[i]))
			return l->result;
	if (hw_loader_read_runs(l) || hw_loader_read_holds(l) || hw_loader_read_waits(l) ||
		hw_loader_read_misuses(l) || hw_loader_read_declared(l) || check_trees(l))
		return l->result;
	classify_frames(l->model);
	believe_scripts(l->model);
	complete_classes(l->model);
	hw_display_label(l->model);
	return 0;
}

int hw_model_load(sqlite3 *db, const char *path, struct hw_model *ret_model, struct hw_error *error)
{
	struct hw_model model = { 0 };
	struct hw_loader l = { .db = db, .path = path, .model = &model, .error = error };

	l.table = "meta";
	if (sqlite3_exec(db, "SAVEPOINT hw_model", NULL, NULL, NULL) != SQLITE_OK)
		return hw_loader_failed(&l);
	read_all(&l);
	sqlite3_exec(db, "RELEASE hw_model", NULL, NULL, NULL);
	if (l.result) {
		hw_model_finish(&model);
		return l.result;
	}
	*ret_model = model;
	return 0;
}
