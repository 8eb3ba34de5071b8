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
#include "analyzer/model.h"
#include "analyzer/words.h"
#include "trace/memory.h"

struct loader {
	sqlite3 *db;
	const char *path;
	struct hw_model *model;
	struct hw_error *error;
	const char *table; /* being read */
	sqlite3_stmt *row;
	int result;
};

static int sql_failed(struct loader *l)
{
	l->result = hw_error_set(l->error, -EIO, "cannot read table '%s' of '%s': %s", l->table,
		l->path, sqlite3_errmsg(l->db));
	hw_error_hint(l->error, "sqlite3 '%s' 'PRAGMA integrity_check' says how badly it is damaged",
		l->path);
	return l->result;
}

static int damaged(struct loader *l, const char *what)
{
	if (l->result)
		return l->result;
	l->result = hw_error_set(l->error, -EBADMSG, "recording '%s' is damaged: table '%s' has %s",
		l->path, l->table, what);
	hw_error_hint(l->error, "sqlite3 '%s' opens it and shows what is left", l->path);
	return l->result;
}

static int64_t integer(struct loader *l, int column, int64_t when_null)
{
	if (sqlite3_column_type(l->row, column) == SQLITE_NULL)
		return when_null;
	return sqlite3_column_int64(l->row, column);
}

static const char *string(struct loader *l, int column)
{
	return hw_arena_string(&l->model->arena, (const char *)sqlite3_column_text(l->row, column));
}

static bool is_word(struct loader *l, int column, const char *word)
{
	const char *text = (const char *)sqlite3_column_text(l->row, column);

	return text && strcmp(text, word) == 0;
}

/* A reference that may be NULL. One that leads nowhere is taken as not known. */
static uint32_t reference(struct loader *l, int column, const struct hw_table *ids)
{
	const uint64_t *index;

	if (sqlite3_column_type(l->row, column) == SQLITE_NULL)
		return HW_NONE;
	index = hw_table_find(ids, (uint64_t)sqlite3_column_int64(l->row, column));
	return index ? (uint32_t)*index : HW_NONE;
}

/* A reference the rest of the program relies on. */
static uint32_t required(struct loader *l, int column, const struct hw_table *ids)
{
	uint32_t index = reference(l, column, ids);

	if (index == HW_NONE)
		damaged(l, "a row that refers to one that is missing");
	return index;
}

static uint8_t how(struct loader *l, int column)
{
	if (is_word(l, column, "try"))
		return HW_HOW_TRY;
	if (is_word(l, column, "timed"))
		return HW_HOW_TIMED;
	return is_word(l, column, "reacquire") ? HW_HOW_REACQUIRE : 0;
}

static void read_process(struct loader *l, void *element)
{
	*(struct hw_process *)element = (struct hw_process){
		.id = integer(l, 0, 0),
		.parent = reference(l, 1, &l->model->process_ids),
		.origin = string(l, 2),
		.pid = integer(l, 3, 0),
		.exe = string(l, 4),
		.command = string(l, 5),
		.start_ns = integer(l, 6, 0),
		.end_ns = integer(l, 7, HW_UNKNOWN),
	};
}

static void read_thread(struct loader *l, void *element)
{
	*(struct hw_thread *)element = (struct hw_thread){
		.id = integer(l, 0, 0),
		.process = required(l, 1, &l->model->process_ids),
		.tid = integer(l, 2, 0),
		.number = integer(l, 3, 0),
		.name = string(l, 4),
		.creator = reference(l, 5, &l->model->thread_ids),
		.create_stack = reference(l, 6, &l->model->stack_ids),
		.object = reference(l, 7, &l->model->object_ids),
		.start_ns = integer(l, 8, 0),
		.end_ns = integer(l, 9, HW_UNKNOWN),
		.lost = integer(l, 10, 0),
		.wait = HW_NONE,
	};
}

static void read_module(struct loader *l, void *element)
{
	*(struct hw_module *)element =
		(struct hw_module){ .path = string(l, 1), .build_id = string(l, 2) };
	if (!((struct hw_module *)element)->path)
		damaged(l, "a module without a path");
}

static void read_frame(struct loader *l, void *element)
{
	struct hw_frame *frame = element;

	*frame = (struct hw_frame){
		.module = reference(l, 1, &l->model->module_ids),
		.offset = (uint64_t)integer(l, 2, 0),
		.function = string(l, 3),
		.file = string(l, 4),
		.line = integer(l, 5, 0),
		.caller = reference(l, 6, &l->model->frame_ids),
	};
}

