/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_MEMBER_H
#define HW_ANALYZER_MEMBER_H

/*
 * What is at an offset inside a type, as one would write it in source after
 * the variable's name: ".forks[3].left".
 *
 * The way goes down through members, elements and base classes to a lock type
 * or to what cannot be divided. In a union, or where an empty base shares its place
 * with a member, it goes to where an object of the wanted kind is. Then the
 * end is shortened to what a person would say: the member that is the lock is
 * left out when its structure has no other, so `struct fork { pthread_mutex_t
 * mutex; int owner; } forks[5]` has forks[3], and a structure with a mutex
 * and a condition variable has queue.lock and queue.filled. An alternative of a
 * union is left out too, since the kind of the object says which it is. Only
 * the last member goes: server.clients says more than server. What remains of
 * the offset is added: "+0x18".
 */

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

#include "analyzer/typeindex.h"

/*
 * What is `offset` bytes into `type`, preferably an object of `kind` (see
 * locktype.h), as text in new memory: once with array indexes, once with "[]"
 * for all elements alike; both may be "". False when the type ends before, or
 * nothing is known about it.
 */
bool hw_member_find(struct hw_typeindex *types, Dwarf_Die *type, uint64_t offset, const char *kind,
	char **ret_text, char **ret_class_text);

#endif
