/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_DEMANGLE_H
#define HW_ANALYZER_DEMANGLE_H

/*
 * Linker names as their language writes them: C++ (Itanium ABI, which gcc,
 * clang and others share) and Rust, both its manglings. Every other name,
 * and one that only looks mangled, comes back as it is.
 *
 * There are two forms. The full form says everything the linker name says,
 * except the hash at the end of an old Rust name, which is different in every
 * build. The short form is the one reports, graphs and class keys use: it has
 * no parameter lists and no return types, since a source line tells overloads
 * apart, and nothing of what compilers append to the copies they make of a
 * function (worker.constprop.0, pool.cold), since it is one function to the
 * person who wrote it.
 */

/* The full form, in new memory; never NULL. */
char *hw_demangle_full(const char *name);

/* The short form, in new memory; never NULL. */
char *hw_demangle_short(const char *name);

#endif
