/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_TYPESIZE_H
#define HW_ANALYZER_TYPESIZE_H

/*
 * How many bytes a type takes, and where its parts lie. libdw knows sizes too,
 * but not those of types that a unit only declares, as clang does with classes
 * whose constructor is compiled elsewhere.
 */

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/typeindex.h"

#define HW_TYPESIZE_DIMENSIONS_MAX 8

/* The size of one object of `type`; false when it is not known. */
bool hw_typesize_find(struct hw_typeindex *types, Dwarf_Die *type, uint64_t *ret_size_bytes);

/* The extents of an array type, outermost first, 0 for an unknown one. How many; 0 if too many. */
size_t hw_typesize_dimensions(Dwarf_Die *type, uint64_t dimensions[HW_TYPESIZE_DIMENSIONS_MAX]);

/* Where a member or base class begins; false for static members, bit fields and virtual bases. */
bool hw_typesize_member(Dwarf_Die *member, uint64_t *ret_start);

/* Numbers, pointers and enumerations: what has no parts. */
bool hw_typesize_is_scalar(Dwarf_Die *type);

#endif
