/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_DIE_H
#define HW_ANALYZER_DIE_H

/*
 * Questions to one entry of DWARF (a "DIE") that libdw leaves to its users:
 * what a person calls it, of which type it is, where it was first declared.
 *
 * One thing is often described by several entries, each completing the one it
 * points to: an inlined copy its function, a definition its declaration inside
 * a class. All functions here follow those pointers.
 */

#include <elfutils/libdw.h>
#include <stdbool.h>

/* The entry that stands where the source declares it: inside its class, namespace or function. */
Dwarf_Die hw_die_declaration(Dwarf_Die *die);

/*
 * The type of a variable, member, array element, typedef or qualified type,
 * where it is described: in a unit of its own, perhaps. False for void.
 */
bool hw_die_type(Dwarf_Die *die, Dwarf_Die *ret_type);

/* The flag `attribute` is there and set. */
bool hw_die_flag(Dwarf_Die *die, unsigned int attribute);

/*
 * The file that `attribute` (DW_AT_decl_file, DW_AT_call_file) of this very
 * entry names, as the compiler wrote it; libdw's memory, NULL when unknown.
 */
const char *hw_die_file(Dwarf_Die *die, unsigned int attribute);

/*
 * The name with what encloses it, in new memory: app::Registry::instance,
 * worker::counter of a static inside a function. What has no name of its own
 * (an anonymous namespace) is left out. NULL when the entry itself has none.
 */
char *hw_die_qualified_name(Dwarf_Die *die);

/* What reports call a function or an inlined copy of it, in new memory; NULL when unknown. */
char *hw_die_function_name(Dwarf_Die *die);

/*
 * Functions and variables may be defined among its children. Of types only
 * those declared in a function hold definitions; skipping the others saves
 * most of the walk through a C++ program.
 */
bool hw_die_holds_definitions(Dwarf_Die *die, bool in_function);

/* The entry's declaration stands directly inside namespace std, or one inside that. */
bool hw_die_is_std(Dwarf_Die *die);

#endif
