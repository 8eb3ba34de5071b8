/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <stdlib.h>

#include "tests/conformance/case.h"

/* Conditions, private and shared, on both clocks, with mutexes of several kinds. */

static pthread_cond_t *cond;
static pthread_mutex_t *mutex;
static bool flag;

static const struct timespec far_away = { .tv_sec = 1L << 40 };

static void make_mutex(int type, int robust)
{
	pthread_mutexattr_t attributes;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, type);
	pthread_mutexattr_setrobust(&attributes, robust);
	pthread_mutex_init(mutex, &attributes);
	pthread_mutexattr_destroy(&attributes);
}

static void timeouts(const char *kind)
{
	pthread_mutex_lock(mutex);
	SHOW_ERROR(kind, pthread_cond_timedwait, cond, mutex, &hw_case_past);
	SHOW_ERROR(kind, pthread_cond_timedwait, cond, mutex, &hw_case_invalid);
	SHOW_ERROR(kind, pthread_cond_clockwait, cond, mutex, CLOCK_REALTIME, &hw_case_past);
	SHOW_ERROR(kind, pthread_cond_clockwait, cond, mutex, CLOCK_MONOTONIC, &hw_case_past);
	SHOW_ERROR(kind, pthread_cond_clockwait, cond, mutex, CLOCK_MONOTONIC, &hw_case_invalid);
	SHOW_ERROR(kind, pthread_cond_clockwait, cond, mutex, CLOCK_THREAD_CPUTIME_ID,
		&hw_case_past);
	SHOW_ERROR(hw_case_join(kind, "still held"), pthread_mutex_unlock, mutex);
}

static void *signal_one(void *unused)
{
	pthread_mutex_lock(mutex);
	flag = true;
	SHOW_ERROR("one waits", pthread_cond_signal, cond);
	pthread_mutex_unlock(mutex);
	return NULL;
}

static void *wake_all(void *unused)
{
	pthread_mutex_lock(mutex);
	flag = true;
	SHOW_ERROR("one waits", pthread_cond_broadcast, cond);
	pthread_mutex_unlock(mutex);
	return NULL;
}

static void *signal_and_end(void *unused)
{
	pthread_mutex_lock(mutex);
	flag = true;
	pthread_cond_signal(cond);
	return NULL;
}

enum way { PLAIN, TIMED, CLOCK };

static int wait_in(enum way way)
{
	return way == PLAIN ? pthread_cond_wait(cond, mutex) :
		way == TIMED ? pthread_cond_timedwait(cond, mutex, &far_away) :
			       pthread_cond_clockwait(cond, mutex, CLOCK_MONOTONIC, &far_away);
}

static void show_woken(const char *situation, enum way way, int error)
{
	hw_case_error(way == PLAIN ? "pthread_cond_wait" :
		way == TIMED ? "pthread_cond_timedwait" : "pthread_cond_clockwait",
		situation, error);
}

/* Who wakes it gets the mutex only while this thread waits, so it cannot come too early. */
static void be_woken(const char *kind, enum way way, void *(*waker)(void *))
{
	pthread_t thread;
	int error = 0;

	pthread_mutex_lock(mutex);
	flag = false;
	pthread_create(&thread, NULL, waker, NULL);
	errno = HW_CASE_ERRNO;
	while (!flag && !error)
		error = wait_in(way);
	show_woken(hw_case_join(kind, "woken"), way, error);
	SHOW_ERROR(hw_case_join(kind, "woken"), pthread_mutex_unlock, mutex);
	pthread_join(thread, NULL);
}

static void run_kind(const char *kind, clockid_t clock, int shared)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, clock);
	pthread_condattr_setpshared(&attributes, shared);
	cond = hw_case_shared(sizeof(*cond));
	SHOW_ERROR(kind, pthread_cond_init, cond, &attributes);
	SHOW_ERROR(hw_case_join(kind, "nobody waits"), pthread_cond_signal, cond);
	SHOW_ERROR(hw_case_join(kind, "nobody waits"), pthread_cond_broadcast, cond);
	make_mutex(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED);
	timeouts(kind);
	for (enum way way = PLAIN; way <= CLOCK; way++) {
		be_woken(kind, way, signal_one);
		be_woken(kind, way, wake_all);
	}
	SHOW_ERROR(kind, pthread_cond_destroy, cond);
	pthread_condattr_destroy(&attributes);
}

static void *lock_and_end(void *unused)
{
	pthread_mutex_lock(mutex);
	return NULL;
}

static _Atomic bool waits;

static void *wait_in_vain(void *way)
{
	pthread_mutex_lock(mutex);
	waits = true;
	errno = HW_CASE_ERRNO;
	show_woken("robust mutex, given up meanwhile", *(enum way *)way,
		wait_in(*(enum way *)way));
	SHOW_ERROR("robust mutex, given up meanwhile", pthread_mutex_unlock, mutex);
	return NULL;
}

/* While a thread waits, an owner dies, and the next one gives the mutex up: none is left. */
static void be_woken_in_vain(enum way way)
{
	pthread_t thread;

	waits = false;
	make_mutex(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
	pthread_create(&thread, NULL, wait_in_vain, &way);
	/* Who has the mutex after it said so has it because it waits. */
	while (!waits)
		sched_yield();
	hw_case_in_thread(lock_and_end, NULL);
	SHOW_ERROR("robust mutex, one waits", pthread_mutex_lock, mutex);
	pthread_cond_signal(cond);
	pthread_mutex_unlock(mutex);
	pthread_join(thread, NULL);
}

/* A condition gives the mutex back, as far as that can be done. */
static void with_mutexes(void)
{
	pthread_cond_init(cond, NULL);
	make_mutex(PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED);
	SHOW_ERROR("errorcheck mutex, not held", pthread_cond_wait, cond, mutex);
	SHOW_ERROR("errorcheck mutex, not held", pthread_cond_timedwait, cond, mutex,
		&hw_case_past);
	SHOW_ERROR("errorcheck mutex, not held", pthread_cond_clockwait, cond, mutex,
		CLOCK_MONOTONIC, &hw_case_past);
	timeouts("errorcheck mutex");
	be_woken("errorcheck mutex", PLAIN, signal_one);
	make_mutex(PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED);
	timeouts("recursive mutex");
	be_woken("recursive mutex", PLAIN, signal_one);
	make_mutex(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
	be_woken("robust mutex", PLAIN, signal_one);
	/* It ends at a lock that the thread which ended still has, as it believes, or hangs. */
	for (enum way way = PLAIN; way <= CLOCK && !HW_CASE_TSAN; way++) {
		make_mutex(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
		be_woken("robust mutex, its owner is dead", way, signal_and_end);
		SHOW_ERROR("robust mutex, given up", pthread_mutex_trylock, mutex);
		be_woken_in_vain(way);
	}
	pthread_cond_destroy(cond);
}

int main(void)
{
	mutex = hw_case_shared(sizeof(*mutex));
	run_kind("private", CLOCK_REALTIME, PTHREAD_PROCESS_PRIVATE);
	run_kind("private monotonic", CLOCK_MONOTONIC, PTHREAD_PROCESS_PRIVATE);
	run_kind("shared", CLOCK_REALTIME, PTHREAD_PROCESS_SHARED);
	with_mutexes();
	return 0;
}
