/* SPDX-License-Identifier: MIT */
#include "tests/unit/path.h"

#include <alloca.h>
#include <criterion/criterion.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>

static volatile int sink;

static __attribute__((noinline)) void plain(const unsigned char *path)
{
	path_go(path);
	sink++;
}

static __attribute__((noinline)) void other(const unsigned char *path)
{
	path_go(path);
	sink--;
}

static __attribute__((noinline)) void with_alloca(const unsigned char *path)
{
	volatile char *room = alloca(16u * (path[0] % 4u) + 16);

	room[0] = 1;
	path_go(path);
	room[1] = 2;
}

/* rbp as a register like others, with what changes from call to call. */
static __attribute__((noinline)) void with_rbp(const unsigned char *path)
{
	__asm__ volatile("lea 1(%%rsp, %0, 8), %%rbp" : : "r"((long)sink) : "rbp");
	path_go(path);
	sink += 2;
}

/* Found by an expression. */
static __attribute__((noinline)) void aligned(const unsigned char *path)
{
	volatile long room[16] __attribute__((aligned(64)));

	room[0] = 1;
	path_go(path);
	sink += (int)room[0];
}

static __attribute__((noinline)) void tail(const unsigned char *path)
{
	return *path ? path_steps[*path](path + 1) : plain(path);
}

static const unsigned char *sorted_path;

static int compare(const void *a, const void *b)
{
	if (sorted_path) {
		const unsigned char *path = sorted_path;

		sorted_path = NULL;
		path_go(path);
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
		path_go(path);
		longjmp(back, 1);
	}
	sink += path[0];
}

static __attribute__((noinline)) void one_with_room(size_t room_bytes,
	void (*innermost)(size_t room_bytes))
{
	__asm__ volatile("" : : "r"(alloca(room_bytes + 16)) : "memory");
	innermost(256 - room_bytes);
	sink++;
}

static __attribute__((noinline)) void other_with_room(size_t room_bytes,
	void (*innermost)(size_t room_bytes))
{
	__asm__ volatile("" : : "r"(alloca(room_bytes + 16)) : "memory");
	innermost(256 - room_bytes);
	sink--;
}

void path_move_frames(void (*innermost)(size_t room_bytes))
{
	for (volatile int i = 0; i < 1000; i++)
		(i & 1 ? other_with_room : one_with_room)(i & 2 ? 256 : 0, innermost);
}

static const unsigned char *raised_path;

static void handle(int number)
{
	const unsigned char *path = raised_path;

	(void)number;
	path_go(path);
	sink++;
}

static __attribute__((noinline)) void raising(const unsigned char *path)
{
	raised_path = path;
	raise(SIGUSR1);
	sink++;
}

path_step *const path_steps[] = { [PATH_PLAIN] = plain, [PATH_OTHER] = other,
	[PATH_ALLOCA] = with_alloca, [PATH_RBP] = with_rbp, [PATH_ALIGNED] = aligned,
	[PATH_TAIL] = tail, [PATH_SORTING] = sorting, [PATH_JUMPING] = jumping,
	[PATH_RAISING] = raising };

static void learn_trampoline(int number)
{
	(void)number;
	look_trampoline = __builtin_return_address(0);
}

void path_take_signals(void)
{
	struct sigaction action = { .sa_handler = learn_trampoline, .sa_flags = SA_NODEFER };

	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	cr_assert_not_null(look_trampoline);
	raised_path = (const unsigned char *)"";
	action.sa_handler = handle;
	sigaction(SIGUSR1, &action, NULL);
}
