/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/origin.h"
#include "analyzer/resolve_part.h"
#include "analyzer/runtime.h"
#include "analyzer/variable.h"
#include "analyzer/words.h"
#include "trace/memory.h"
#include "trace/name.h"
#include "trace/table.h"

/* A key is made of a few of the innermost frames; this leaves out a loop of broken rows. */
#define FRAMES_MAX 64

/* Smaller numbers in a semaphore's name are more likely part of it than a process id. */
#define PID_MIN "100"

/* The frames of one stack with the strings that they point to. */
struct frames {
	struct hw_origin_frame frames[FRAMES_MAX];
	char *strings[FRAMES_MAX][4];
	size_t count;
};

struct work {
	struct hw_resolver *resolver;
	sqlite3_stmt *read_stack, *read_frame, *add_class, *find_class, *write;
	struct hw_table by_stack; /* stack_key() -> class << 1 | whether its name is the object's */
	int64_t *pids;
	size_t pid_count, pid_capacity;
};

/* The columns of one row of objects that lack something; text belongs to the row. */
struct object {
	int64_t id;
	const char *kind, *name;
	bool has_class, has_random_name;
	const char *module, *build_id;
	uint64_t offset;
	int64_t create_stack;
	bool is_created;
	const char *program; /* of a main thread */
};

static const char *column_text(sqlite3_stmt *row, int column)
{
	return (const char *)sqlite3_column_text(row, column);
}

static int read_pids(struct work *work)
{
	sqlite3_stmt *statement;
	int code = hw_resolve_prepare(work->resolver,
		"SELECT DISTINCT pid FROM process WHERE pid >= " PID_MIN, &statement);

	if (code)
		return code;
	while ((code = hw_resolve_step(work->resolver, statement)) > 0) {
		HW_GROW(work->pids, work->pid_count, work->pid_capacity);
		work->pids[work->pid_count++] = sqlite3_column_int64(statement, 0);
	}
	sqlite3_finalize(statement);
	return code;
}

static void finish_frames(struct frames *frames)
{
	for (size_t i = 0; i < frames->count; i++)
		for (int j = 0; j < 4; j++)
			free(frames->strings[i][j]);
	frames->count = 0;
}

/* Append one row of frames; returns the row it was inlined into, or 0. */
static int64_t add_frame(struct frames *frames, sqlite3_stmt *row)
{
	char **strings = frames->strings[frames->count];
	bool is_script = sqlite3_column_type(row, 7) != SQLITE_NULL;

	for (int i = 0; i < 4; i++) {
		const char *text = column_text(row, i);

		strings[i] = text ? hw_xstrdup(text) : NULL;
	}
	frames->frames[frames->count++] = (struct hw_origin_frame){
		.module = strings[0],
		.build_id = strings[1],
		.function = strings[2],
		.file = strings[3],
		.line = sqlite3_column_int64(row, 4),
		.offset = (uint64_t)sqlite3_column_int64(row, 5),
		.function_line = is_script ? sqlite3_column_int64(row, 5) : 0,
		.is_script = is_script,
	};
	return sqlite3_column_int64(row, 6);
}

/* What the rows do not have: how far inside its function each line is. */
static void add_function_lines(struct work *work, struct hw_origin_frame *frames, size_t count)
{
	struct hw_symbol_chain chain;

	if (!count || !frames[0].module || frames[0].is_script)
		return;
	hw_symbol_find(work->resolver->symbols, frames[0].module, frames[0].build_id,
		frames[0].offset, &chain);
	for (size_t i = 0; i < count && i < chain.count; i++) {
		const char *function = chain.frames[i].function;

		if (!function || !frames[i].function || strcmp(function, frames[i].function) != 0)
			break;
		frames[i].function_line = chain.frames[i].function_line;
		frames[i].function_offset = chain.frames[i].function_offset;
	}
	hw_symbol_finish(&chain);
}

/* Add a frame of a stack, and those it was inlined into. */
static int read_frame(struct work *work, int64_t id, struct frames *frames)
{
	size_t first = frames->count;
	int code = 0;

	while (id && frames->count < FRAMES_MAX) {
		sqlite3_bind_int64(work->read_frame, 1, id);
		code = hw_resolve_step(work->resolver, work->read_frame);
		id = code > 0 ? add_frame(frames, work->read_frame) : 0;
		sqlite3_reset(work->read_frame);
	}
	add_function_lines(work, &frames->frames[first], frames->count - first);
	return code < 0 ? code : 0;
}

