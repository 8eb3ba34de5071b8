/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_STORAGE_H
#define HW_ANALYZER_STORAGE_H

/*
 * Which variable has an address, according to DWARF: globals, static members
 * of classes, and statics inside functions. Thread-local and automatic
 * variables have no link-time address and are not here.
 *
 * All variables of a file are read at the first question, since nothing in
 * DWARF leads from an address of data to its unit. Addresses are those of the
 * DWARF file.
 */

#include <elfutils/libdw.h>
#include <stddef.h>

struct hw_storage_variable {
	Dwarf_Die die;
	Dwarf_Addr address;
	size_t order; /* of reading */
};

/* All zeroes is an empty index. */
struct hw_storage {
	struct hw_storage_variable *variables; /* by address */
	size_t count, capacity;
};

/* Fill an empty index from `dwarf` (may be NULL: knows nothing). */
void hw_storage_read(struct hw_storage *storage, Dwarf *dwarf);

/* Free the index and leave it empty. */
void hw_storage_finish(struct hw_storage *storage);

/* The variable that starts at `address` or last before it, of whatever size, or NULL. */
struct hw_storage_variable *hw_storage_find(struct hw_storage *storage, Dwarf_Addr address);

#endif
