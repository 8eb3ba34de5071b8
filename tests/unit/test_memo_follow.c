/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/look.h"

/* Stacks by frame pointers: whatever is in rbp and on the stack, and what is remembered of that. */

enum { CELLS = 256, FRAMES_MAX = 60000 };

/* Part of the stack, in which chains of frames are made up. */
static uintptr_t *cells;

static struct stack {
	uint32_t count;
	void *frames[LOOK_DEPTH];
} *stacks;

static uint32_t stack_count;
static struct hw_backtrace seen;

/* call_with(function, base): with rbp as told. */
void call_with(void (*function)(void), uintptr_t base);

__asm__(".pushsection .text\n"
	".type call_with, @function\n"
	"call_with:\n"
	".cfi_startproc\n"
	"push %rbp\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset rbp, 0\n"
	"mov %rsi, %rbp\n"
	"call *%rdi\n"
	"pop %rbp\n"
	".cfi_adjust_cfa_offset -8\n"
	".cfi_restore rbp\n"
	"ret\n"
	".cfi_endproc\n"
	".size call_with, . - call_with\n"
	".popsection\n");

/* It does something afterwards, so that the call is there while it is followed. */
static __attribute__((noinline)) void follow(void)
{
	hw_backtrace_follow(HW_CALL, LOOK_DEPTH, look_top, &seen);
	look_misses++;
}

static uint32_t frames_with(uintptr_t base)
{
	call_with(follow, base);
	cr_expect_eq(seen.frames[0], (const char *)call_with + 6);
	return seen.count;
}

#define A_FRAME(cell, outer) (cells[cell] = (uintptr_t)(outer), cells[(cell) + 1] = 0x123456)

Test(memo_follow, ends_where_there_can_be_no_frame)
{
	uintptr_t room[CELLS] = { 0 };
	const uintptr_t bases[] = { 0, 1, 8, 16, UINTPTR_MAX, UINTPTR_MAX - 7, UINTPTR_MAX - 15,
		INTPTR_MAX, 0x123456789000, (uintptr_t)follow, (uintptr_t)room + 1,
		(uintptr_t)room - 8192, (uintptr_t)room - (64 << 20),
		(uintptr_t)room + (64 << 20) };

	look_begin();
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++)
		cr_expect_eq(frames_with(bases[i]), 1, "%zu", i);
	for (uintptr_t at = look_top - 64; at < look_top + 64; at++)
		frames_with(at);
}

Test(memo_follow, goes_outward_only)
{
	uintptr_t room[CELLS] = { 0 };

	look_begin();
	cells = room;
	A_FRAME(0, &room[2]);
	A_FRAME(2, &room[8]);
	A_FRAME(8, 0);
	cr_expect_eq(frames_with((uintptr_t)room), 4);
	A_FRAME(8, &room[8]);
	cr_expect_eq(frames_with((uintptr_t)room), 4, "to itself");
	A_FRAME(8, &room[0]);
	cr_expect_eq(frames_with((uintptr_t)room), 4, "round and round");
	A_FRAME(8, (uintptr_t)&room[10] + 4);
	cr_expect_eq(frames_with((uintptr_t)room), 4, "not aligned");
	room[9] = 0;
	cr_expect_eq(frames_with((uintptr_t)room), 3, "nobody called it");
	room[9] = (uintptr_t)room;
	cr_expect_eq(frames_with((uintptr_t)room), 3, "called from the stack");
	room[9] = 1ul << 47;
	cr_expect_eq(frames_with((uintptr_t)room), 3, "called from the kernel");
}

static void compare(uint32_t number)
{
	const struct stack *stack = &stacks[number];

	look_hits++;
	look_wrong += stack->count != seen.count ||
		memcmp(stack->frames, seen.frames, seen.count * sizeof(seen.frames[0]));
}

static void remember(const struct hw_call *call)
{
	struct hw_memo_stack stack = { .number = stack_count };

	look_misses++;
	cr_assert(stack_count < FRAMES_MAX);
	stacks[stack_count].count = seen.count;
	memcpy(stacks[stack_count++].frames, seen.frames, seen.count * sizeof(seen.frames[0]));
	hw_memo_add(look_memo, call, look_top, &seen, &stack);
}

static __attribute__((noinline)) void look_by_frame_pointers(void)
{
	const struct hw_call *call = HW_CALL;
	struct hw_memo_stack stack;
	const struct hw_memo_entry *entry = hw_memo_find(look_memo, call, look_top, &stack);

	hw_backtrace_follow(call, LOOK_DEPTH, look_top, &seen);
	if (entry)
		compare(stack.number);
	else
		remember(call);
}

/* A word that is a frame pointer, mostly to further out, or anything. */
static uintptr_t any_base(unsigned *seed, int from)
{
	int to = from + 2 + rand_r(seed) % 4 * 2;

	if (rand_r(seed) % 64 && to + 1 < CELLS)
		return (uintptr_t)&cells[to];
	return (uintptr_t)rand_r(seed);
}

static void change_a_cell(unsigned *seed)
{
	int at = rand_r(seed) % (CELLS / 2) * 2;

	cells[at] = any_base(seed, at);
	cells[at + 1] = rand_r(seed) % 64 ? 0x1000u + (unsigned)rand_r(seed) % 8 : 0;
}

Test(memo_follow, a_hit_is_never_wrong)
{
	uintptr_t room[CELLS] = { 0 };
	unsigned seed = 11;
	uint32_t longest = 0;

	look_begin();
	stacks = calloc(FRAMES_MAX, sizeof(*stacks));
	cells = room;
	for (int i = 0; i < 4 * CELLS; i++)
		change_a_cell(&seed);
	for (int i = 0; i < FRAMES_MAX; i++) {
		if (i % 8 == 0)
			change_a_cell(&seed);
		call_with(look_by_frame_pointers, (uintptr_t)&room[2 * (rand_r(&seed) % 4)]);
		longest = seen.count > longest ? seen.count : longest;
	}
	cr_expect_eq(look_wrong, 0, "%lu of %lu", look_wrong, look_hits);
	cr_expect(look_hits > FRAMES_MAX / 2, "%lu hits, %lu misses", look_hits, look_misses);
	cr_expect_eq(longest, LOOK_DEPTH, "%u frames", longest);
}