static int read_stack(struct work *work, int64_t id, struct frames *frames)
{
	int code = 0;

	while (id && frames->count < FRAMES_MAX && code >= 0) {
		int64_t frame = 0;

		sqlite3_bind_int64(work->read_stack, 1, id);
		id = 0;
		code = hw_resolve_step(work->resolver, work->read_stack);
		if (code > 0) {
			id = sqlite3_column_int64(work->read_stack, 0);
			frame = sqlite3_column_int64(work->read_stack, 1);
		}
		sqlite3_reset(work->read_stack);
		if (code > 0)
			code = read_frame(work, frame, frames);
	}
	return code < 0 ? code : 0;
}

/* The class of an origin, made when it is new. */
static int store_class(
	struct work *work, const char *kind, struct hw_origin *origin, int64_t *ret_class)
{
	int code;

	hw_resolve_bind(work->add_class, 1, kind);
	hw_resolve_bind(work->add_class, 2, origin->key);
	hw_resolve_bind(work->add_class, 3, origin->name);
	code = hw_resolve_run(work->resolver, work->add_class);
	if (code)
		return code;
	hw_resolve_bind(work->find_class, 1, origin->key);
	code = hw_resolve_step(work->resolver, work->find_class);
	if (code > 0)
		*ret_class = sqlite3_column_int64(work->find_class, 0);
	sqlite3_reset(work->find_class);
	return code < 0 ? code : 0;
}

static int class_of_stack(struct work *work, const struct object *object, int64_t *ret_class,
	bool *ret_is_name)
{
	uint64_t key = (uint64_t)object->create_stack << 8 |
		       (uint64_t)hw_name_to_kind(object->kind) << 1 | object->is_created;
	uint64_t *known = hw_table_find(&work->by_stack, key);
	struct frames frames = { .count = 0 };
	struct hw_origin origin = { 0 };
	int code;

	if (known) {
		*ret_class = (int64_t)(*known >> 1);
		*ret_is_name = *known & 1;
		return 0;
	}
	code = read_stack(work, object->create_stack, &frames);
	if (!code && hw_origin_of_stack(object->kind, object->is_created, frames.frames,
			     frames.count, &origin))
		code = store_class(work, object->kind, &origin, ret_class);
	*ret_is_name = origin.is_variable;
	if (!code)
		*hw_table_put(&work->by_stack, key, NULL) =
			(uint64_t)*ret_class << 1 | origin.is_variable;
	hw_origin_finish(&origin);
	finish_frames(&frames);
	return code;
}

/* *ret_class stays 0 when there is nothing to tell the origin by. */
static int find_class(struct work *work, const struct object *object,
	const struct hw_variable *variable, int64_t *ret_class, bool *ret_is_name)
{
	struct hw_origin origin = { 0 };
	int code = 0;

	if (!object->module && !object->name && object->create_stack)
		return class_of_stack(work, object, ret_class, ret_is_name);
	if (object->module)
		hw_origin_of_static(object->kind, object->module, object->build_id, object->offset,
			variable->key, variable->class_name, &origin);
	else if (object->name)
		hw_origin_of_name(object->kind, object->name, work->pids, work->pid_count, &origin);
	else if (object->program)
		hw_origin_of_main_thread(object->program, &origin);
	if (origin.key)
		code = store_class(work, object->kind, &origin, ret_class);
	hw_origin_finish(&origin);
	return code;
}

static int complete_object(struct work *work, const struct object *object)
{
	struct hw_variable variable = { 0 };
	int64_t class_id = 0;
	bool is_name = false;
	int code = 0;

	if (object->module)
		hw_variable_find(work->resolver->symbols, object->module, object->build_id,
			object->offset, object->kind, &variable);
	if (!object->has_class)
		code = find_class(work, object, &variable, &class_id, &is_name);
	if (!code && (class_id || variable.name)) {
		sqlite3_bind_int64(work->write, 1, object->id);
		hw_resolve_bind(work->write, 2, variable.name);
		hw_resolve_bind_known(work->write, 3, class_id);
		hw_resolve_bind_known(work->write, 4, is_name ? class_id : 0);
		sqlite3_bind_int(work->write, 5, object->has_random_name);
		code = hw_resolve_run(work->resolver, work->write);
	}
	hw_variable_finish(&variable);
	return code;
}

