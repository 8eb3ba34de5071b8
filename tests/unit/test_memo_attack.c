/* SPDX-License-Identifier: MIT */
#include <alloca.h>
#include <criterion/criterion.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "tests/unit/look.h"

/*
 * One way at a time to have another stack in the same place: the call has the same address and
 * returns to the same address, and so do a few frames outside of it. Each way is taken in turns
 * with another, and fails when a remembered stack is believed without comparing its words.
 */

enum { LINKS = 6, ROUNDS = 2000 };

static volatile int sink;

/* Nothing, or what leaves the innermost frame some other way than by returning. */
static void (*leave)(void);

static __attribute__((noinline)) void chain(int links)
{
	if (links) {
		chain(links - 1);
	} else {
		look();
		if (leave)
			leave();
	}
	sink++;
}

/* Two of the same size. */
static __attribute__((noinline)) void one(void)
{
	chain(LINKS);
	sink++;
}

static __attribute__((noinline)) void other(void)
{
	chain(LINKS);
	sink--;
}

static void take_turns(void (*const ways[2])(void))
{
	look_begin();
	for (volatile int i = 0; i < ROUNDS; i++)
		ways[i & 1]();
}

static void expect_told_apart(unsigned long conflicts)
{
	cr_expect(look_conflicts >= conflicts, "%lu", look_conflicts);
	look_expect_mostly_hits();
}

Test(memo_attack, callers_at_equal_depth)
{
	static void (*const ways[])(void) = { one, other };

	take_turns(ways);
	expect_told_apart(ROUNDS - 1);
}

/*
 * In all there is as much room, so that the frames further in lie where they did. The others are
 * found by rbp, which no function further in saves.
 */
enum { ROOM = 256 };

static __attribute__((noinline)) void inner_room(size_t bytes, void (*next)(void))
{
	__asm__ volatile("" : : "r"(alloca(bytes + 16)) : "memory");
	next();
	sink++;
}

static __attribute__((noinline)) void outer_room(size_t bytes, void (*next)(void))
{
	__asm__ volatile("" : : "r"(alloca(bytes + 16)) : "memory");
	inner_room(ROOM - bytes, next);
	sink++;
}

static __attribute__((noinline)) void other_outer_room(size_t bytes, void (*next)(void))
{
	__asm__ volatile("" : : "r"(alloca(bytes + 16)) : "memory");
	inner_room(ROOM - bytes, next);
	sink--;
}

static void room_first(void)
{
	outer_room(ROOM, one);
}

static void room_last(void)
{
	other_outer_room(0, one);
}

Test(memo_attack, room_by_alloca)
{
	static void (*const ways[])(void) = { room_first, room_last };

	take_turns(ways);
	expect_told_apart(ROUNDS - 1);
}

/* What is in rbp here is another each time, and decides nothing; where it was saved it does. */
static __attribute__((noinline)) void without_frame_pointer(void)
{
	__asm__ volatile("lea 8(%%rsp, %0, 8), %%rbp" : : "r"((long)sink) : "rbp");
	one();
	sink++;
}

static void register_first(void)
{
	outer_room(ROOM, without_frame_pointer);
}

static void register_last(void)
{
	other_outer_room(0, without_frame_pointer);
}

Test(memo_attack, frames_without_frame_pointer)
{
	static void (*const ways[])(void) = { register_first, register_last };

	take_turns(ways);
	expect_told_apart(ROUNDS - 1);
}

static __attribute__((noinline)) void called_last(void)
{
	chain(LINKS);
	sink--;
}

/* Its frame is gone when the one that it calls last begins, which lies where it was. */
static __attribute__((noinline)) void calls_last(int itself)
{
	if (!itself)
		return called_last();
	chain(LINKS);
	sink++;
}

static void does_it_itself(void)
{
	calls_last(1);
	sink++;
}

static void leaves_it_to_another(void)
{
	calls_last(0);
	sink++;
}

Test(memo_attack, tail_calls)
{
	static void (*const ways[])(void) = { does_it_itself, leaves_it_to_another };

	take_turns(ways);
	expect_told_apart(ROUNDS - 1);
}

static jmp_buf outside;

static void jump(void)
{
	longjmp(outside, 1);
}

static __attribute__((noinline)) void jump_out_of(void (*way)(void))
{
	leave = jump;
	if (!setjmp(outside))
		way();
	leave = NULL;
}

static void jump_out_of_one(void)
{
	jump_out_of(one);
	sink++;
}

static void jump_out_of_other(void)
{
	jump_out_of(other);
	sink++;
}

