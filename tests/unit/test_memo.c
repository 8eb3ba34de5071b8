/* SPDX-License-Identifier: MIT */
#include "interpose/memo.h"

#include <alloca.h>
#include <criterion/criterion.h>
#include <execinfo.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "interpose/cfi.h"
#include "interpose/backtrace.h"

/*
 * A hit is never wrong, whatever a program does with its stack. The truth is what glibc's own
 * backtrace() says, which unwinds with libgcc.
 */

enum { DEPTH = 16, STACKS_MAX = 200000 };

struct stack {
	int count;
	void *frames[DEPTH];
};

static struct hw_memo *memo;
static uintptr_t stack_top;
static struct stack *stacks; /* by number */
static volatile uint32_t stack_count;
static volatile unsigned long hit_count, miss_count, unknown_count, wrong_count;

extern char *__libc_stack_end;

static void prepare(void)
{
	void *first[1];

	hw_cfi_init();
	backtrace(first, 1); /* loads libgcc */
	stack_top = (uintptr_t)__libc_stack_end;
	memo = aligned_alloc(64, (hw_memo_bytes(DEPTH) + 63) & ~63ul);
	memset(memo, 0, hw_memo_bytes(DEPTH));
	hw_memo_prepare(memo, DEPTH);
	stacks = calloc(STACKS_MAX, sizeof(*stacks));
}

