/* SPDX-License-Identifier: MIT */
/*
 * What could not be seen, as notes in the recording: locks that its modules have, and programs
 * that ran without being recorded.
 */
#include "analyzer/ownlock.h"

#include <stdlib.h>

#include "analyzer/image.h"
#include "analyzer/obstacle.h"
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

enum { LOADING_NS = 1000000000 }; /* by then a program that loads the library has done so */

/*
 * The reason is in its file; without one, it takes time to tell it from a program that was just
 * being loaded.
 */
static char *tell_unrecorded(const char *path, int64_t lived_ns)
{
	struct hw_obstacle obstacle;

	if (*path == '/' && hw_obstacle_find(path, hw_obstacle_myself(), &obstacle))
		return hw_xasprintf("'%s' was executed and not recorded: it %s; %s", path,
			obstacle.why, obstacle.hint);
	/* One that the same user may not look at is one that became somebody else. */
	if (*path != '/')
		return hw_xasprintf("a program called '%s' was executed and not recorded: it gains "
				    "privilege, and the system ignores preloading for it; run "
				    "holdwait as root, or record a copy without privilege", path);
	if (lived_ns < LOADING_NS)
		return NULL;
	return hw_xasprintf("'%s' was executed and not recorded: the library was not loaded; "
			    "see whether the program that executes it removes LD_PRELOAD, or the "
			    "system ignores that because it gains privilege", path);
}

int hw_resolve_unrecorded(struct hw_resolver *resolver)
{
	sqlite3_stmt *row;
	int code = hw_resolve_prepare(resolver, "SELECT value FROM meta"
		" WHERE key GLOB 'unrecorded.*' ORDER BY length(key), key", &row), step = 0;

	while (!code && (step = hw_resolve_step(resolver, row)) > 0) {
		const char *value = (const char *)sqlite3_column_text(row, 0);
		char *path = NULL, *told;
		int64_t lived_ns = value ? strtoll(value, &path, 10) : 0;

		told = path && *path == ' ' ? tell_unrecorded(path + 1, lived_ns) : NULL;
		if (told)
			code = hw_resolve_note(resolver, told);
		free(told);
	}
	sqlite3_finalize(row);
	return code ? code : step;
}

/* One note for each row of meta that a pattern of its key selects. */
static int note_rows(struct hw_resolver *resolver, const char *keys, const char *predicate)
{
	sqlite3_stmt *row;
	int code = hw_resolve_prepare(resolver, "SELECT value FROM meta"
		" WHERE key GLOB ?1 AND value NOTNULL ORDER BY length(key), key", &row), step = 0;

	if (!code)
		hw_resolve_bind(row, 1, keys);
	while (!code && (step = hw_resolve_step(resolver, row)) > 0) {
		char *note = hw_xasprintf("'%s' %s", (const char *)sqlite3_column_text(row, 0),
			predicate);

		code = hw_resolve_note(resolver, note);
		free(note);
	}
	sqlite3_finalize(row);
	return code ? code : step;
}

int hw_resolve_bypasses(struct hw_resolver *resolver)
{
	int code = note_rows(resolver, "bypass.*",
		"calls libc past holdwait, and its locks are not seen: it was opened with "
		"RTLD_DEEPBIND or dlmopen; open it without to record it");

	return code ? code :
		      note_rows(resolver, "second_libc",
			"was loaded twice, by dlmopen: the locks of what uses the second one are "
			"not seen; open it with dlopen to record it");
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
