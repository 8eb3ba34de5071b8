/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/conformance/case.h"

/* Threads that are joined in every way: while they run, after they ended, by themselves. */

static const struct timespec far_away = { .tv_sec = 1L << 40 };
static pthread_barrier_t go;

static void *answer(void *value)
{
	return value;
}

/* Goes on only when it is let. */
static void *stay(void *value)
{
	pthread_barrier_wait(&go);
	return value;
}

static void show_result(const char *function, const char *situation, const void *result)
{
	hw_case_number(function, situation, (intptr_t)result);
}

static void while_it_runs(void)
{
	pthread_t thread;
	void *result;

	pthread_create(&thread, NULL, stay, (void *)7);
	SHOW_ERROR("runs", pthread_tryjoin_np, thread, &result);
	SHOW_ERROR("runs", pthread_timedjoin_np, thread, &result, &hw_case_past);
	SHOW_ERROR("runs", pthread_clockjoin_np, thread, &result, CLOCK_MONOTONIC, &hw_case_past);
	SHOW_ERROR("runs", pthread_clockjoin_np, thread, &result, CLOCK_REALTIME, &hw_case_past);
	SHOW_ERROR("runs, no clock", pthread_clockjoin_np, thread, &result,
		CLOCK_THREAD_CPUTIME_ID, &hw_case_past);
	pthread_barrier_wait(&go);
	SHOW_ERROR("may end", pthread_join, thread, &result);
	show_result("pthread_join", "what it returned", result);
}

/* Until tryjoin sees that the kernel has done with the thread. */
static void join_when_gone(pthread_t thread)
{
	void *result;

	do {
		errno = HW_CASE_ERRNO;
		sched_yield();
	} while (pthread_tryjoin_np(thread, &result) == EBUSY);
	hw_case_error("pthread_tryjoin_np", "ended", 0);
	show_result("pthread_tryjoin_np", "what it returned", result);
}

static void when_it_ends(void)
{
	pthread_t thread;
	void *result;

	pthread_create(&thread, NULL, answer, (void *)8);
	SHOW_ERROR("ends", pthread_timedjoin_np, thread, &result, &far_away);
	show_result("pthread_timedjoin_np", "what it returned", result);
	/* It does not know this join, and takes the next thread at that address for the same. */
	if (!HW_CASE_TSAN) {
		pthread_create(&thread, NULL, answer, (void *)9);
		SHOW_ERROR("ends", pthread_clockjoin_np, thread, &result, CLOCK_MONOTONIC,
			&far_away);
		show_result("pthread_clockjoin_np", "what it returned", result);
	}
	pthread_create(&thread, NULL, answer, (void *)10);
	join_when_gone(thread);
}

static void *tell_and_end(void *published)
{
	*(_Atomic pid_t *)published = gettid();
	return NULL;
}

/* A thread of which the kernel knows nothing any more. */
static pthread_t thread_gone(void)
{
	_Atomic pid_t tid = 0;
	pthread_t thread;
	char path[64];

	pthread_create(&thread, NULL, tell_and_end, (void *)&tid);
	while (!tid)
		sched_yield();
	snprintf(path, sizeof(path), "/proc/self/task/%d", (int)tid);
	while (!access(path, F_OK))
		sched_yield();
	return thread;
}

/*
 * A time that makes no sense is not looked at when there is nothing to wait for. While the
 * thread runs, glibc asks the kernel with it again and again until the thread has ended, whatever
 * the kernel says, or returns, as its version wants it: that is no case.
 */
static void in_no_time(void)
{
	pthread_t thread = thread_gone();

	SHOW_ERROR("gone, no time at all", pthread_timedjoin_np, thread, NULL, &hw_case_invalid);
	if (HW_CASE_TSAN) /* as above */
		return;
	thread = thread_gone();
	SHOW_ERROR("gone, no time at all", pthread_clockjoin_np, thread, NULL, CLOCK_MONOTONIC,
		&hw_case_invalid);
}

/*
 * Two threads that join one another are not told: glibc's test for that compares with what its
 * joins do not set (nptl/pthread_join_common.c), so both hang.
 */
static void by_itself(void)
{
	/* It takes the thread for one that was joined, from the first of these on. */
	if (HW_CASE_TSAN)
		return;
	SHOW_ERROR("the caller", pthread_join, pthread_self(), NULL);
	SHOW_ERROR("the caller", pthread_tryjoin_np, pthread_self(), NULL);
	SHOW_ERROR("the caller", pthread_timedjoin_np, pthread_self(), NULL, &hw_case_past);
	SHOW_ERROR("the caller", pthread_clockjoin_np, pthread_self(), NULL, CLOCK_MONOTONIC,
		&hw_case_past);
}

int main(void)
{
	pthread_barrier_init(&go, NULL, 2);
	while_it_runs();
	when_it_ends();
	in_no_time();
	by_itself();
	return 0;
}
