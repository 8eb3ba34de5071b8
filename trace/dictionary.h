/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_DICTIONARY_H
#define HW_TRACE_DICTIONARY_H

/*
 * Numbers 0, 1, 2 ... for keys, in the order in which they were seen first: a dictionary of
 * a block of packed events.
 *
 * A hash table of fixed size, at most half full, whose slots hold numbers and not keys, so
 * that the keys are an array to be written as it is. It allocates nothing, and
 * emptying it costs what it holds. Unlike struct hw_table it takes no more than
 * HW_DICTIONARY_KEYS keys; the caller sees to that.
 */

#include <stdint.h>

enum { HW_DICTIONARY_KEYS = 16384, HW_DICTIONARY_SLOT_BITS = 15 };

_Static_assert(2 * HW_DICTIONARY_KEYS == 1 << HW_DICTIONARY_SLOT_BITS, "at most half full");

/* One of all zeroes is empty. */
struct hw_dictionary {
	uint32_t count;
	uint64_t keys[HW_DICTIONARY_KEYS]; /* by number */
	uint16_t slots[2 * HW_DICTIONARY_KEYS]; /* number + 1, or the next slot's; 0: free */
};

/* Forget all keys. */
void hw_dictionary_clear(struct hw_dictionary *dictionary);

/* For hw_dictionary_put: the key is not in its own slot, so look further on, or add it. */
uint16_t hw_dictionary_find_or_add(struct hw_dictionary *dictionary, uint64_t key, uint32_t slot);

static inline uint32_t hw_dictionary_slot(uint64_t key)
{
	return (uint32_t)(key * 0x9e3779b97f4a7c15u >> (64 - HW_DICTIONARY_SLOT_BITS));
}

/* The number of a key; a new one gets the next, which is `count` before. */
static inline uint16_t hw_dictionary_put(struct hw_dictionary *dictionary, uint64_t key)
{
	uint32_t slot = hw_dictionary_slot(key), entry = dictionary->slots[slot];

	if (entry && dictionary->keys[entry - 1] == key)
		return (uint16_t)(entry - 1);
	return hw_dictionary_find_or_add(dictionary, key, slot);
}

#endif