/* Out, and in again where the frames that were left still lie. */
Test(memo_attack, longjmp)
{
	static void (*const ways[])(void) = { jump_out_of_one, jump_out_of_other };

	take_turns(ways);
	expect_told_apart(ROUNDS - 1);
}

/* A coroutine on a stack that is part of its thread's, which looks, pauses, and looks again. */
enum { COROUTINE_BYTES = 1 << 16 };

static ucontext_t coroutine, its_caller;
static void *coroutine_stack;

static void pause_coroutine(void)
{
	swapcontext(&coroutine, &its_caller);
}

static __attribute__((noinline)) void resume(void)
{
	swapcontext(&its_caller, &coroutine);
	sink++;
}

static void run_coroutine(void (*way)(void))
{
	getcontext(&coroutine);
	coroutine.uc_stack.ss_sp = coroutine_stack;
	coroutine.uc_stack.ss_size = COROUTINE_BYTES;
	coroutine.uc_link = &its_caller;
	makecontext(&coroutine, way, 0);
	leave = pause_coroutine;
	resume();
	leave = NULL;
	/* On the thread's own stack, while the other is in the middle of something. */
	one();
	other();
	resume();
}

static __attribute__((noinline)) void twice(void (*way)(void))
{
	way();
	leave = NULL;
	way();
}

/* So far in that the beginning of the coroutine, which has no rule, is further out than asked. */
static __attribute__((noinline)) void descend(int levels, void (*way)(void))
{
	if (levels)
		descend(levels - 1, way);
	else
		twice(way);
	sink++;
}

static void one_twice(void)
{
	descend(4 * LOOK_DEPTH, one);
}

static void other_twice(void)
{
	descend(4 * LOOK_DEPTH, other);
}

Test(memo_attack, coroutines)
{
	char room[COROUTINE_BYTES] __attribute__((aligned(16)));

	coroutine_stack = room;
	look_begin();
	for (volatile int i = 0; i < ROUNDS; i++)
		run_coroutine(i & 1 ? one_twice : other_twice);
	expect_told_apart(ROUNDS);
}

/* The same code twice: of the first it is written down how to unwind it. */
void described(void (*function)(void));

__asm__(".pushsection .text\n"
	".type described, @function\n"
	"described:\n"
	".cfi_startproc\n"
	"sub $8, %rsp\n"
	".cfi_adjust_cfa_offset 8\n"
	"call *%rdi\n"
	"add $8, %rsp\n"
	".cfi_adjust_cfa_offset -8\n"
	"ret\n"
	".cfi_endproc\n"
	".size described, . - described\n"
	".popsection\n");

static const unsigned char generated_code[] = { 0x48, 0x83, 0xec, 0x08, 0xff, 0xd7, 0x48, 0x83,
	0xc4, 0x08, 0xc3 };

static void (*generated)(void (*function)(void));

static __attribute__((noinline)) void through(void (*code)(void (*)(void)))
{
	code(one);
	sink++;
}

static void through_described(void)
{
	through(described);
	sink++;
}

static void through_generated(void)
{
	through(generated);
	sink++;
}

Test(memo_attack, generated_code)
{
	static void (*const ways[])(void) = { through_described, through_generated };
	void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	cr_assert_neq(code, MAP_FAILED);
	memcpy(code, generated_code, sizeof(generated_code));
	*(void **)&generated = code;
	take_turns(ways);
	cr_expect(look_conflicts >= ROUNDS - 1, "%lu", look_conflicts);
	cr_expect_eq(look_wrong, 0, "%lu", look_wrong);
	/* Through the generated code it is never known, and through the other after the first. */
	cr_expect_eq(look_unknown, ROUNDS / 2, "%lu", look_unknown);
	cr_expect_eq(look_hits, ROUNDS / 2 - 1, "%lu", look_hits);
}

#ifdef HW_HAVE_CXX
/* Written in C++. */
void throw_an_exception(void);
void catch_exceptions_of(void (*function)(void));

static __attribute__((noinline)) void throw_out_of(void (*way)(void))
{
	leave = throw_an_exception;
	catch_exceptions_of(way);
	leave = NULL;
}

static void throw_out_of_one(void)
{
	throw_out_of(one);
	sink++;
}

static void throw_out_of_other(void)
{
	throw_out_of(other);
	sink++;
}

Test(memo_attack, exceptions)
{
	static void (*const ways[])(void) = { throw_out_of_one, throw_out_of_other };

	take_turns(ways);
	expect_told_apart(ROUNDS - 1);
}
#endif
