/* SPDX-License-Identifier: MIT */
#include "trace/dictionary.h"

#include <assert.h>

enum { SLOT_MASK = (1 << HW_DICTIONARY_SLOT_BITS) - 1 };

void hw_dictionary_clear(struct hw_dictionary *dictionary)
{
	for (uint32_t i = 0; i < dictionary->count; i++) {
		uint32_t slot = hw_dictionary_slot(dictionary->keys[i]);

		/* On the way there may be slots that were cleared already. */
		while (dictionary->slots[slot] != i + 1)
			slot = (slot + 1) & SLOT_MASK;
		dictionary->slots[slot] = 0;
	}
	dictionary->count = 0;
}

uint16_t hw_dictionary_find_or_add(struct hw_dictionary *dictionary, uint64_t key, uint32_t slot)
{
	uint32_t entry;

	for (; (entry = dictionary->slots[slot]); slot = (slot + 1) & SLOT_MASK)
		if (dictionary->keys[entry - 1] == key)
			return (uint16_t)(entry - 1);
	entry = dictionary->count++;
	assert(entry < HW_DICTIONARY_KEYS);
	dictionary->keys[entry] = key;
	dictionary->slots[slot] = (uint16_t)(entry + 1);
	return (uint16_t)entry;
}
