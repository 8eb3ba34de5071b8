/* SPDX-License-Identifier: MIT */
#include "interpose/cfi.h"

#include <stdatomic.h>

#include "interpose/cfi_entry.h"
#include "interpose/cfi_program.h"
#include "interpose/sys.h"

enum { CACHE_ENTRIES = 8192 };

/*
 * Filled and read without a lock: an entry of two words that do not belong together is
 * none (R. Hyatt, T. Mann: A lockless transposition-table implementation for parallel search,
 * ICGA Journal 25(1), 2002).
 */
static struct place {
	_Atomic uint64_t check; /* address ^ rule */
	_Atomic uint64_t rule;  /* packed */
} *cache;

enum { OFFSET_BITS = 29, OFFSET_LIMIT = 1 << (OFFSET_BITS - 1) };

static bool can_be_packed(int32_t offset)
{
	return offset >= -OFFSET_LIMIT && offset < OFFSET_LIMIT;
}

static uint64_t pack_offset(int32_t offset)
{
	return (uint64_t)(uint32_t)offset & ((1u << OFFSET_BITS) - 1);
}

static int32_t unpack_offset(uint64_t word)
{
	return (int32_t)((uint32_t)word << (32 - OFFSET_BITS)) >> (32 - OFFSET_BITS);
}

static uint64_t pack(const struct hw_rule *rule)
{
	return (uint64_t)rule->kind << 61 | (uint64_t)rule->base << 59 |
	       pack_offset(rule->frame_offset) << OFFSET_BITS | pack_offset(rule->base_offset);
}

static struct hw_rule unpack(uint64_t word)
{
	return (struct hw_rule){
		.kind = (enum hw_rule_kind)(word >> 61),
		.base = (enum hw_rule_base)(word >> 59 & 3),
		.frame_offset = unpack_offset(word >> OFFSET_BITS),
		.base_offset = unpack_offset(word),
	};
}

static struct hw_rule look_up(uintptr_t address)
{
	struct hw_rule rule = { .kind = HW_RULE_UNKNOWN };
	struct hw_cfi_entry entry;

	/* The call, which is before the address, may be the last instruction of its function. */
	if (hw_cfi_find_entry(address - 1, &entry))
		rule = hw_cfi_run(&entry, address - 1);
	if (!can_be_packed(rule.frame_offset) || !can_be_packed(rule.base_offset))
		rule = (struct hw_rule){ .kind = HW_RULE_UNKNOWN };
	return rule;
}

struct hw_rule hw_cfi_rule(uintptr_t address)
{
	struct place *place = &cache[(address * 0x9e3779b97f4a7c15u >> 40) % CACHE_ENTRIES];
	struct hw_rule rule;
	uint64_t word;

	if (!cache)
		return look_up(address);
	word = atomic_load_explicit(&place->rule, memory_order_relaxed);
	if ((atomic_load_explicit(&place->check, memory_order_relaxed) ^ word) == address)
		return unpack(word);
	rule = look_up(address);
	word = pack(&rule);
	atomic_store_explicit(&place->check, address ^ word, memory_order_relaxed);
	atomic_store_explicit(&place->rule, word, memory_order_relaxed);
	return rule;
}

void hw_cfi_init(void)
{
	hw_cfi_entry_init();
	cache = hw_sys_map(CACHE_ENTRIES * sizeof(*cache));
}

void hw_cfi_forget(void)
{
	for (int i = 0; cache && i < CACHE_ENTRIES; i++) {
		atomic_store_explicit(&cache[i].check, 0, memory_order_relaxed);
		atomic_store_explicit(&cache[i].rule, 0, memory_order_relaxed);
	}
}
