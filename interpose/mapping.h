/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_MAPPING_H
#define HW_INTERPOSE_MAPPING_H

/*
 * What is mapped at an address of this process: a shared object is known to
 * all its users by device, inode and offset, whatever address each of them sees it
 * at. Memory shared anonymously has an inode of its own too (/dev/zero).
 *
 * Reads /proc/self/maps, so only where a shared object is first met.
 */

#include <stdbool.h>
#include <stdint.h>

struct hw_object_definition;

/* Fill device, inode and offset; false when the address is not in shared memory. */
bool hw_mapping_of(uintptr_t address, struct hw_object_definition *definition);

/*
 * Every mapping, in the order of addresses, as a line of /proc/self/maps (cut off where a path
 * is very long); until `look` is true. No allocation.
 */
void hw_mapping_walk(bool (*look)(const char *line, void *context), void *context);

/* The range of a line; returns where its permissions begin. */
const char *hw_mapping_range(const char *line, uintptr_t *ret_start, uintptr_t *ret_end);

#endif
