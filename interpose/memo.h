/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_MEMO_H
#define HW_INTERPOSE_MEMO_H

/*
 * The stacks a thread was last seen with, each with what proves that it is the present one.
 *
 * An entry is found by the place of a call: its address on the stack and where it returns to. It
 * stands for the present stack if every word that the walk read (backtrace.h) has the same value
 * still. When a hit is right:
 *
 *   The walk begins with three things, the address of the call, where it returns to, and rbp if
 *   a rule asked for it. A hit has compared all three. Suppose that the first n frames are
 *   those of the entry, with the same stack pointer and, if it decides anything, the same rbp.
 *   The rule that leads to the next frame is a function of the return address; it
 *   reads words at addresses that follow from the two registers, so the same addresses; and
 *   a hit has compared these words. So frame n + 1 is the same one, with the same
 *   registers. This presumes that the same address has the same rule, which ends when
 *   code is unloaded: hw_memo_forget.
 *
 * It is not enough to compare less. Two callers at equal depth differ in the word of their
 * return address alone; alloca, longjmp and tail calls leave frames where others were, of the
 * same size or not; a coroutine has other words at other addresses. What has no rules (code
 * generated at run time, signal frames) is never put in here.
 *
 * The words are read only while the call is on the stack that the thread is known to have: there
 * whatever lies above a call is mapped.
 *
 * Many programs lock in one function of their own, that is called from everywhere. So where an
 * entry is looked for also depends on the return addresses next to it, as far as the frames
 * between have constant sizes, which are kept by return address.
 *
 * A signal handler may replace the entry that is being compared. It leaves a count of changes
 * behind, by which the code that it interrupted knows; which by then has read other words
 * than it meant to, but all of them of this thread's stack.
 */

#include <stdatomic.h>
#include <stddef.h>

#include "interpose/backtrace.h"

enum { HW_MEMO_WAYS = 4, HW_MEMO_SETS = 64, HW_MEMO_SIZES = 1024, HW_MEMO_STEP = 4 };

/* What is remembered of a stack. */
struct hw_memo_stack {
	uint64_t hash;
	uint64_t open;   /* the signal handlers that could interrupt there */
	uint32_t number; /* of its entry in the thread's table of stacks */
};

struct hw_memo_entry {
	const void *from;
	uintptr_t base;      /* rbp at the call */
	uintptr_t base_mask; /* its bits that decide: all or none */
	uint64_t word_count; /* a multiple of HW_MEMO_STEP; the last may be there several times */
	struct hw_memo_stack stack;
	struct hw_backtrace_word words[];
};

struct hw_memo {
	uint32_t unloads; /* as of when it was last empty */
	uint32_t changes;
	uint32_t words_max; /* of an entry */
	uint32_t entry_bytes;
	uint8_t oldest[HW_MEMO_SETS]; /* way to be replaced next */
	uintptr_t calls[HW_MEMO_SETS][HW_MEMO_WAYS]; /* 0: empty */
	uint64_t sizes[HW_MEMO_SIZES]; /* return address << 16 | size of its frame in words */
	_Alignas(64) unsigned char entries[];
};

/* How often code was unloaded. */
extern _Atomic uint32_t hw_memo_unloads;

/* Size of a memo of stacks of so many frames. */
size_t hw_memo_bytes(uint32_t depth);

/* All zeroes become an empty memo; so does one that was used by another thread. */
void hw_memo_prepare(struct hw_memo *memo, uint32_t depth);

/*
 * Remember the stack of a call. With signals blocked. Stacks that were read from more words than
 * most need are not kept.
 */
void hw_memo_add(struct hw_memo *memo, const struct hw_call *call, uintptr_t top,
	const struct hw_backtrace *backtrace, const struct hw_memo_stack *stack);

/* Code was unloaded: other code, with other rules, may come to be where it was. */
void hw_memo_forget(void);

static inline uint32_t hw_memo_size_at(uintptr_t place)
{
	return (uint32_t)(place * 0x9e3779b97f4a7c15u >> 54);
}

/*
 * Where entries of the present stack are. What is read is part of frames that are there; but
 * while a library is being closed, another may be where it was that has other frames, so
 * nothing is read above `top`, the end of the stack.
 */
static inline uint32_t hw_memo_set(const struct hw_memo *memo, const struct hw_call *call,
	uintptr_t top)
{
	const uintptr_t *outer = (const uintptr_t *)(call + 1);
	uintptr_t place = (uintptr_t)call->from;
	uint64_t mixed = (uintptr_t)call >> 4 ^ place;

	for (int i = 0; i < HW_BACKTRACE_SIZES; i++) {
		uint64_t size = memo->sizes[hw_memo_size_at(place)];

		if (size >> 16 != place)
			break;
		outer += (uint16_t)size;
		if ((uintptr_t)outer > top)
			break;
		place = outer[-1];
		mixed = mixed * 0x9e3779b97f4a7c15u + place;
	}
	return (uint32_t)(mixed * 0x9e3779b97f4a7c15u >> 58);
}

static inline struct hw_memo_entry *hw_memo_entry(const struct hw_memo *memo, uint32_t set,
	uint32_t way)
{
	return (void *)(memo->entries + (size_t)(set * HW_MEMO_WAYS + way) * memo->entry_bytes);
}

static inline bool hw_memo_holds(const struct hw_memo_entry *entry, const struct hw_call *call)
{
	uint64_t difference = (entry->base ^ call->base) & entry->base_mask;
	const struct hw_backtrace_word *word = entry->words, *end = word + entry->word_count;

	if (entry->from != call->from)
		return false;
	for (; word < end; word += HW_MEMO_STEP) {
		difference |= *word[0].at ^ word[0].value;
		difference |= *word[1].at ^ word[1].value;
		difference |= *word[2].at ^ word[2].value;
		difference |= *word[3].at ^ word[3].value;
	}
	return !difference;
}

/* Whether the memo knows the present stack. Of calls on the thread's own stack only. */
static inline bool hw_memo_find(const struct hw_memo *memo, const struct hw_call *call,
	uintptr_t top, struct hw_memo_stack *ret_stack)
{
	uint32_t changes = memo->changes, set;

	if (memo->unloads != atomic_load_explicit(&hw_memo_unloads, memory_order_relaxed))
		return false;
	set = hw_memo_set(memo, call, top);
	for (uint32_t way = 0; way < HW_MEMO_WAYS; way++) {
		const struct hw_memo_entry *entry = hw_memo_entry(memo, set, way);

		if (memo->calls[set][way] != (uintptr_t)call || !hw_memo_holds(entry, call))
			continue;
		*ret_stack = entry->stack;
		atomic_signal_fence(memory_order_seq_cst);
		return *(const volatile uint32_t *)&memo->changes == changes;
	}
	return false;
}

#endif
