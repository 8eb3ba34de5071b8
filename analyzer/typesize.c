/* SPDX-License-Identifier: MIT */
#include "analyzer/typesize.h"

#include <dwarf.h>

#include "analyzer/die.h"
#include "analyzer/locktype.h"

/* Arrays of arrays; deeper than this is a broken file. */
#define DEPTH_MAX 16

static bool find_size(
	struct hw_typeindex *types, Dwarf_Die type, int depth, uint64_t *ret_size_bytes);

static bool array_size(
	struct hw_typeindex *types, Dwarf_Die *type, int depth, uint64_t *ret_size_bytes)
{
	uint64_t dimensions[HW_TYPESIZE_DIMENSIONS_MAX], size_bytes;
	size_t count = hw_typesize_dimensions(type, dimensions);
	Dwarf_Die element;

	if (!count || !hw_die_type(type, &element) ||
		!find_size(types, element, depth + 1, &size_bytes))
		return false;
	for (size_t i = 0; i < count; i++)
		if (__builtin_mul_overflow(size_bytes, dimensions[i], &size_bytes))
			return false;
	*ret_size_bytes = size_bytes;
	return true;
}

static bool find_size(
	struct hw_typeindex *types, Dwarf_Die type, int depth, uint64_t *ret_size_bytes)
{
	Dwarf_Word size_bytes;

	if (depth > DEPTH_MAX)
		return false;
	for (int i = 0; i < DEPTH_MAX && hw_locktype_peel(&type); i++)
		continue;
	hw_typeindex_complete(types, &type);
	if (dwarf_tag(&type) == DW_TAG_array_type)
		return array_size(types, &type, depth, ret_size_bytes);
	if (dwarf_aggregate_size(&type, &size_bytes) != 0)
		return false;
	*ret_size_bytes = size_bytes;
	return true;
}

bool hw_typesize_find(struct hw_typeindex *types, Dwarf_Die *type, uint64_t *ret_size_bytes)
{
	return find_size(types, *type, 0, ret_size_bytes);
}

static uint64_t extent(Dwarf_Die *range)
{
	Dwarf_Attribute value;
	Dwarf_Word upper, lower = 0, count;

	if (dwarf_attr(range, DW_AT_count, &value))
		return dwarf_formudata(&value, &count) == 0 ? count : 0;
	if (!dwarf_attr(range, DW_AT_upper_bound, &value) || dwarf_formudata(&value, &upper) != 0)
		return 0;
	if (dwarf_attr(range, DW_AT_lower_bound, &value) && dwarf_formudata(&value, &lower) != 0)
		return 0;
	/* An upper bound of -1 is an array without elements. */
	return upper >= lower ? upper - lower + 1 : 0;
}

size_t hw_typesize_dimensions(Dwarf_Die *type, uint64_t dimensions[HW_TYPESIZE_DIMENSIONS_MAX])
{
	size_t count = 0;
	Dwarf_Die range;

	if (dwarf_child(type, &range) != 0)
		return 0;
	do {
		if (dwarf_tag(&range) != DW_TAG_subrange_type)
			continue;
		if (count == HW_TYPESIZE_DIMENSIONS_MAX)
			return 0;
		dimensions[count++] = extent(&range);
	} while (dwarf_siblingof(&range, &range) == 0);
	return count;
}

bool hw_typesize_member(Dwarf_Die *member, uint64_t *ret_start)
{
	Dwarf_Attribute value;
	Dwarf_Word start = 0;

	if (hw_die_flag(member, DW_AT_external) || hw_die_flag(member, DW_AT_declaration) ||
		dwarf_hasattr(member, DW_AT_bit_size))
		return false;
	/* Members of unions say nothing: all begin at 0. */
	if (dwarf_attr(member, DW_AT_data_member_location, &value) &&
		dwarf_formudata(&value, &start) != 0)
		return false;
	*ret_start = start;
	return true;
}

bool hw_typesize_is_scalar(Dwarf_Die *type)
{
	Dwarf_Die at = *type;

	do {
		if (hw_locktype_kind(&at))
			return false;
	} while (hw_locktype_peel(&at));
	switch (dwarf_tag(&at)) {
	case DW_TAG_base_type:
	case DW_TAG_pointer_type:
	case DW_TAG_enumeration_type:
		return true;
	default:
		return false;
	}
}
