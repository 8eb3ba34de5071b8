/* SPDX-License-Identifier: MIT */
/*
 * What the modules of a recording say about locks that could not be seen, as notes in it.
 */
#include "analyzer/ownlock.h"

#include <stdlib.h>

#include "analyzer/image.h"
#include "analyzer/resolve_part.h"
#include "analyzer/runtime.h"
#include "trace/memory.h"

/* The C library's own futexes are those that are intercepted. */
static bool may_have_own_locks(const char *path)
{
	return *path == '/' && !hw_runtime_is_module(path) && !hw_runtime_is_holdwait(path);
}

static int note_own_locks(struct hw_resolver *resolver, const char *path, const char *build_id)
{
	struct hw_image *image = hw_symbol_image(resolver->symbols, path, build_id);
	struct hw_ownlock_facts facts;
	const char *told;
	GElf_Addr bias;
	char *note;
	int code;

	if (!image->module)
		return 0;
	hw_ownlock_read(dwfl_module_getelf(image->module, &bias), &facts);
	told = hw_ownlock_tell(&facts);
	if (!told)
		return 0;
	note = hw_xasprintf("'%s' %s", path, told);
	code = hw_resolve_note(resolver, note);
	free(note);
	return code;
}

int hw_resolve_modules(struct hw_resolver *resolver)
{
	sqlite3_stmt *row;
	int code = hw_resolve_prepare(resolver, "SELECT path, build_id FROM module ORDER BY id",
		&row), step = 0;

	while (!code && (step = hw_resolve_step(resolver, row)) > 0) {
		const char *path = (const char *)sqlite3_column_text(row, 0);

		if (path && may_have_own_locks(path))
			code = note_own_locks(resolver, path,
				(const char *)sqlite3_column_text(row, 1));
	}
	sqlite3_finalize(row);
	return code ? code : step;
}
