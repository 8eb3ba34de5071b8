/* SPDX-License-Identifier: MIT */
#include "analyzer/storage.h"

#include <dwarf.h>
#include <stdbool.h>
#include <stdlib.h>

#include "analyzer/die.h"
#include "trace/memory.h"

/* Blocks nest; deeper than this is a broken file. */
#define WALK_DEPTH_MAX 256

/* Most variables are on the stack; parsing only what may be static keeps libdw's memory small. */
static bool may_be_static(Dwarf_Attribute *location)
{
	Dwarf_Block block;

	if (dwarf_formblock(location, &block) != 0 || block.length < 2)
		return false;
	return block.data[0] == DW_OP_addr || block.data[0] == DW_OP_addrx ||
	       block.data[0] == DW_OP_GNU_addr_index;
}

static bool read_address(Dwarf_Attribute *location, Dwarf_Op *op, Dwarf_Addr *ret_address)
{
	Dwarf_Attribute value;
	Dwarf_Addr address;

	if (op->atom == DW_OP_addr) {
		*ret_address = op->number;
		return true;
	}
	if (dwarf_getlocation_attr(location, op, &value) != 0 ||
		dwarf_formaddr(&value, &address) != 0)
		return false;
	*ret_address = address;
	return true;
}

/* The address of a variable in static storage. */
static bool static_address(Dwarf_Die *die, Dwarf_Addr *ret_address)
{
	Dwarf_Attribute location;
	Dwarf_Addr address;
	Dwarf_Op *ops;
	size_t count;

	if (!dwarf_attr(die, DW_AT_location, &location) || !may_be_static(&location) ||
		dwarf_getlocation(&location, &ops, &count) != 0 || !count ||
		!read_address(&location, &ops[0], &address))
		return false;
	/* Anything after the address makes a value or a thread-local of it, but for a plain sum. */
	if (count == 2 && ops[1].atom == DW_OP_plus_uconst)
		address += ops[1].number;
	else if (count != 1)
		return false;
	/* What the linker dropped is described at 0 or at -1. */
	if (address == 0 || address + 1 == 0)
		return false;
	*ret_address = address;
	return true;
}

static void read_variables(
	struct hw_storage *storage, Dwarf_Die *parent, bool in_function, int depth)
{
	Dwarf_Die die;

	if (depth > WALK_DEPTH_MAX || dwarf_child(parent, &die) != 0)
		return;
	do {
		struct hw_storage_variable variable = { .die = die };
		int tag = dwarf_tag(&die);

		if (tag == DW_TAG_variable && static_address(&die, &variable.address)) {
			variable.order = storage->count;
			HW_GROW(storage->variables, storage->count, storage->capacity);
			storage->variables[storage->count++] = variable;
		}
		if (hw_die_holds_definitions(&die, in_function))
			read_variables(
				storage, &die, in_function || tag == DW_TAG_subprogram, depth + 1);
	} while (dwarf_siblingof(&die, &die) == 0);
}

static int compare_variables(const void *left, const void *right)
{
	const struct hw_storage_variable *a = left, *b = right;

	if (a->address != b->address)
		return a->address < b->address ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void hw_storage_read(struct hw_storage *storage, Dwarf *dwarf)
{
	Dwarf_CU *at = NULL;
	Dwarf_Die unit, split;
	uint8_t type;

	while (dwarf && dwarf_get_units(dwarf, at, &at, NULL, &type, &unit, &split) == 0) {
		bool is_split = type == DW_UT_skeleton && dwarf_tag(&split) != DW_TAG_invalid;

		read_variables(storage, is_split ? &split : &unit, false, 0);
	}
	if (storage->count)
		qsort(storage->variables, storage->count, sizeof(*storage->variables),
			compare_variables);
}

void hw_storage_finish(struct hw_storage *storage)
{
	free(storage->variables);
	*storage = (struct hw_storage){ 0 };
}

struct hw_storage_variable *hw_storage_find(struct hw_storage *storage, Dwarf_Addr address)
{
	size_t low = 0, high = storage->count;

	/* The last variable that starts at `address` or before ... */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (storage->variables[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	/* ... of those at one address, the one that was read first. */
	for (low--; low > 0; low--)
		if (storage->variables[low - 1].address != storage->variables[low].address)
			break;
	return &storage->variables[low];
}
