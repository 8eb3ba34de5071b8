/* SPDX-License-Identifier: MIT */
#include <alloca.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "interpose/backtrace.h"
#include "tests/unit/look.h"
#include "tests/unit/path.h"

/* A hit is never wrong, whatever a program does with its stack. */

static volatile int sink;

static void fill_path(unsigned char *path, unsigned *seed, int length)
{
	for (int i = 0; i < length; i++)
		path[i] = (unsigned char)(1 + rand_r(seed) % PATH_CALLS);
	path[length] = 0;
}

Test(memo, a_hit_is_never_wrong)
{
	unsigned seed = 7;
	unsigned char paths[40][12];

	look_begin();
	for (int i = 0; i < 40; i++)
		fill_path(paths[i], &seed, 1 + i % 10);
	for (int i = 0; i < 60000; i++)
		path_go(paths[rand_r(&seed) % 40]);
	look_expect_mostly_hits();
}

/* Every path is new: the place of the call is often the same, but how it came there is not. */
Test(memo, equal_depth_is_not_the_same_stack)
{
	unsigned seed = 8;
	unsigned char path[12] = { 0 };

	look_begin();
	for (int i = 0; i < 30000; i++) {
		for (int at = 0; at < 8; at++)
			path[at] = (unsigned char)(PATH_PLAIN + (rand_r(&seed) & 1));
		path_go(path);
	}
	cr_expect_eq(look_wrong, 0, "%lu of %lu", look_wrong, look_hits + look_misses);
	cr_expect(look_hits && look_misses > 500, "%lu hits, %lu misses", look_hits, look_misses);
}

static __attribute__((noinline)) void innermost(size_t room_bytes)
{
	__asm__ volatile("" : : "r"(alloca(room_bytes + 16)) : "memory");
	look();
	sink++;
}

Test(memo, frames_move_by_alloca)
{
	look_begin();
	path_move_frames(innermost);
	look_expect_mostly_hits();
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
	look_begin();
	for (int i = 0; i < 100; i++)
		look_from_everywhere();
	cr_expect_eq(look_wrong, 0, "%lu of %lu", look_wrong, look_hits + look_misses);
	cr_expect(look_hits > 1000, "%lu hits, %lu misses", look_hits, look_misses);
}

static unsigned char handler_path[40];

static void handle(int number)
{
	(void)number;
	path_go(handler_path);
}

/* A handler with a stack that fills the depth puts entries in, in the middle of comparing. */
Test(memo, a_handler_may_replace_the_entry)
{
	struct sigaction action = { .sa_handler = handle };
	struct itimerval often = { { 0, 50 }, { 0, 50 } }, never = { { 0, 0 }, { 0, 0 } };
	unsigned char path[] = { PATH_PLAIN, PATH_OTHER, PATH_PLAIN, 0 };
	unsigned seed = 9;

	look_begin();
	memset(handler_path, PATH_PLAIN, LOOK_DEPTH + 2);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 200000; i++) {
		path[0] = (unsigned char)(PATH_PLAIN + (rand_r(&seed) & 1));
		handler_path[rand_r(&seed) % LOOK_DEPTH] = (unsigned char)(PATH_PLAIN + (i & 1));
		path_go(path);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	cr_expect_eq(look_wrong, 0, "%lu of %lu", look_wrong, look_hits + look_misses);
	cr_expect(look_hits > 100000, "%lu hits", look_hits);
}

/* sub $8, %rsp; call *%rdi; add $8, %rsp; ret: and nobody wrote down how to unwind it. */
static const unsigned char generated[] = { 0x48, 0x83, 0xec, 0x08, 0xff, 0xd7, 0x48, 0x83, 0xc4,
	0x08, 0xc3 };

static void look_without_truth(void)
{
	struct hw_backtrace seen;

	look_unknown += !hw_backtrace_take(HW_CALL, LOOK_DEPTH, look_top, NULL, &seen);
}

Test(memo, generated_code_is_not_known)
{
	unsigned char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	look_begin();
	memcpy(code, generated, sizeof(generated));
	((void (*)(void (*)(void)))(void *)code)(look_without_truth);
	cr_expect_eq(look_unknown, 1);
}
