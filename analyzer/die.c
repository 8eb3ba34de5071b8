/* SPDX-License-Identifier: MIT */
#include "analyzer/die.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/demangle.h"
#include "analyzer/textbuf.h"
#include "trace/memory.h"

/* Longer chains of pointers, and functions deeper in each other, are loops of a broken file. */
#define FOLLOW_MAX 16

/* Scopes nest; deeper than this is one, too. */
#define SCOPES_MAX 64

static bool follow(Dwarf_Die *die, unsigned int attribute, Dwarf_Die *ret_die)
{
	Dwarf_Attribute value;

	return dwarf_attr(die, attribute, &value) && dwarf_formref_die(&value, ret_die);
}

Dwarf_Die hw_die_declaration(Dwarf_Die *die)
{
	Dwarf_Die at = *die, next;

	for (int i = 0; i < FOLLOW_MAX; i++) {
		if (!follow(&at, DW_AT_abstract_origin, &next) &&
			!follow(&at, DW_AT_specification, &next))
			break;
		at = next;
	}
	return at;
}

bool hw_die_type(Dwarf_Die *die, Dwarf_Die *ret_type)
{
	Dwarf_Attribute value;
	Dwarf_Die type;

	if (!dwarf_attr_integrate(die, DW_AT_type, &value) || !dwarf_formref_die(&value, &type))
		return false;
	*ret_type = type;
	follow(&type, DW_AT_signature, ret_type);
	return true;
}

bool hw_die_flag(Dwarf_Die *die, unsigned int attribute)
{
	Dwarf_Attribute value;
	bool set = false;

	return dwarf_attr_integrate(die, attribute, &value) && dwarf_formflag(&value, &set) == 0 &&
	       set;
}

const char *hw_die_file(Dwarf_Die *die, unsigned int attribute)
{
	Dwarf_Attribute value;
	Dwarf_Word index;
	Dwarf_Half version;
	Dwarf_Files *files;
	Dwarf_Die unit;
	size_t count;

	if (!dwarf_attr(die, attribute, &value) || dwarf_formudata(&value, &index) != 0 ||
		dwarf_cu_info(die->cu, &version, NULL, &unit, NULL, NULL, NULL, NULL) != 0)
		return NULL;
	/* Files count from 1 until DWARF 5; libdw's own dwarf_decl_file still takes 0 for none. */
	if ((index == 0 && version < 5) || dwarf_getsrcfiles(&unit, &files, &count) != 0 ||
		index >= count)
		return NULL;
	return dwarf_filesrc(files, index, NULL, NULL);
}

/* The name of a scope that has part in qualified names; NULL for others, and anonymous ones. */
static const char *scope_name(Dwarf_Die *die)
{
	Dwarf_Die type = *die;

	switch (dwarf_tag(die)) {
	case DW_TAG_namespace:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
	case DW_TAG_module:
		/* A type with a unit of its own leaves a nameless entry in its place. */
		follow(die, DW_AT_signature, &type);
		return dwarf_diename(&type);
	default:
		return NULL;
	}
}

static bool is_plain_c(Dwarf_Die *die)
{
	Dwarf_Die unit;

	if (!dwarf_diecu(die, &unit, NULL, NULL))
		return false;
	switch (dwarf_srclang(&unit)) {
	case DW_LANG_C:
	case DW_LANG_C89:
	case DW_LANG_C99:
	case DW_LANG_C11:
	case DW_LANG_Mips_Assembler:
		return true;
	default:
		return false;
	}
}

static char *function_name(Dwarf_Die *die, int depth);

/*
 * What encloses `die`, outermost first, beginning with its unit; returns how
 * many, 0 for a broken file. DWARF does not say it. dwarf_getscopes_die()
 * looks at the whole unit; the entries are in order, so each level can be left
 * at the last entry that is not behind `die`.
 */
static size_t find_scopes(Dwarf_Die *die, Dwarf_Die scopes[SCOPES_MAX])
{
	Dwarf_Off target = dwarf_dieoffset(die);
	Dwarf_Die at, next;
	size_t count = 0;

	if (!dwarf_diecu(die, &at, NULL, NULL))
		return 0;
	while (dwarf_dieoffset(&at) != target) {
		if (count == SCOPES_MAX || dwarf_child(&at, &next) != 0)
			return 0;
		scopes[count++] = at;
		do {
			if (dwarf_dieoffset(&next) > target)
				break;
			at = next;
		} while (dwarf_siblingof(&at, &next) == 0);
	}
	return count;
}

/* Write "name::" of each scope. */
static void write_scopes(FILE *out, Dwarf_Die *scopes, size_t count, int depth)
{
	size_t first = count;

	/* A function's name says its own scopes; what encloses it must not be said twice. */
	while (first > 0 && dwarf_tag(&scopes[first - 1]) != DW_TAG_subprogram)
		first--;
	if (first > 0) {
		char *name = function_name(&scopes[first - 1], depth + 1);

		if (name)
			fprintf(out, "%s::", name);
		free(name);
	}
	for (size_t i = first; i < count; i++) {
		const char *name = scope_name(&scopes[i]);

		if (name)
			fprintf(out, "%s::", name);
	}
}

static char *qualified_name(Dwarf_Die *die, int depth)
{
	Dwarf_Die declaration = hw_die_declaration(die), scopes[SCOPES_MAX];
	const char *name = dwarf_diename(&declaration);
	struct hw_textbuf text;

	if (!name)
		return NULL;
	hw_textbuf_init(&text);
	if (depth < FOLLOW_MAX)
		write_scopes(text.out, scopes, find_scopes(&declaration, scopes), depth);
	fputs(name, text.out);
	return hw_textbuf_finish(&text);
}

char *hw_die_qualified_name(Dwarf_Die *die)
{
	return qualified_name(die, 0);
}

/* The linker name as its language writes it, or NULL when it is none of a mangled kind. */
static char *linkage_name(Dwarf_Die *die)
{
	Dwarf_Attribute value;
	const char *name;
	char *text;

	if (!dwarf_attr_integrate(die, DW_AT_linkage_name, &value) &&
		!dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &value))
		return NULL;
	name = dwarf_formstring(&value);
	if (!name)
		return NULL;
	text = hw_demangle_short(name);
	if (strncmp(text, name, strlen(text)) != 0)
		return text;
	free(text);
	return NULL;
}

static char *function_name(Dwarf_Die *die, int depth)
{
	char *text = linkage_name(die);
	const char *name;

	if (text)
		return text;
	if (!is_plain_c(die))
		return qualified_name(die, depth);
	name = dwarf_diename(die);
	return name ? hw_xstrdup(name) : NULL;
}

char *hw_die_function_name(Dwarf_Die *die)
{
	return function_name(die, 0);
}

bool hw_die_is_std(Dwarf_Die *die)
{
	Dwarf_Die declaration = hw_die_declaration(die), scopes[SCOPES_MAX];
	size_t count = find_scopes(&declaration, scopes);

	while (count > 0 && dwarf_tag(&scopes[count - 1]) == DW_TAG_namespace) {
		const char *name = dwarf_diename(&scopes[--count]);

		if (name && strcmp(name, "std") == 0)
			return true;
	}
	return false;
}

bool hw_die_holds_definitions(Dwarf_Die *die, bool in_function)
{
	if (!dwarf_haschildren(die))
		return false;
	switch (dwarf_tag(die)) {
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_subprogram:
	case DW_TAG_lexical_block:
	case DW_TAG_inlined_subroutine:
		return true;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		return in_function;
	default:
		return false;
	}
}
