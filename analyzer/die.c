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
	return true;
}

bool hw_die_flag(Dwarf_Die *die, unsigned int attribute)
{
	Dwarf_Attribute value;
	bool set = false;

	return dwarf_attr_integrate(die, attribute, &value) && dwarf_formflag(&value, &set) == 0 &&
	       set;
}

static bool is_scope(Dwarf_Die *die)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_namespace:
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
	case DW_TAG_interface_type:
	case DW_TAG_module:
		return true;
	default:
		return false;
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

/* Write "name::" of each scope that encloses scopes[0], outermost first. */
static void write_scopes(FILE *out, Dwarf_Die *scopes, int count, int depth)
{
	int function = 1;

	/* A function's name says its own scopes; what encloses it must not be said twice. */
	while (function < count && dwarf_tag(&scopes[function]) != DW_TAG_subprogram)
		function++;
	if (function < count) {
		char *name = function_name(&scopes[function], depth + 1);

		if (name)
			fprintf(out, "%s::", name);
		free(name);
	}
	for (int i = (function < count ? function : count) - 1; i > 0; i--) {
		const char *name = is_scope(&scopes[i]) ? dwarf_diename(&scopes[i]) : NULL;

		if (name)
			fprintf(out, "%s::", name);
	}
}

static char *qualified_name(Dwarf_Die *die, int depth)
{
	Dwarf_Die declaration = hw_die_declaration(die), *scopes = NULL;
	const char *name = dwarf_diename(&declaration);
	struct hw_textbuf text;
	int count;

	if (!name)
		return NULL;
	hw_textbuf_init(&text);
	count = depth < FOLLOW_MAX ? dwarf_getscopes_die(&declaration, &scopes) : 0;
	if (count > 0)
		write_scopes(text.out, scopes, count, depth);
	free(scopes);
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
	Dwarf_Die declaration = hw_die_declaration(die), *scopes = NULL;
	int count = dwarf_getscopes_die(&declaration, &scopes);
	bool found = false;

	for (int i = 1; i < count && !found; i++) {
		const char *name = dwarf_diename(&scopes[i]);

		if (dwarf_tag(&scopes[i]) != DW_TAG_namespace)
			break;
		found = name && strcmp(name, "std") == 0;
	}
	free(scopes);
	return found;
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
