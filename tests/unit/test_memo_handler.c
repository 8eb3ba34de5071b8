/* SPDX-License-Identifier: MIT */
#include <alloca.h>
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/unit/look.h"
#include "tests/unit/path.h"

/* Stacks through signal handlers: read by the words that the kernel left, and remembered. */

enum { PATHS = 40, LENGTH_MAX = 9 };

static volatile int sink;

static void begin(void)
{
	look_begin();
	path_take_signals();
}

/* Handlers in handlers, with all sorts of frames between. */
Test(memo_handler, what_they_interrupted_is_known)
{
	unsigned char paths[PATHS][LENGTH_MAX + 1] = { 0 };
	unsigned seed = 11;

	begin();
	for (int i = 0; i < PATHS; i++) {
		for (int at = 0; at < 1 + i % LENGTH_MAX; at++)
			paths[i][at] = (unsigned char)(1 + rand_r(&seed) % PATH_STEPS);
		paths[i][i / LENGTH_MAX % (1 + i % LENGTH_MAX)] = PATH_RAISING;
	}
	for (int i = 0; i < 20000; i++)
		path_go(paths[rand_r(&seed) % PATHS]);
	cr_expect_eq(look_wrong, 0, "%lu of %lu", look_wrong, look_hits + look_misses);
	cr_expect_eq(look_unknown, 0, "%lu", look_unknown);
	/* Where the kernel left out what nobody asked for there is what was there before. */
	cr_expect(look_hits > 2 * look_misses, "%lu hits, %lu misses", look_hits, look_misses);
}

static __attribute__((noinline)) void interrupted_here(size_t room_bytes)
{
	long result = SYS_kill;

	__asm__ volatile("" : : "r"(alloca(room_bytes + 16)) : "memory");
	__asm__ volatile("syscall"
			 : "+a"(result)
			 : "D"((long)getpid()), "S"((long)SIGUSR1)
			 : "rcx", "r11", "memory");
	sink++;
}

Test(memo_handler, frames_move_by_alloca)
{
	begin();
	path_move_frames(interrupted_here);
	look_expect_mostly_hits();
}

/* Not where handlers return to: then nothing is said of what is further out. */
Test(memo_handler, nothing_is_known_without_the_trampoline)
{
	static const unsigned char path[] = { PATH_RAISING, 0 };

	begin();
	look_trampoline = NULL;
	for (int i = 0; i < 100; i++)
		path_go(path);
	cr_expect_eq(look_hits, 0);
	cr_expect_eq(look_unknown, 100);
}

static void look_where_it_is(int number)
{
	(void)number;
	look();
	sink++;
}

/* Between any two instructions, also of the beginning and the end of functions. */
Test(memo_handler, any_place_may_be_interrupted)
{
	struct sigaction action = { .sa_handler = look_where_it_is };
	struct itimerval often = { { 0, 50 }, { 0, 50 } }, never = { { 0, 0 }, { 0, 0 } };
	unsigned char path[LENGTH_MAX + 1] = { 0 };
	unsigned seed = 12;

	begin();
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < 100000; i++) {
		for (int at = 0; at < LENGTH_MAX; at++)
			path[at] = (unsigned char)(1 + rand_r(&seed) % PATH_CALLS);
		path_go(path);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	cr_expect_eq(look_wrong, 0, "%lu of %lu", look_wrong, look_hits + look_misses);
	cr_expect_lt(look_unknown, look_misses / 2, "%lu of %lu", look_unknown, look_misses);
}