static void take_truth(struct stack *ret_truth, const struct hw_call *call)
{
	void *all[DEPTH + 8];
	int count = backtrace(all, DEPTH + 8), skipped = 0;

	while (skipped < count && all[skipped] != call->from)
		skipped++;
	ret_truth->count = count - skipped < DEPTH ? count - skipped : DEPTH;
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

	if (!hw_backtrace_take(call, DEPTH, stack_top, &seen)) {
		unknown_count++;
		return;
	}
	found.count = (int)seen.count;
	memcpy(found.frames, seen.frames, seen.count * sizeof(found.frames[0]));
	wrong_count += !is_same(&found, truth);
	if (stack_count == STACKS_MAX)
		return;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	stack.number = stack_count;
	stacks[stack_count++] = found;
	hw_memo_add(memo, call, stack_top, &seen, &stack);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static bool find(const struct hw_call *call, struct hw_memo_stack *ret_stack)
{
	const struct hw_memo_entry *entry;

	if (hw_memo_find_recent(memo, call, 0, ret_stack))
		return true;
	entry = hw_memo_find(memo, call, stack_top, ret_stack);
	if (entry)
		hw_memo_note_recent(memo, call, entry);
	return entry;
}

/* What a hook does. */
static __attribute__((noinline)) void look(void)
{
	const struct hw_call *call = HW_CALL;
	struct hw_memo_stack stack;
	struct stack truth;
	bool hit = find(call, &stack);

	take_truth(&truth, call);
	if (hit) {
		hit_count++;
		wrong_count += !is_same(&stacks[stack.number], &truth);
	} else {
		miss_count++;
		learn(call, &truth);
	}
}

static void expect_mostly_hits(void)
{
	cr_expect_eq(wrong_count, 0, "%lu of %lu", wrong_count, hit_count + miss_count);
	cr_expect(hit_count > 9 * miss_count, "%lu hits, %lu misses", hit_count, miss_count);
	cr_expect_eq(unknown_count, 0, "%lu", unknown_count);
}

/* Each takes a step of a path: what comes next is in the path. 0 ends it. */
typedef void step(const unsigned char *path);
static step plain, other, with_alloca, with_rbp, aligned, tail, sorting, jumping;
static step *const steps[] = { plain, other, with_alloca, with_rbp, aligned, tail, sorting,
	jumping };

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static volatile int sink;

static inline __attribute__((always_inline)) void go_on(const unsigned char *path)
{
	if (*path)
		steps[*path % STEPS](path + 1);
	else
		look();
}

/* Two of the same size, so that their callees' frames lie at the same address. */
static __attribute__((noinline)) void plain(const unsigned char *path)
{
	go_on(path);
	sink++;
}

static __attribute__((noinline)) void other(const unsigned char *path)
{
	go_on(path);
	sink--;
}

static __attribute__((noinline)) void with_alloca(const unsigned char *path)
{
	volatile char *room = alloca(16u * (path[0] % 4u) + 16);

	room[0] = 1;
	go_on(path);
	room[1] = 2;
}

/* rbp as a register like others, with what changes from call to call. */
static __attribute__((noinline)) void with_rbp(const unsigned char *path)
{
	__asm__ volatile("lea 1(%%rsp, %0, 8), %%rbp" : : "r"((long)sink) : "rbp");
	go_on(path);
	sink += 2;
}

/* Found by an expression. */
static __attribute__((noinline)) void aligned(const unsigned char *path)
{
	volatile long room[16] __attribute__((aligned(64)));

	room[0] = 1;
	go_on(path);
	sink += (int)room[0];
}

static __attribute__((noinline)) void tail(const unsigned char *path)
{
	return *path ? steps[*path % STEPS](path + 1) : plain(path);
}

static const unsigned char *sorted_path;

static int compare(const void *a, const void *b)
{
	if (sorted_path) {
		const unsigned char *path = sorted_path;

		sorted_path = NULL;
		go_on(path);
	}
	return *(const int *)a - *(const int *)b;
}

/* Through code of libc. */
static __attribute__((noinline)) void sorting(const unsigned char *path)
{
	int numbers[] = { 2, 1 };

	sorted_path = path;
	qsort(numbers, 2, sizeof(numbers[0]), compare);
	sink += numbers[0];
}

static __attribute__((noinline)) void jumping(const unsigned char *path)
{
	jmp_buf back;

	if (!setjmp(back)) {
		go_on(path);
		longjmp(back, 1);
	}
	sink += path[0];
}

static void fill_path(unsigned char *path, unsigned *seed, int length)
{
	for (int i = 0; i < length; i++)
		path[i] = (unsigned char)(1 + rand_r(seed) % STEPS);
	path[length] = 0;
}

Test(memo, a_hit_is_never_wrong)
{
	unsigned seed = 7;
	unsigned char paths[40][12];

	prepare();
	for (int i = 0; i < 40; i++)
		fill_path(paths[i], &seed, 1 + i % 10);
	for (int i = 0; i < 60000; i++)
		go_on(paths[rand_r(&seed) % 40]);
	expect_mostly_hits();
}

/* Every path is new: the place of the call is often the same, but how it came there is not. */
Test(memo, equal_depth_is_not_the_same_stack)
{
	unsigned seed = 8;
	unsigned char path[12] = { 0 };

	prepare();
	for (int i = 0; i < 30000; i++) {
		for (int at = 0; at < 8; at++)
			path[at] = (unsigned char)(STEPS + (rand_r(&seed) & 1));
		go_on(path);
	}
	cr_expect_eq(wrong_count, 0, "%lu of %lu", wrong_count, hit_count + miss_count);
	cr_expect(hit_count && miss_count > 500, "%lu hits, %lu misses", hit_count, miss_count);
}

/* What is in the room is left as it was: return addresses of frames that were there before. */
static __attribute__((noinline)) void innermost(size_t room_bytes)
{
	__asm__ volatile("" : : "r"(alloca(room_bytes + 16)) : "memory");
	look();
	sink++;
}

static __attribute__((noinline)) void one_with_room(size_t room_bytes)
{
	__asm__ volatile("" : : "r"(alloca(room_bytes + 16)) : "memory");
	innermost(256 - room_bytes);
	sink++;
}

static __attribute__((noinline)) void other_with_room(size_t room_bytes)
{
	__asm__ volatile("" : : "r"(alloca(room_bytes + 16)) : "memory");
	innermost(256 - room_bytes);
	sink--;
}

/* The stack pointer is the same, and so is every word that was read, but rbp is not. */
Test(memo, frames_move_by_alloca)
{
	static void (*const with_room[])(size_t) = { one_with_room, other_with_room };

	prepare();
	for (volatile int i = 0; i < 1000; i++)
		with_room[i & 1](i & 2 ? 256 : 0);
	expect_mostly_hits();
}

#define LOOK_4 look(), look(), look(), look()
#define LOOK_16 LOOK_4, LOOK_4, LOOK_4, LOOK_4
#define LOOK_64 LOOK_16, LOOK_16, LOOK_16, LOOK_16

/* More of them than sets, so that the address of the call is the same in several ways. */
static __attribute__((noinline)) void look_from_everywhere(void)
{
	LOOK_64, LOOK_64, LOOK_64;
	sink++;
}

Test(memo, calls_from_one_function_are_told_apart)
{
	prepare();
	for (int i = 0; i < 100; i++)
		look_from_everywhere();
	cr_expect_eq(wrong_count, 0, "%lu of %lu", wrong_count, hit_count + miss_count);
	cr_expect(hit_count > 1000, "%lu hits, %lu misses", hit_count, miss_count);
}

static unsigned char handler_path[40];

static void handle(int number)
{
	(void)number;
	go_on(handler_path);
}

/* A handler with a stack that fills the depth puts entries in, in the middle of comparing. */
Test(memo, a_handler_may_replace_the_entry)
{
	struct sigaction action = { .sa_handler = handle };
	struct itimerval often = { { 0, 50 }, { 0, 50 } }, never = { { 0, 0 }, { 0, 0 } };
	unsigned char path[] = { STEPS, STEPS + 1, STEPS, 0 };
	unsigned seed = 9;

	prepare();
	memset(handler_path, STEPS, DEPTH + 2);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 200000; i++) {
		path[0] = (unsigned char)(STEPS + (rand_r(&seed) & 1));
		handler_path[rand_r(&seed) % DEPTH] = (unsigned char)(STEPS + (i & 1));
		go_on(path);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	cr_expect_eq(wrong_count, 0, "%lu of %lu", wrong_count, hit_count + miss_count);
	cr_expect(hit_count > 100000, "%lu hits", hit_count);
}

/* sub $8, %rsp; call *%rdi; add $8, %rsp; ret: and nobody wrote down how to unwind it. */
static const unsigned char generated[] = { 0x48, 0x83, 0xec, 0x08, 0xff, 0xd7, 0x48, 0x83, 0xc4,
	0x08, 0xc3 };

static void look_without_truth(void)
{
	struct hw_backtrace seen;

	unknown_count += !hw_backtrace_take(HW_CALL, DEPTH, stack_top, &seen);
}

Test(memo, generated_code_is_not_known)
{
	unsigned char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	prepare();
	memcpy(code, generated, sizeof(generated));
	((void (*)(void (*)(void)))(void *)code)(look_without_truth);
	cr_expect_eq(unknown_count, 1);
}
