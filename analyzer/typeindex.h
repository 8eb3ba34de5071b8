/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_TYPEINDEX_H
#define HW_ANALYZER_TYPEINDEX_H

/*
 * From the declaration of a class or structure to its definition.
 *
 * A unit may declare a type that another one defines, even when it has objects
 * of it: clang defines a class where its constructor is compiled. The
 * definitions of a whole file are read by name when the first such declaration
 * is met, which in most programs never happens.
 */

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>

struct hw_typeindex_entry {
	const char *name; /* without scopes; libdw's memory */
	Dwarf_Die die;
};

/* All zeroes but `dwarf` is an index that has not been needed yet. */
struct hw_typeindex {
	Dwarf *dwarf;
	bool is_read;
	struct hw_typeindex_entry *entries; /* by name */
	size_t count, capacity;
};

/* Free the index and leave it empty. */
void hw_typeindex_finish(struct hw_typeindex *index);

/* When `type` is only declared, replace it by its definition, if there is one. */
void hw_typeindex_complete(struct hw_typeindex *index, Dwarf_Die *type);

#endif
