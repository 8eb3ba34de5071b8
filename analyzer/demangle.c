/* SPDX-License-Identifier: MIT */
#include "analyzer/demangle.h"

#include <ctype.h>
#include <libiberty/demangle.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

/* Beyond this a name is somebody's accident or attack, and demangling recurses with its length. */
#define NAME_BYTES_MAX 4096

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* What may be mangled; asking about every C name would turn 'f' into a type in some demanglers. */
static bool looks_mangled(const char *name)
{
	return starts_with(name, "_Z") || starts_with(name, "__Z") || starts_with(name, "_R") ||
	       starts_with(name, "_GLOBAL_") || starts_with(name, "__R");
}

static char *demangle(const char *name, int options)
{
	size_t length = strlen(name);
	char *text;

	if (!looks_mangled(name) || length > NAME_BYTES_MAX)
		return NULL;
	/* The old Rust mangling is also valid C++, so Rust is asked first. */
	text = rust_demangle(name, options);
	if (!text)
		text = cplus_demangle_v3(name, options);
	/* libiberty gives up at half its recursion limit, which real template names exceed. */
	if (!text && length > DEMANGLE_RECURSION_LIMIT / 2)
		text = cplus_demangle_v3(name, options | DMGL_NO_RECURSE_LIMIT);
	return text;
}

char *hw_demangle_full(const char *name)
{
	char *text = demangle(name, DMGL_PARAMS | DMGL_ANSI);

	return text ? text : hw_xstrdup(name);
}

/* The length of one suffix of a compiler's copy at `at` (".part.3", ".cold"), or 0. */
static size_t clone_suffix_length(const char *at)
{
	static const char *const kinds[] = { ".constprop", ".isra", ".part", ".cold", ".localalias",
		".lto_priv", ".llvm", ".clone", ".specialized", ".resume", ".destroy", ".cleanup" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t length = strlen(kinds[i]);

		if (!starts_with(at, kinds[i]))
			continue;
		if (at[length] == '.' && isdigit((unsigned char)at[length + 1]))
			length += 1 + strspn(at + length + 1, "0123456789");
		if (at[length] == '\0' || at[length] == '.')
			return length;
	}
	return 0;
}

/* Cut the suffixes, but only when they reach to the end: "a.cold.b" is somebody's own name. */
static void cut_clone_suffixes(char *name)
{
	for (char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
		char *at = dot;
		size_t length;

		while ((length = clone_suffix_length(at)))
			at += length;
		if (dot != name && *at == '\0') {
			*dot = '\0';
			return;
		}
	}
}

char *hw_demangle_short(const char *name)
{
	char *linker_name = hw_xstrdup(name), *text;

	cut_clone_suffixes(linker_name);
	text = demangle(linker_name, DMGL_ANSI);
	if (!text)
		return linker_name;
	free(linker_name);
	return text;
}