static void read_stack(struct loader *l, void *element)
{
	*(struct hw_stack *)element = (struct hw_stack){
		.parent = reference(l, 1, &l->model->stack_ids),
		.frame = required(l, 2, &l->model->frame_ids),
	};
}

static void read_class(struct loader *l, void *element)
{
	struct hw_class *class_ = element;

	*class_ = (struct hw_class){
		.kind = hw_words_kind((const char *)sqlite3_column_text(l->row, 1)),
		.key = string(l, 2),
		.name = string(l, 3),
	};
	if (!class_->key || !class_->name)
		damaged(l, "a class without key or name");
}

static void read_object(struct loader *l, void *element)
{
	struct hw_object *o = element;

	*o = (struct hw_object){
		.id = integer(l, 0, 0),
		.kind = hw_words_kind((const char *)sqlite3_column_text(l->row, 1)),
		.type = string(l, 2),
		.process = reference(l, 3, &l->model->process_ids),
		.address = (uint64_t)integer(l, 4, 0),
		.shared_key = string(l, 5),
		.create_stack = reference(l, 6, &l->model->stack_ids),
		.initialised = integer(l, 7, 0) != 0,
		.create_ns = integer(l, 8, 0),
		.destroy_ns = integer(l, 9, HW_UNKNOWN),
		.role = is_word(l, 10, "lock") ? HW_ROLE_LOCK :
			is_word(l, 10, "signal") ? HW_ROLE_SIGNAL : HW_ROLE_UNKNOWN,
		.capacity = integer(l, 11, HW_UNKNOWN),
		.name = string(l, 12),
		.class_ = reference(l, 13, &l->model->class_ids),
	};
	if (!o->type)
		o->type = "";
	if (o->name && !o->name[0])
		o->name = NULL;
}

static void read_dependency(struct loader *l, void *element)
{
	*(struct hw_dependency *)element = (struct hw_dependency){
		.thread = required(l, 1, &l->model->thread_ids),
		.object = required(l, 2, &l->model->object_ids),
		.shared = is_word(l, 3, "shared"),
		.stack = reference(l, 4, &l->model->stack_ids),
		.how = how(l, 5),
		.count = integer(l, 6, 1),
		.first_ns = integer(l, 7, 0),
		.last_ns = integer(l, 8, 0),
	};
}

/* A table whose rows have ids. */
struct section {
	const char *table;
	const char *columns;
	size_t ids_at, array_at, count_at; /* in struct hw_model */
	size_t element_bytes;
	void (*read)(struct loader *l, void *element);
};

