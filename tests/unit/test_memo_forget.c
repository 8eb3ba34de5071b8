/* SPDX-License-Identifier: MIT */
#include "interpose/memo.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "interpose/backtrace.h"
#include "interpose/cfi.h"

/* What a memo does with one place, of which it may know nothing any more. */

enum { DEPTH = 16, NUMBER = 7 };

enum found { NOT_FOUND, FOUND, FOUND_RECENT };

static struct hw_memo *memo;
static uintptr_t stack_top;

extern char *__libc_stack_end;

static void prepare(void)
{
	hw_cfi_init();
	stack_top = (uintptr_t)__libc_stack_end;
	memo = aligned_alloc(64, (hw_memo_bytes(DEPTH) + 63) & ~63ul);
	memset(memo, 0, hw_memo_bytes(DEPTH));
	hw_memo_prepare(memo, DEPTH);
}

static void learn(const struct hw_call *call)
{
	struct hw_memo_stack stack = { .number = NUMBER };
	struct hw_backtrace seen;

	cr_assert(hw_backtrace_take(call, DEPTH, stack_top, NULL, &seen));
	hw_memo_add(memo, call, stack_top, &seen, &stack);
}

/* What a hook does. */
static __attribute__((noinline)) enum found look(void)
{
	const struct hw_memo_entry *entry;
	struct hw_memo_stack stack;

	if (hw_memo_find_recent(memo, HW_CALL, 0, &stack))
		return stack.number == NUMBER ? FOUND_RECENT : NOT_FOUND;
	entry = hw_memo_find(memo, HW_CALL, stack_top, &stack);
	if (!entry) {
		learn(HW_CALL);
		return NOT_FOUND;
	}
	hw_memo_note_recent(memo, HW_CALL, entry);
	return stack.number == NUMBER ? FOUND : NOT_FOUND;
}

/* When code is unloaded nothing is known, of this memo and any other. */
Test(memo_forget, unloading_forgets)
{
	static const enum found expected[] = { NOT_FOUND, FOUND, FOUND_RECENT, NOT_FOUND, FOUND,
		FOUND_RECENT };
	static void (*const before[])(void) = { NULL, NULL, NULL, hw_memo_forget, NULL, NULL };

	prepare();
	for (volatile int i = 0; i < 6; i++) {
		if (before[i])
			before[i]();
		cr_expect_eq(look(), expected[i], "look %d", i);
	}
}

/* The thread it was of has ended, and another one got it, with the same stack. */
Test(memo_forget, another_thread_finds_it_empty)
{
	static const enum found expected[] = { NOT_FOUND, FOUND, FOUND_RECENT, NOT_FOUND };

	prepare();
	for (volatile int i = 0; i < 4; i++) {
		if (i == 3)
			hw_memo_prepare(memo, DEPTH);
		cr_expect_eq(look(), expected[i], "look %d", i);
	}
}

/* A frame is said to be larger than what is left of the stack. */
static __attribute__((noinline)) bool misses_with_a_wrong_size(void)
{
	const struct hw_call *call = HW_CALL;
	uintptr_t place = (uintptr_t)call->from, top = (uintptr_t)(call + 2);
	struct hw_memo_stack stack;

	memo->sizes[hw_memo_size_at(place)] = (uint64_t)place << 16 | UINT16_MAX;
	return !hw_memo_find(memo, call, top, &stack);
}

Test(memo_forget, nothing_is_read_above_the_stack)
{
	volatile bool misses;

	prepare();
	/* As high up as there is nothing more for half a MiB. */
	misses = misses_with_a_wrong_size();
	cr_expect(misses);
}
