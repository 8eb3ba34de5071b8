/* SPDX-License-Identifier: MIT */
#include "analyzer/typeindex.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/die.h"
#include "trace/memory.h"

/* Types nest; deeper than this is a broken file. */
#define DEPTH_MAX 64

static bool has_members(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_structure_type || tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

static void read_types(struct hw_typeindex *index, Dwarf_Die *parent, int depth)
{
	Dwarf_Die die;

	if (depth > DEPTH_MAX || dwarf_child(parent, &die) != 0)
		return;
	do {
		const char *name = has_members(&die) ? dwarf_diename(&die) : NULL;

		if (name && !hw_die_flag(&die, DW_AT_declaration)) {
			HW_GROW(index->entries, index->count, index->capacity);
			index->entries[index->count++] =
				(struct hw_typeindex_entry){ .name = name, .die = die };
		}
		if (name || dwarf_tag(&die) == DW_TAG_namespace)
			read_types(index, &die, depth + 1);
	} while (dwarf_siblingof(&die, &die) == 0);
}

static int compare_entries(const void *left, const void *right)
{
	const struct hw_typeindex_entry *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static void read_once(struct hw_typeindex *index)
{
	Dwarf_CU *at = NULL;
	Dwarf_Die unit, split;
	uint8_t type;

	if (index->is_read)
		return;
	index->is_read = true;
	while (dwarf_get_units(index->dwarf, at, &at, NULL, &type, &unit, &split) == 0) {
		bool is_split = type == DW_UT_skeleton && dwarf_tag(&split) != DW_TAG_invalid;

		read_types(index, is_split ? &split : &unit, 0);
	}
	if (index->count)
		qsort(index->entries, index->count, sizeof(*index->entries), compare_entries);
}

void hw_typeindex_finish(struct hw_typeindex *index)
{
	free(index->entries);
	*index = (struct hw_typeindex){ 0 };
}

/* The first entry that is not before `name`. */
static size_t lower_bound(const struct hw_typeindex *index, const char *name)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(index->entries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_name(Dwarf_Die *die, const char *full_name)
{
	char *name = hw_die_qualified_name(die);
	bool same = name && strcmp(name, full_name) == 0;

	free(name);
	return same;
}

void hw_typeindex_complete(struct hw_typeindex *index, Dwarf_Die *type)
{
	const char *name;
	char *full_name;

	if (!has_members(type) || !hw_die_flag(type, DW_AT_declaration))
		return;
	name = dwarf_diename(type);
	full_name = name ? hw_die_qualified_name(type) : NULL;
	if (!full_name)
		return;
	read_once(index);
	for (size_t i = lower_bound(index, name);
		i < index->count && strcmp(index->entries[i].name, name) == 0; i++) {
		if (has_name(&index->entries[i].die, full_name)) {
			*type = index->entries[i].die;
			break;
		}
	}
	free(full_name);
}
