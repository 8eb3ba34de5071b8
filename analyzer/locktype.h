/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_LOCKTYPE_H
#define HW_ANALYZER_LOCKTYPE_H

/*
 * Which types are locks, or something else a thread can wait for: those of
 * POSIX, C11, the C++ library and GLib. What is inside them is nobody's business,
 * so the name of an object ends where such a type begins.
 */

#include <elfutils/libdw.h>
#include <stdbool.h>

/* One step towards what a type really is: through a typedef, const, volatile; false at the end. */
bool hw_locktype_peel(Dwarf_Die *type);

/*
 * The kind of object that a type is (mutex, rwlock, spin, cond, barrier, sem,
 * once), as in the object table of a recording, or NULL. Typedefs count by
 * their own name, so ask before each peel.
 */
const char *hw_locktype_kind(Dwarf_Die *type);

/*
 * How many objects can stand in a type at the same time: 1 for a lock type, the
 * sum over members and bases, the largest alternative of a union, per element of an
 * array. Counts up to 2, which means "several".
 */
int hw_locktype_count(Dwarf_Die *type);

#endif
