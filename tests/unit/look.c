/* SPDX-License-Identifier: MIT */
#include "tests/unit/look.h"

#include <criterion/criterion.h>
#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "interpose/cfi.h"

enum { STACKS_MAX = 200000 };

struct stack {
	int count;
	void *frames[LOOK_DEPTH];
};

struct hw_memo *look_memo;
uintptr_t look_top;
const void *look_trampoline;
volatile unsigned long look_hits, look_misses, look_unknown, look_wrong, look_conflicts;

static struct stack *stacks; /* by number */
static volatile uint32_t stack_count;

/* What the last look was from. */
static struct hw_call last_call;
static const struct hw_call *last_at;
static struct stack last;

extern char *__libc_stack_end;

void look_begin(void)
{
	void *first[1];

	hw_cfi_init();
	backtrace(first, 1); /* loads libgcc */
	look_top = (uintptr_t)__libc_stack_end;
	look_memo = aligned_alloc(64, (hw_memo_bytes(LOOK_DEPTH) + 63) & ~63ul);
	memset(look_memo, 0, hw_memo_bytes(LOOK_DEPTH));
	hw_memo_prepare(look_memo, LOOK_DEPTH);
	stacks = calloc(STACKS_MAX, sizeof(*stacks));
}

static void take_truth(struct stack *ret_truth, const struct hw_call *call)
{
	void *all[LOOK_DEPTH + 8];
	int count = backtrace(all, LOOK_DEPTH + 8), skipped = 0;

	while (skipped < count && all[skipped] != call->from)
		skipped++;
	ret_truth->count = count - skipped < LOOK_DEPTH ? count - skipped : LOOK_DEPTH;
	memcpy(ret_truth->frames, all + skipped, (size_t)ret_truth->count * sizeof(all[0]));
}

static bool is_same(const struct stack *a, const struct stack *b)
{
	return a->count == b->count &&
		!memcmp(a->frames, b->frames, (size_t)a->count * sizeof(a->frames[0]));
}

static void learn(const struct hw_call *call, const struct stack *truth)
{
	struct hw_memo_stack stack = { .number = stack_count };
	struct hw_backtrace seen;
	struct stack found;
	sigset_t all, before;

	if (!hw_backtrace_take(call, LOOK_DEPTH, look_top, look_trampoline, &seen)) {
		look_unknown++;
		return;
	}
	found.count = (int)seen.count;
	memcpy(found.frames, seen.frames, seen.count * sizeof(found.frames[0]));
	look_wrong += !is_same(&found, truth);
	if (stack_count == STACKS_MAX)
		return;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	stack.number = stack_count;
	stacks[stack_count++] = found;
	hw_memo_add(look_memo, call, look_top, &seen, &stack);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static bool find(const struct hw_call *call, struct hw_memo_stack *ret_stack)
{
	const struct hw_memo_entry *entry;

	if (hw_memo_find_recent(look_memo, call, 0, ret_stack))
		return true;
	entry = hw_memo_find(look_memo, call, look_top, ret_stack);
	if (entry)
		hw_memo_note_recent(look_memo, call, entry);
	return entry;
}

static void compare_with_last(const struct hw_call *call, const struct stack *truth)
{
	if (last_at == call && last_call.from == call->from && !is_same(&last, truth))
		look_conflicts++;
	last_at = call;
	last_call = *call;
	last = *truth;
}

__attribute__((noinline)) void look(void)
{
	const struct hw_call *call = HW_CALL;
	struct hw_memo_stack stack;
	struct stack truth;
	bool hit = find(call, &stack);

	take_truth(&truth, call);
	compare_with_last(call, &truth);
	if (hit) {
		look_hits++;
		look_wrong += !is_same(&stacks[stack.number], &truth);
	} else {
		look_misses++;
		learn(call, &truth);
	}
}

void look_expect_mostly_hits(void)
{
	cr_expect_eq(look_wrong, 0, "%lu of %lu", look_wrong, look_hits + look_misses);
	cr_expect(look_hits > 9 * look_misses, "%lu hits, %lu misses", look_hits, look_misses);
	cr_expect_eq(look_unknown, 0, "%lu", look_unknown);
}
