/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_TABLE_H
#define HW_TRACE_TABLE_H

/*
 * A hash table from one 64-bit key to one 64-bit value: open addressing,
 * linear probing, at most half full. Made for the collector's per-event
 * look-ups, where LIBRARIES found nothing in Debian as fast and as small.
 *
 * Any key is allowed. Values are never moved out from under the caller except
 * by hw_table_put, which may grow the table. One thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hw_table {
	struct hw_table_slot *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
};

/* A table of all zeroes is empty and ready; finish frees it and leaves it so. */
void hw_table_finish(struct hw_table *table);

/* The value's place, or NULL when the key is not there. Valid until the next put. */
uint64_t *hw_table_find(const struct hw_table *table, uint64_t key);

/* The value's place; a new one is 0, *ret_new (may be NULL) says so. Valid until the next put. */
uint64_t *hw_table_put(struct hw_table *table, uint64_t key, bool *ret_new);

/* Mix two words into one well-spread key. */
uint64_t hw_hash_mix(uint64_t a, uint64_t b);

#endif
