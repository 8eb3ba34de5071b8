/* SPDX-License-Identifier: MIT */
#include "tests/conformance/case.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>

const struct timespec hw_case_past = { .tv_sec = 0, .tv_nsec = 1 };
const struct timespec hw_case_invalid = { .tv_sec = 0, .tv_nsec = 1000000000 };

static const char *name_of(int error)
{
	const char *name = strerrorname_np(error);

	return name ? name : "unknown error";
}

/*
 * Each line by itself, so that what a killed or forked process printed is there, and once. To
 * write is a point where cancellation acts; but it is the case that is to be cancelled.
 */
static void show(const char *function, const char *situation, const char *result, int errno_then)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	printf("%s | %s | %s | errno %s\n", function, situation, result,
		errno_then == HW_CASE_ERRNO ? "untouched" : name_of(errno_then));
	fflush(stdout);
	pthread_setcancelstate(state, NULL);
}

int hw_case_error(const char *function, const char *situation, int error)
{
	int errno_then = errno;

	show(function, situation, error ? name_of(error) : "0", errno_then);
	return error;
}

int hw_case_number(const char *function, const char *situation, long result)
{
	int errno_then = errno;
	char text[32];

	snprintf(text, sizeof(text), "%ld", result);
	show(function, situation, text, errno_then);
	return (int)result;
}

int hw_case_threads(const char *function, const char *situation, int result)
{
	static const char *const names[] = { [thrd_success] = "0", [thrd_busy] = "thrd_busy",
		[thrd_error] = "thrd_error", [thrd_nomem] = "thrd_nomem",
		[thrd_timedout] = "thrd_timedout" };
	int errno_then = errno;

	show(function, situation,
		result >= 0 && result < (int)(sizeof(names) / sizeof(names[0])) ? names[result] :
										  "unknown result",
		errno_then);
	return result;
}

void *hw_case_pointer(const char *function, const char *situation, void *result)
{
	int errno_then = errno;

	show(function, situation,
		!result ? "NULL" : result == MAP_FAILED ? "-1" : "an address", errno_then);
	return result;
}

void hw_case_text(const char *function, const char *situation, const char *result)
{
	int errno_then = errno;

	show(function, situation, result, errno_then);
}

const char *hw_case_join(const char *kind, const char *situation)
{
	char *both;

	if (asprintf(&both, "%s, %s", kind, situation) < 0)
		abort();
	return both;
}

void hw_case_in_thread(void *(*routine)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, routine, argument) || pthread_join(thread, NULL))
		abort();
}

/* The kernel tells the system call that a thread sleeps in, and of others that they run. */
static bool is_blocked(pid_t tid)
{
	char path[64];
	int number = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/syscall", (int)tid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fscanf(file, "%d", &number) != 1)
		number = -1;
	fclose(file);
	return number == SYS_futex || number == SYS_wait4 || number == SYS_waitid;
}

void hw_case_until_blocked(const _Atomic pid_t *tid)
{
	while (!*tid || !is_blocked(*tid))
		sched_yield();
}

static void do_nothing(int number)
{
}

/* One signal could come before the call that it is to interrupt: so there are more. */
void hw_case_alarm(bool on)
{
	struct sigaction action = { .sa_handler = do_nothing };
	struct itimerval timer = { .it_interval.tv_usec = on ? 2000 : 0,
		.it_value.tv_usec = on ? 2000 : 0 };

	if (on)
		sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

void *hw_case_shared(size_t size_bytes)
{
	void *memory = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		abort();
	return memory;
}