/* Each row has its own rowid, so updating it does not bring it back to the running query. */
static int complete_objects(struct work *work, const char *sql)
{
	sqlite3_stmt *row;
	int code = hw_resolve_prepare(work->resolver, sql, &row);

	if (code)
		return code;
	while ((code = hw_resolve_step(work->resolver, row)) > 0) {
		struct object object = {
			.id = sqlite3_column_int64(row, 0),
			.kind = column_text(row, 1),
			.name = column_text(row, 2),
			.has_class = sqlite3_column_type(row, 3) != SQLITE_NULL,
			.module = column_text(row, 4),
			.build_id = column_text(row, 5),
			.offset = (uint64_t)sqlite3_column_int64(row, 6),
			.create_stack = sqlite3_column_int64(row, 7),
			.is_created = sqlite3_column_int(row, 8),
			.program = column_text(row, 9),
		};

		object.has_random_name = object.name && hw_runtime_is_random_name(object.name);
		if (object.has_random_name)
			object.name = NULL;
		code = object.kind ? complete_object(work, &object) : 0;
		if (code)
			break;
	}
	sqlite3_finalize(row);
	return code;
}

static int prepare(struct work *work)
{
	const struct {
		sqlite3_stmt **statement;
		const char *sql;
	} statements[] = {
		{ &work->read_stack, "SELECT parent, frame FROM stack WHERE id = ?" },
		{ &work->read_frame,
			"SELECT m.path, m.build_id, f.function, f.file, f.line, f.offset,"
			" f.caller, m.language FROM frame f"
			" LEFT JOIN module m ON m.id = f.module WHERE f.id = ?" },
		{ &work->add_class, "INSERT INTO class (kind, key, name) VALUES (?, ?, ?)"
				    " ON CONFLICT (key) DO NOTHING" },
		{ &work->find_class, "SELECT id FROM class WHERE key = ?" },
		{ &work->write, "UPDATE object SET class = ifnull(class, ?3), name ="
				" coalesce(CASE WHEN NOT ?5 THEN name END, ?2,"
				" (SELECT name FROM class WHERE id = ?4)) WHERE id = ?1" },
	};
	int code = 0;

	for (size_t i = 0; !code && i < sizeof(statements) / sizeof(*statements); i++)
		code = hw_resolve_prepare(
			work->resolver, statements[i].sql, statements[i].statement);
	return code;
}

static void finish(struct work *work)
{
	sqlite3_finalize(work->read_stack);
	sqlite3_finalize(work->read_frame);
	sqlite3_finalize(work->add_class);
	sqlite3_finalize(work->find_class);
	sqlite3_finalize(work->write);
	hw_table_finish(&work->by_stack);
	free(work->pids);
}

int hw_resolve_objects(struct hw_resolver *resolver)
{
	struct work work = { .resolver = resolver };
	int code = prepare(&work);

	if (!code)
		code = read_pids(&work);
	if (!code)
		code = complete_objects(&work,
			"SELECT o.id, o.kind, o.name, o.class, m.path, m.build_id, o.offset,"
			" o.create_stack, o.initialised, NULL"
			" FROM object o LEFT JOIN module m ON m.id = o.module AND o.offset"
			" IS NOT NULL WHERE o.kind <> 'thread' AND"
			" (o.class IS NULL OR (o.name IS NULL AND o.module IS NOT NULL))");
	/* What a join waits for has no storage of the program's: its place is its creation. */
	if (!code)
		code = complete_objects(&work,
			"SELECT o.id, o.kind, NULL, o.class, NULL, NULL, NULL,"
			" ifnull(t.create_stack, o.create_stack), 1,"
			" CASE t.number WHEN 1 THEN p.exe END"
			" FROM thread t JOIN object o ON o.id = t.object"
			" LEFT JOIN process p ON p.id = t.process WHERE o.class IS NULL");
	finish(&work);
	return code;
}