#define SECTION(name, array, count, columns_text) \
	{ \
		.table = #name, .columns = columns_text, \
		.ids_at = offsetof(struct hw_model, name##_ids), \
		.array_at = offsetof(struct hw_model, array), \
		.count_at = offsetof(struct hw_model, count), \
		.element_bytes = sizeof(struct hw_##name), .read = read_##name \
	}

static const struct section sections[] = {
	SECTION(process, processes, process_count,
		"id, parent, origin, pid, exe, command, start_ns, end_ns"),
	SECTION(module, modules, module_count, "id, path, build_id"),
	SECTION(frame, frames, frame_count, "id, module, offset, function, file, line, caller"),
	SECTION(stack, stacks, stack_count, "id, parent, frame"),
	SECTION(class, classes, class_count, "id, kind, key, name"),
	SECTION(object, objects, object_count,
		"id, kind, type, process, address, shared_key, create_stack, initialised, create_ns,"
		" destroy_ns, role, capacity, name, class"),
	SECTION(thread, threads, thread_count,
		"id, process, tid, number, name, creator, create_stack, object, start_ns, end_ns, lost"),
	SECTION(dependency, dependencies, dependency_count,
		"id, thread, object, mode, stack, how, count, first_ns, last_ns"),
};

static int prepare(struct loader *l, const char *table, const char *sql)
{
	l->table = table;
	if (sqlite3_prepare_v2(l->db, sql, -1, &l->row, NULL) != SQLITE_OK)
		return sql_failed(l);
	return 0;
}

/* The next row, or false at the end or when something is wrong. */
static bool next(struct loader *l)
{
	int step;

	if (l->result)
		return false;
	step = sqlite3_step(l->row);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		sql_failed(l);
	return step == SQLITE_ROW;
}

static void done(struct loader *l)
{
	sqlite3_finalize(l->row);
	l->row = NULL;
}

static int query(struct loader *l, const char *table, const char *columns, const char *order)
{
	char *sql = hw_xasprintf("SELECT %s FROM \"%s\" ORDER BY %s", columns, table, order);
	int result = prepare(l, table, sql);

	free(sql);
	return result;
}

static int read_ids(struct loader *l, const struct section *section)
{
	char *model = (char *)l->model;
	struct hw_table *ids = (struct hw_table *)(model + section->ids_at);
	uint32_t *count = (uint32_t *)(model + section->count_at);

	if (query(l, section->table, "id", "id"))
		return l->result;
	while (next(l))
		*hw_table_put(ids, (uint64_t)sqlite3_column_int64(l->row, 0), NULL) = (*count)++;
	done(l);
	*(void **)(model + section->array_at) = hw_xcalloc(*count, section->element_bytes);
	return l->result;
}

static int read_rows(struct loader *l, const struct section *section)
{
	char *model = (char *)l->model;
	char *elements = *(char **)(model + section->array_at);
	uint32_t count = *(uint32_t *)(model + section->count_at);

	if (query(l, section->table, section->columns, "id"))
		return l->result;
	for (uint32_t i = 0; i < count && next(l); i++)
		section->read(l, elements + i * section->element_bytes);
	done(l);
	return l->result;
}

/* Read "object, mode, stack, count" from `column` on, as one more hold of whoever owns the last. */
static void append_hold(
	struct loader *l, int column, uint32_t *capacity, uint32_t *first, uint32_t *count)
{
	struct hw_model *m = l->model;
	struct hw_hold hold = {
		.object = required(l, column, &m->object_ids),
		.shared = is_word(l, column + 1, "shared"),
		.stack = reference(l, column + 2, &m->stack_ids),
		.count = integer(l, column + 3, 1),
	};

	HW_GROW(m->holds, m->hold_count, *capacity);
	if (*count == 0)
		*first = m->hold_count;
	(*count)++;
	m->holds[m->hold_count++] = hold;
}

static int read_holds(struct loader *l)
{
	struct hw_model *m = l->model;
	uint32_t capacity = 0, owner;

	if (query(l, "dependency_hold", "dependency, object, mode, stack, 1",
		    "dependency, position"))
		return l->result;
	while (next(l)) {
		owner = required(l, 0, &m->dependency_ids);
		if (owner != HW_NONE)
			append_hold(l, 1, &capacity, &m->dependencies[owner].first_hold,
				&m->dependencies[owner].hold_count);
	}
	done(l);
	if (l->result || query(l, "hold", "thread, object, mode, stack, count", "thread, position"))
		return l->result;
	while (next(l)) {
		owner = required(l, 0, &m->thread_ids);
		if (owner != HW_NONE)
			append_hold(l, 1, &capacity, &m->threads[owner].first_hold,
				&m->threads[owner].hold_count);
	}
	done(l);
	return l->result;
}

static int read_waits(struct loader *l)
{
	struct hw_model *m = l->model;
	uint32_t capacity = 0;

	if (query(l, "wait", "thread, object, mode, how, stack, since_ns", "thread"))
		return l->result;
	while (next(l)) {
		struct hw_wait wait = {
			.thread = required(l, 0, &m->thread_ids),
			.object = required(l, 1, &m->object_ids),
			.shared = is_word(l, 2, "shared"),
			.how = how(l, 3),
			.stack = reference(l, 4, &m->stack_ids),
			.since_ns = integer(l, 5, 0),
		};

		if (l->result)
			break;
		HW_GROW(m->waits, m->wait_count, capacity);
		m->threads[wait.thread].wait = m->wait_count;
		m->waits[m->wait_count++] = wait;
	}
	done(l);
	return l->result;
}

static void read_meta_row(struct loader *l, const char *key, uint32_t *note_capacity)
{
	struct hw_meta *meta = &l->model->meta;

	if (strcmp(key, "version") == 0)
		meta->version = string(l, 1);
	else if (strcmp(key, "command") == 0)
		meta->command = string(l, 1);
	else if (strcmp(key, "directory") == 0)
		meta->directory = string(l, 1);
	else if (strcmp(key, "host") == 0)
		meta->host = string(l, 1);
	else if (strcmp(key, "started_at") == 0)
		meta->started_at = integer(l, 1, HW_UNKNOWN);
	else if (strcmp(key, "ended_ns") == 0)
		meta->ended_ns = integer(l, 1, HW_UNKNOWN);
	else if (strcmp(key, "events") == 0)
		meta->events = integer(l, 1, HW_UNKNOWN);
	else if (strcmp(key, "lost") == 0)
		meta->lost = integer(l, 1, 0);
	else if (strcmp(key, "complete") == 0)
		meta->complete = integer(l, 1, 0) == 1;
	else if (strcmp(key, "blocked_elsewhere_percent") == 0)
		meta->blocked_elsewhere_percent = sqlite3_column_double(l->row, 1);
	else if (strncmp(key, "note.", 5) == 0 && sqlite3_column_bytes(l->row, 1) > 0) {
		HW_GROW(meta->notes, meta->note_count, *note_capacity);
		meta->notes[meta->note_count++] = string(l, 1);
	}
}

static int read_meta(struct loader *l)
{
	uint32_t note_capacity = 0;

	l->model->meta.started_at = HW_UNKNOWN;
	l->model->meta.ended_ns = HW_UNKNOWN;
	l->model->meta.events = HW_UNKNOWN;
	l->model->meta.blocked_elsewhere_percent = -1;
	/* note.10 after note.9 */
	if (query(l, "meta", "key, value", "length(key), key"))
		return l->result;
	while (next(l))
		if (sqlite3_column_type(l->row, 1) != SQLITE_NULL)
			read_meta_row(l, (const char *)sqlite3_column_text(l->row, 0), &note_capacity);
	done(l);
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

static int check_trees(struct loader *l)
{
	struct hw_model *m = l->model;
	uint32_t *next_of = hw_xcalloc(m->stack_count, sizeof(*next_of));

	for (uint32_t i = 0; i < m->stack_count; i++)
		next_of[i] = m->stacks[i].parent;
	l->table = "stack";
	if (!ends(next_of, m->stack_count))
		damaged(l, "a call stack that goes in a circle");
	next_of = hw_xrealloc(next_of, m->frame_count * sizeof(*next_of));
	for (uint32_t i = 0; i < m->frame_count; i++)
		next_of[i] = m->frames[i].caller;
	l->table = "frame";
	if (!ends(next_of, m->frame_count))
		damaged(l, "a function that is inlined into itself");
	free(next_of);
	return l->result;
}

/* Give every object a class, so that nobody has to ask whether it has one. */
static void complete_classes(struct hw_model *m)
{
	uint32_t capacity = m->class_count;

	for (uint32_t i = 0; i < m->object_count; i++) {
		struct hw_object *o = &m->objects[i];

		if (o->class_ == HW_NONE) {
			const char *word = hw_words_of_kind(o->kind);
			struct hw_class alone = {
				.kind = o->kind,
				.key = hw_arena_printf(&m->arena, "%s object %lld", word, (long long)o->id),
				.name = o->name ? o->name :
						  hw_arena_printf(&m->arena, "%s 0x%llx", word,
							  (unsigned long long)o->address),
			};

			HW_GROW(m->classes, m->class_count, capacity);
			o->class_ = m->class_count;
			m->classes[m->class_count++] = alone;
		}
		m->classes[o->class_].object_count++;
	}
}

static int read_all(struct loader *l)
{
	size_t section_count = sizeof(sections) / sizeof(*sections);

	if (read_meta(l))
		return l->result;
	for (size_t i = 0; i < section_count; i++)
		if (read_ids(l, &sections[i]))
			return l->result;
	for (size_t i = 0; i < section_count; i++)
		if (read_rows(l, &sections[i]))
			return l->result;
	if (read_holds(l) || read_waits(l) || check_trees(l))
		return l->result;
	complete_classes(l->model);
	hw_display_label(l->model);
	return 0;
}

int hw_model_load(
	sqlite3 *db, const char *path, struct hw_model *ret_model, struct hw_error *error)
{
	struct hw_model model = { 0 };
	struct loader l = { .db = db, .path = path, .model = &model, .error = error };

	l.table = "meta";
	if (sqlite3_exec(db, "SAVEPOINT hw_model", NULL, NULL, NULL) != SQLITE_OK)
		return sql_failed(&l);
	read_all(&l);
	sqlite3_exec(db, "RELEASE hw_model", NULL, NULL, NULL);
	if (l.result) {
		hw_model_finish(&model);
		return l.result;
	}
	*ret_model = model;
	return 0;
}
