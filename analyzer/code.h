/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_CODE_H
#define HW_ANALYZER_CODE_H

/*
 * Which functions an address of code belongs to, according to DWARF: the
 * function that was compiled, and those inlined there, one in the other.
 *
 * libdw can answer from .debug_aranges, which clang does not write, and walks
 * a whole compilation unit per question. This reads the address ranges of all
 * units once, and those of the functions of a unit when it is first asked
 * about; then an answer costs two binary searches and the walk inside one
 * function. Addresses are those of the DWARF file.
 */

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>

#include "analyzer/span.h"

/* One function deep in another until here; deeper is a broken file. */
#define HW_CODE_DEPTH_MAX 64

struct hw_code_unit {
	Dwarf_Die lines;  /* has the line table and the compiler's folder */
	Dwarf_Die scopes; /* has the functions: the same, or its half in a .dwo file */
	Dwarf_Die *functions;
	size_t function_count, function_capacity;
	struct hw_span_list spans; /* value: index of functions */
	bool is_read;
};

/* All zeroes is an empty index. */
struct hw_code {
	struct hw_code_unit *units;
	size_t unit_count, unit_capacity;
	struct hw_span_list spans; /* value: index of units */
};

/* Innermost first; the last is the function that was compiled, all before it were inlined. */
struct hw_code_place {
	struct hw_code_unit *unit;
	Dwarf_Die functions[HW_CODE_DEPTH_MAX];
	size_t function_count; /* 0: the unit has the address, but no function of it */
};

/* Fill an empty index from `dwarf` (may be NULL: knows nothing). */
void hw_code_read(struct hw_code *code, Dwarf *dwarf);

/* Free the index and leave it empty. */
void hw_code_finish(struct hw_code *code);

/* False when no unit has the address. */
bool hw_code_find(struct hw_code *code, Dwarf_Addr address, struct hw_code_place *ret_place);

#endif
