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
 *   code is unloaded: hw_memo_forget. By frame pointers all addresses have the same rule.
 *
 * It is not enough to compare less. Two callers at equal depth differ in the word of their
 * return address alone; alloca, longjmp and tail calls leave frames where others were, of the
 * same size or not; a coroutine has other words at other addresses. What has no rules (code
 * generated at run time) is never put in here. What a signal handler interrupted follows from
 * words, too: those that the kernel left. The attacks are in tests/unit/test_memo_attack.c.
 *
 * The words are read only while the call is on the stack that the thread is known to have: there
 * whatever lies above a call is mapped.
 *
 * Most calls come from where the one before them at the same place came from, so the entry that
 * was right there last is tried first. Many programs lock in one function of their own, that
 * is called from everywhere. So where an entry is looked for then also depends on the return
 * addresses next to it, as far as the frames between always had the same size, which is kept by
 * return address.
 *
 * A signal handler may replace the entry that is being compared. It leaves a count of changes
 * behind, by which the code that it interrupted knows; which by then has read other words
 * than it meant to, but all of them of this thread's stack.
 */

#include <stdatomic.h>
#include <stddef.h>

#include "interpose/export.h"
#include "interpose/backtrace.h"

enum {
	HW_MEMO_WAYS = 4,
	HW_MEMO_SETS = 64,
	HW_MEMO_SIZES = 1024,
	HW_MEMO_SIZE_WAYS = 4,
	HW_MEMO_RECENT = 256,
	HW_MEMO_STEP = 4,
};

/* Where the size of a frame is, by its return address: in one of four entries from there on. */
static inline uint32_t hw_memo_size_at(uintptr_t place)
{
	return (uint32_t)(place * 0x9e3779b97f4a7c15u >> 56) * HW_MEMO_SIZE_WAYS;
}

/* What is remembered of a stack. */
struct hw_memo_stack {
	uint64_t hash;
	uint64_t circumstances; /* others mean another stack, though the words are the same */
	uint32_t number; /* of its entry in the thread's table of stacks */
};

/*
 * Some words of a stack. Where they are is told by 32 bits each, of which two are read at once: a
 * processor reads two or three times in a cycle, and that is what comparing words takes.
 */
struct hw_memo_words {
	uint64_t places[HW_MEMO_STEP / 2]; /* in words from the memo's origin */
	uintptr_t values[HW_MEMO_STEP];
};

struct hw_memo_entry {
	uintptr_t call;
	const void *from;
	uintptr_t base;      /* rbp at the call */
	uintptr_t base_mask; /* its bits that decide: all or none */
	const struct hw_memo_words *end;
	struct hw_memo_stack stack;
	struct hw_memo_words words[]; /* the last word may be there several times */
};

struct hw_memo {
	uint32_t unloads; /* as of when it was last empty */
	uint32_t changes;
	uint32_t words_max; /* of an entry */
	uint32_t entry_bytes;
	/*
	 * Of words' places: the least address that they can tell. The same for all entries of a
	 * thread, so that what a handler puts in place of an entry leads to its stack, too.
	 */
	uintptr_t origin;
	/* Right last, of calls that share the place; never NULL. */
	const struct hw_memo_entry *recent[HW_MEMO_RECENT];
	uint8_t next_way[HW_MEMO_SETS]; /* to be replaced */
	uintptr_t calls[HW_MEMO_SETS][HW_MEMO_WAYS]; /* 0: empty */
	uint64_t sizes[HW_MEMO_SIZES]; /* return address << 16 | size of its frame in words */
	_Alignas(64) unsigned char entries[];
};

/* How often code was unloaded. */
extern HW_HIDDEN _Atomic uint32_t hw_memo_unloads;

/* Size of a memo of stacks of so many frames. */
size_t hw_memo_bytes(uint32_t depth);

/* All zeroes become an empty memo; so does one that was used by another thread. */
void hw_memo_prepare(struct hw_memo *memo, uint32_t depth);

/*
 * Remember the stack of a call. With signals blocked. Stacks that were read from more words than
 * most need are not kept, nor are those of calls 32 GiB from the end of the stack, `top`, which is
 * always the same for a thread.
 */
void hw_memo_add(struct hw_memo *memo, const struct hw_call *call, uintptr_t top,
	const struct hw_backtrace *backtrace, const struct hw_memo_stack *stack);

/* Code was unloaded: other code, with other rules, may come to be where it was. */
void hw_memo_forget(void);

static inline bool hw_memo_has(uintptr_t origin, uint64_t place, uintptr_t value)
{
	return ((const uintptr_t *)origin)[place] == value;
}

static inline bool hw_memo_holds(const struct hw_memo *memo, const struct hw_memo_entry *entry,
	const struct hw_call *call)
{
	const struct hw_memo_words *words = entry->words, *end = entry->end;
	uintptr_t origin = memo->origin;

	if (entry->call != (uintptr_t)call || entry->from != call->from ||
		(entry->base ^ call->base) & entry->base_mask)
		return false;
	for (; words < end; words++) {
		uint64_t inner = words->places[0], outer = words->places[1];

		if (!hw_memo_has(origin, (uint32_t)inner, words->values[0]) ||
			!hw_memo_has(origin, inner >> 32, words->values[1]) ||
			!hw_memo_has(origin, (uint32_t)outer, words->values[2]) ||
			!hw_memo_has(origin, outer >> 32, words->values[3]))
			return false;
	}
	return true;
}

static inline bool hw_memo_is_current(const struct hw_memo *memo)
{
	return memo->unloads == atomic_load_explicit(&hw_memo_unloads, memory_order_relaxed);
}

/* Before an entry is read: see hw_memo_is_unchanged. */
static inline uint32_t hw_memo_changes(const struct hw_memo *memo)
{
	uint32_t changes = *(const volatile uint32_t *)&memo->changes;

	atomic_signal_fence(memory_order_seq_cst);
	return changes;
}

/* No handler has changed anything since there were so many changes. */
static inline bool hw_memo_is_unchanged(const struct hw_memo *memo, uint32_t changes)
{
	atomic_signal_fence(memory_order_seq_cst);
	return *(const volatile uint32_t *)&memo->changes == changes;
}

static inline uint32_t hw_memo_recent_at(const struct hw_call *call)
{
	return (uint32_t)((uintptr_t)call >> 4 ^ (uintptr_t)call->from) % HW_MEMO_RECENT;
}

/* The present stack, if it is the one that was found here last, in the present circumstances. */
static inline __attribute__((always_inline)) bool hw_memo_find_recent(const struct hw_memo *memo,
	const struct hw_call *call, uint64_t now, struct hw_memo_stack *ret_stack)
{
	uint32_t changes = hw_memo_changes(memo);
	const struct hw_memo_entry *entry = memo->recent[hw_memo_recent_at(call)];

	/* The words last: there are many. */
	if (entry->stack.circumstances != now || !hw_memo_is_current(memo) ||
		!hw_memo_holds(memo, entry, call))
		return false;
	*ret_stack = entry->stack;
	return hw_memo_is_unchanged(memo, changes);
}

/* What hw_memo_find found is to be found by hw_memo_find_recent the next time. */
void hw_memo_note_recent(struct hw_memo *memo, const struct hw_call *call,
	const struct hw_memo_entry *entry);

/* The entry of the present stack, or NULL. Of calls on the thread's own stack only. */
const struct hw_memo_entry *hw_memo_find(const struct hw_memo *memo, const struct hw_call *call,
	uintptr_t top, struct hw_memo_stack *ret_stack);

#endif
