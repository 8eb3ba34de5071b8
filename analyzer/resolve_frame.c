/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "analyzer/resolve_part.h"
#include "trace/memory.h"

struct frame {
	int64_t id, module;
	uint64_t offset;
};

struct frame_list {
	struct frame *frames;
	size_t count, capacity;
};

/* One module at a time; its strings are those of the current row of `statement`. */
struct module {
	sqlite3_stmt *statement;
	int64_t id;
	const char *path, *build_id;
};

static int read_frames(struct hw_resolver *resolver, struct frame_list *list)
{
	sqlite3_stmt *statement;
	int code = hw_resolve_prepare(resolver,
		"SELECT id, module, offset FROM frame WHERE module IS NOT NULL"
		" AND function IS NULL AND file IS NULL AND caller IS NULL"
		" ORDER BY module, offset",
		&statement);

	if (code)
		return code;
	while ((code = hw_resolve_step(resolver, statement)) > 0) {
		HW_GROW(list->frames, list->count, list->capacity);
		list->frames[list->count++] = (struct frame){
			.id = sqlite3_column_int64(statement, 0),
			.module = sqlite3_column_int64(statement, 1),
			.offset = (uint64_t)sqlite3_column_int64(statement, 2),
		};
	}
	sqlite3_finalize(statement);
	return code;
}

/* Move to the module `id`; a frame of a module that is not there keeps no names. */
static int select_module(struct hw_resolver *resolver, struct module *module, int64_t id)
{
	int code;

	if (module->id == id)
		return 0;
	sqlite3_reset(module->statement);
	sqlite3_bind_int64(module->statement, 1, id);
	code = hw_resolve_step(resolver, module->statement);
	if (code < 0)
		return code;
	module->id = id;
	module->path = code ? (const char *)sqlite3_column_text(module->statement, 0) : NULL;
	module->build_id = code ? (const char *)sqlite3_column_text(module->statement, 1) : NULL;
	return 0;
}

/* Write one function to the row `id`, or to a new row when `id` is 0; *ret_id says which. */
static int write_frame(struct hw_resolver *resolver, sqlite3_stmt *write, const struct frame *frame,
	int64_t id, const struct hw_symbol_frame *symbol, int64_t caller, int64_t *ret_id)
{
	int code;

	hw_resolve_bind_known(write, 1, id);
	sqlite3_bind_int64(write, 2, frame->module);
	sqlite3_bind_int64(write, 3, (int64_t)frame->offset);
	hw_resolve_bind(write, 4, symbol->function);
	hw_resolve_bind(write, 5, symbol->file);
	hw_resolve_bind_known(write, 6, symbol->line);
	hw_resolve_bind_known(write, 7, caller);
	code = hw_resolve_run(resolver, write);
	if (!code)
		*ret_id = id ? id : sqlite3_last_insert_rowid(resolver->db);
	return code;
}

/* Outermost first, since each row names the one it was inlined into. */
static int write_chain(struct hw_resolver *resolver, sqlite3_stmt *write, const struct frame *frame,
	const struct hw_symbol_chain *chain)
{
	int64_t caller = 0;

	for (size_t i = chain->count; i-- > 0;) {
		int code = write_frame(resolver, write, frame, i ? 0 : frame->id, &chain->frames[i],
			caller, &caller);

		if (code)
			return code;
	}
	return 0;
}

static int name_frame(struct hw_resolver *resolver, struct module *module, sqlite3_stmt *write,
	const struct frame *frame)
{
	struct hw_symbol_chain chain;
	int code = select_module(resolver, module, frame->module);

	if (code || !module->path)
		return code;
	hw_symbol_find(resolver->symbols, module->path, module->build_id, frame->offset, &chain);
	code = write_chain(resolver, write, frame, &chain);
	hw_symbol_finish(&chain);
	return code;
}

int hw_resolve_frames(struct hw_resolver *resolver)
{
	struct module module = { 0 };
	struct frame_list list = { 0 };
	sqlite3_stmt *write = NULL;
	int code = read_frames(resolver, &list);

	if (!code)
		code = hw_resolve_prepare(resolver,
			"SELECT path, build_id FROM module WHERE id = ?", &module.statement);
	if (!code)
		code = hw_resolve_prepare(resolver,
			"INSERT INTO frame (id, module, offset, function, file, line, caller)"
			" VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
			" function = excluded.function, file = excluded.file,"
			" line = excluded.line, caller = excluded.caller",
			&write);
	for (size_t i = 0; !code && i < list.count; i++)
		code = name_frame(resolver, &module, write, &list.frames[i]);
	sqlite3_finalize(write);
	sqlite3_finalize(module.statement);
	free(list.frames);
	return code;
}
