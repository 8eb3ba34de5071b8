/* SPDX-License-Identifier: MIT */
#include "analyzer/code.h"

#include <dwarf.h>
#include <stdlib.h>

#include "analyzer/die.h"
#include "trace/memory.h"

/* Blocks nest; deeper than this is a broken file. */
#define WALK_DEPTH_MAX 256

/* Add the address ranges of `die`; false when it has none. */
static bool add_ranges(struct hw_span_list *spans, Dwarf_Die *die, size_t value)
{
	Dwarf_Addr base = 0, low, high;
	ptrdiff_t at = 0;
	bool any = false;

	while ((at = dwarf_ranges(die, at, &base, &low, &high)) > 0) {
		/* Code that the linker dropped is described at 0 or 1 in most formats. */
		if (low > 1 && low < high) {
			hw_span_add(spans, low, high, value);
			any = true;
		}
	}
	return any;
}

static void read_functions(
	struct hw_code_unit *unit, Dwarf_Die *parent, bool in_function, int depth)
{
	Dwarf_Die die;

	if (depth > WALK_DEPTH_MAX || dwarf_child(parent, &die) != 0)
		return;
	do {
		bool is_function = dwarf_tag(&die) == DW_TAG_subprogram;

		if (is_function && add_ranges(&unit->spans, &die, unit->function_count)) {
			HW_GROW(unit->functions, unit->function_count, unit->function_capacity);
			unit->functions[unit->function_count++] = die;
		}
		if (hw_die_holds_definitions(&die, in_function))
			read_functions(unit, &die, in_function || is_function, depth + 1);
	} while (dwarf_siblingof(&die, &die) == 0);
}

static void read_unit(struct hw_code_unit *unit)
{
	if (unit->is_read)
		return;
	unit->is_read = true;
	read_functions(unit, &unit->scopes, false, 0);
	hw_span_sort(&unit->spans);
}

/* A unit that does not say its ranges has those of its functions. */
static void add_function_ranges(struct hw_code *code, size_t index)
{
	struct hw_code_unit *unit = &code->units[index];

	read_unit(unit);
	for (size_t i = 0; i < unit->spans.count; i++)
		hw_span_add(
			&code->spans, unit->spans.spans[i].low, unit->spans.spans[i].high, index);
}

void hw_code_read(struct hw_code *code, Dwarf *dwarf)
{
	Dwarf_CU *at = NULL;
	Dwarf_Die unit_die, split_die;
	uint8_t type;

	while (dwarf && dwarf_get_units(dwarf, at, &at, NULL, &type, &unit_die, &split_die) == 0) {
		size_t index = code->unit_count;
		bool is_split = type == DW_UT_skeleton && dwarf_tag(&split_die) != DW_TAG_invalid;

		if (dwarf_tag(&unit_die) != DW_TAG_compile_unit &&
			dwarf_tag(&unit_die) != DW_TAG_skeleton_unit)
			continue;
		HW_GROW(code->units, code->unit_count, code->unit_capacity);
		code->units[code->unit_count++] = (struct hw_code_unit){
			.lines = unit_die,
			.scopes = is_split ? split_die : unit_die,
		};
		if (!add_ranges(&code->spans, &unit_die, index))
			add_function_ranges(code, index);
	}
	hw_span_sort(&code->spans);
}

void hw_code_finish(struct hw_code *code)
{
	for (size_t i = 0; i < code->unit_count; i++) {
		hw_span_finish(&code->units[i].spans);
		free(code->units[i].functions);
	}
	free(code->units);
	hw_span_finish(&code->spans);
	*code = (struct hw_code){ 0 };
}

static void push(struct hw_code_place *place, const Dwarf_Die *function)
{
	if (place->function_count < HW_CODE_DEPTH_MAX)
		place->functions[place->function_count++] = *function;
}

/* A block without ranges says nothing about where its children are. */
static bool is_open_block(Dwarf_Die *die)
{
	return dwarf_tag(die) == DW_TAG_lexical_block && !dwarf_hasattr(die, DW_AT_ranges) &&
	       !dwarf_hasattr(die, DW_AT_low_pc);
}

/* Collect what is inlined at `address` inside `parent`, outermost first; false when nothing is. */
static bool find_inlined(
	struct hw_code_place *place, Dwarf_Die *parent, Dwarf_Addr address, int depth)
{
	Dwarf_Die die;

	if (depth > WALK_DEPTH_MAX || dwarf_child(parent, &die) != 0)
		return false;
	do {
		int tag = dwarf_tag(&die);

		if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block &&
			tag != DW_TAG_try_block && tag != DW_TAG_catch_block)
			continue;
		if (is_open_block(&die)) {
			if (find_inlined(place, &die, address, depth + 1))
				return true;
			continue;
		}
		if (dwarf_haspc(&die, address) != 1)
			continue;
		if (tag == DW_TAG_inlined_subroutine)
			push(place, &die);
		return find_inlined(place, &die, address, depth + 1) ||
		       tag == DW_TAG_inlined_subroutine;
	} while (dwarf_siblingof(&die, &die) == 0);
	return false;
}

static void reverse(Dwarf_Die *dies, size_t count)
{
	for (size_t i = 0; i < count / 2; i++) {
		Dwarf_Die die = dies[i];

		dies[i] = dies[count - 1 - i];
		dies[count - 1 - i] = die;
	}
}

bool hw_code_find(struct hw_code *code, Dwarf_Addr address, struct hw_code_place *ret_place)
{
	const struct hw_span *span = hw_span_find(&code->spans, address);
	struct hw_code_unit *unit;

	if (!span)
		return false;
	unit = &code->units[span->value];
	read_unit(unit);
	*ret_place = (struct hw_code_place){ .unit = unit };
	span = hw_span_find(&unit->spans, address);
	if (span) {
		push(ret_place, &unit->functions[span->value]);
		find_inlined(ret_place, &unit->functions[span->value], address, 0);
		reverse(ret_place->functions, ret_place->function_count);
	}
	return true;
}
