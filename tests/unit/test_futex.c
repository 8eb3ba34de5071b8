/* SPDX-License-Identifier: MIT */
#include "trace/futex.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

Test(futex, knows_the_operations_that_wait)
{
	static const struct {
		const char *line;
		enum hw_futex_state state;
	} cases[] = {
		{ "running\n", HW_FUTEX_NONE },
		{ "", HW_FUTEX_NONE },
		{ "-1 0x7ffc0 0x7f10\n", HW_FUTEX_NONE },
		{ "230 0x0 0x0 0x7ff 0x7ff 0x0 0x0 0x7ff 0x7fd\n", HW_FUTEX_NONE },
		/* FUTEX_WAKE, private */
		{ "202 0x1000 0x81 0x1 0x0 0x0 0x0 0x2000 0x3000\n", HW_FUTEX_NONE },
		/* FUTEX_WAIT, WAIT_BITSET with the real-time clock, LOCK_PI, LOCK_PI2 */
		{ "202 0x1000 0x80 0x1 0x0 0x0 0x0 0x2000 0x3000\n", HW_FUTEX_BLOCKED },
		{ "202 0x1000 0x189 0x1 0x0 0x0 0x0 0x2000 0x3000\n", HW_FUTEX_BLOCKED },
		{ "202 0x1000 0x86 0x1 0x0 0x0 0x0 0x2000 0x3000\n", HW_FUTEX_BLOCKED },
		{ "202 0x1000 0x8d 0x1 0x0 0x0 0x0 0x2000 0x3000\n", HW_FUTEX_BLOCKED },
		/* futex_waitv */
		{ "449 0x1000 0x1 0x0 0x0 0x1 0x0 0x2000 0x3000\n", HW_FUTEX_BLOCKED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct hw_futex_place place = { 0 };

		cr_expect_eq(hw_futex_parse(cases[i].line, &place), cases[i].state, "%s",
			cases[i].line);
		if (cases[i].state != HW_FUTEX_BLOCKED)
			continue;
		cr_expect_eq(place.word, 0x1000);
		cr_expect_eq(place.stack, 0x2000);
		cr_expect_eq(place.instruction, 0x3000);
	}
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Atomic pid_t waiter;

static void *wait_for_mutex(void *unused)
{
	waiter = (pid_t)syscall(SYS_gettid);
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
	return unused;
}

Test(futex, finds_a_thread_that_is_blocked, .timeout = 60)
{
	struct hw_futex_place place = { 0 };
	pthread_t thread;

	pthread_mutex_lock(&mutex);
	pthread_create(&thread, NULL, wait_for_mutex, NULL);
	while (!waiter || hw_futex_look(getpid(), waiter, &place) != HW_FUTEX_BLOCKED)
		sched_yield();
	/* Where only wchan may be read, it is not told which futex it is. */
	if (place.word)
		cr_expect_eq(place.word, (uintptr_t)&mutex);
	cr_expect_eq(hw_futex_look(getpid(), getpid(), &place), HW_FUTEX_NONE);
	cr_expect_not(hw_futex_ends(getpid(), waiter));
	pthread_mutex_unlock(&mutex);
	pthread_join(thread, NULL);
	cr_expect_eq(hw_futex_look(getpid(), waiter, &place), HW_FUTEX_NONE);
	/* The kernel may have a last look at it, after it was joined. */
	while (!hw_futex_ends(getpid(), waiter))
		sched_yield();
}

Test(futex, knows_who_has_ended, .timeout = 60)
{
	siginfo_t info;
	pid_t child = fork();

	if (!child)
		_exit(0);
	/* It is left there, as a zombie. */
	cr_assert_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	cr_expect(hw_futex_ends(child, child));
	cr_assert_eq(waitpid(child, NULL, 0), child);
	cr_expect(hw_futex_ends(child, child));
	cr_expect_not(hw_futex_ends(getpid(), getpid()));
}
