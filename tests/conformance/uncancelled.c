/* SPDX-License-Identifier: MIT */
#include <semaphore.h>
#include <stdint.h>
#include <threads.h>
#include <unistd.h>

#include "tests/conformance/case.h"

/*
 * Waits that are no points where cancellation acts: what is asked for before or meanwhile stands
 * until after them. Only a thread that lets itself be cancelled at any time is, in them too.
 */

static const struct timespec far_away = { .tv_sec = 1L << 40 };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock;
static pthread_barrier_t barrier;
static mtx_t c11_mutex;
static int error_then; /* of the call that let it go on */

/* A call that waits, and what makes it wait until `meanwhile` has returned. */
struct wait {
	const char *function;
	int (*call)(void);
	void (*hold_up)(void (*meanwhile)(void));
	void (*give_back)(void); /* what the call got; or NULL */
};

static int lock(void)
{
	return pthread_mutex_lock(&mutex);
}

static int timedlock(void)
{
	return pthread_mutex_timedlock(&mutex, &far_away);
}

static int clocklock(void)
{
	return pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &far_away);
}

static void unlock(void)
{
	SHOW_ERROR("waited for", pthread_mutex_unlock, &mutex);
}

static void hold_mutex(void (*meanwhile)(void))
{
	pthread_mutex_lock(&mutex);
	meanwhile();
	error_then = pthread_mutex_unlock(&mutex);
}

static int lock_c11(void)
{
	return mtx_lock(&c11_mutex);
}

static int timedlock_c11(void)
{
	return mtx_timedlock(&c11_mutex, &far_away);
}

static void unlock_c11(void)
{
	SHOW_THREADS("waited for", mtx_unlock, &c11_mutex);
}

static void hold_c11(void (*meanwhile)(void))
{
	mtx_init(&c11_mutex, mtx_timed);
	mtx_lock(&c11_mutex);
	meanwhile();
	error_then = mtx_unlock(&c11_mutex);
}

static int rdlock(void)
{
	return pthread_rwlock_rdlock(&rwlock);
}

static int timedrdlock(void)
{
	return pthread_rwlock_timedrdlock(&rwlock, &far_away);
}

static int clockrdlock(void)
{
	return pthread_rwlock_clockrdlock(&rwlock, CLOCK_MONOTONIC, &far_away);
}

static int wrlock(void)
{
	return pthread_rwlock_wrlock(&rwlock);
}

static int timedwrlock(void)
{
	return pthread_rwlock_timedwrlock(&rwlock, &far_away);
}

static int clockwrlock(void)
{
	return pthread_rwlock_clockwrlock(&rwlock, CLOCK_MONOTONIC, &far_away);
}

static void unlock_rwlock(void)
{
	SHOW_ERROR("waited for", pthread_rwlock_unlock, &rwlock);
}

/* Anew each time, because whoever is cancelled at once leaves its request in there for ever. */
static void hold_to_write(void (*meanwhile)(void))
{
	pthread_rwlock_init(&rwlock, NULL);
	pthread_rwlock_wrlock(&rwlock);
	meanwhile();
	error_then = pthread_rwlock_unlock(&rwlock);
}

static void hold_to_read(void (*meanwhile)(void))
{
	pthread_rwlock_init(&rwlock, NULL);
	pthread_rwlock_rdlock(&rwlock);
	meanwhile();
	error_then = pthread_rwlock_unlock(&rwlock);
}

static int arrive(void)
{
	int result = pthread_barrier_wait(&barrier);

	return result == PTHREAD_BARRIER_SERIAL_THREAD ? 0 : result;
}

static void come_later(void (*meanwhile)(void))
{
	pthread_barrier_init(&barrier, NULL, 2);
	meanwhile();
	error_then = arrive();
}

static void nothing(void)
{
}

/* They last: who waits for them looks at them again. */
static pthread_once_t controls[] = { PTHREAD_ONCE_INIT, PTHREAD_ONCE_INIT }, *once = controls;
static once_flag flags[] = { ONCE_FLAG_INIT, ONCE_FLAG_INIT }, *flag = flags;

static int run_once(void)
{
	return pthread_once(once, nothing);
}

static void run_meanwhile(void (*meanwhile)(void))
{
	error_then = pthread_once(once, meanwhile);
}

static int call_c11_once(void)
{
	call_once(flag, nothing);
	return 0;
}

static void call_meanwhile(void (*meanwhile)(void))
{
	call_once(flag, meanwhile);
}

static const struct wait waits[] = {
	{ "pthread_mutex_lock", lock, hold_mutex, unlock },
	{ "pthread_mutex_timedlock", timedlock, hold_mutex, unlock },
	{ "pthread_mutex_clocklock", clocklock, hold_mutex, unlock },
	{ "mtx_lock", lock_c11, hold_c11, unlock_c11 },
	{ "mtx_timedlock", timedlock_c11, hold_c11, unlock_c11 },
	{ "pthread_rwlock_rdlock", rdlock, hold_to_write, unlock_rwlock },
	{ "pthread_rwlock_timedrdlock", timedrdlock, hold_to_write, unlock_rwlock },
	{ "pthread_rwlock_clockrdlock", clockrdlock, hold_to_write, unlock_rwlock },
	{ "pthread_rwlock_wrlock", wrlock, hold_to_read, unlock_rwlock },
	{ "pthread_rwlock_timedwrlock", timedwrlock, hold_to_read, unlock_rwlock },
	{ "pthread_rwlock_clockwrlock", clockwrlock, hold_to_read, unlock_rwlock },
	{ "pthread_barrier_wait", arrive, come_later, NULL },
	{ "pthread_once", run_once, run_meanwhile, NULL },
	{ "call_once", call_c11_once, call_meanwhile, NULL },
};

/* What is being looked at. */
static const struct wait *current;
static bool at_any_time;
static _Atomic pid_t waiter_tid;
static pthread_t waiter;

static const char *situation(void)
{
	return at_any_time ? "cancelled in it, asynchronously" : "cancelled in it";
}

static void clean_up(void *unused)
{
	hw_case_text(current->function, situation(), "cleans up");
}

static void *wait_and_test(void *unused)
{
	pthread_cleanup_push(clean_up, NULL);
	if (at_any_time)
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	errno = HW_CASE_ERRNO;
	waiter_tid = gettid();
	hw_case_error(current->function, situation(), current->call());
	if (current->give_back)
		current->give_back();
	hw_case_text(current->function, situation(), "goes on until here");
	pthread_testcancel();
	pthread_cleanup_pop(0);
	return NULL;
}

static void cancel_waiter(void)
{
	waiter_tid = 0;
	pthread_create(&waiter, NULL, wait_and_test, NULL);
	hw_case_until_blocked(&waiter_tid);
	pthread_cancel(waiter);
	/* What it waits for is not to come before that has acted, if it is to act at once. */
	if (at_any_time)
		pthread_join(waiter, NULL);
}

static void cancel_in_wait(void)
{
	void *result = PTHREAD_CANCELED;

	current->hold_up(cancel_waiter);
	if (!at_any_time)
		pthread_join(waiter, &result);
	hw_case_error(current->function, "what it waited for, given back", error_then);
	hw_case_text(current->function, situation(),
		result == PTHREAD_CANCELED ? "was cancelled" : "was not");
}

static pthread_spinlock_t spin;
static sem_t units;

/* The request stands, and nothing here may act on it. */
static void *call_others(void *unused)
{
	static pthread_once_t control = PTHREAD_ONCE_INIT;
	static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

	pthread_barrier_init(&barrier, NULL, 1);
	pthread_cancel(pthread_self());
	SHOW_ERROR("to be cancelled", pthread_mutex_lock, &mutex);
	SHOW_ERROR("to be cancelled", pthread_mutex_unlock, &mutex);
	SHOW_ERROR("to be cancelled", pthread_mutex_timedlock, &mutex, &hw_case_past);
	SHOW_ERROR("to be cancelled", pthread_mutex_trylock, &mutex);
	SHOW_ERROR("to be cancelled", pthread_mutex_unlock, &mutex);
	pthread_rwlock_init(&rwlock, NULL);
	SHOW_ERROR("to be cancelled", pthread_rwlock_rdlock, &rwlock);
	SHOW_ERROR("to be cancelled", pthread_rwlock_unlock, &rwlock);
	SHOW_ERROR("to be cancelled", pthread_rwlock_wrlock, &rwlock);
	SHOW_ERROR("to be cancelled", pthread_rwlock_unlock, &rwlock);
	SHOW_ERROR("to be cancelled", pthread_spin_lock, &spin);
	SHOW_ERROR("to be cancelled", pthread_spin_unlock, &spin);
	SHOW("to be cancelled", pthread_barrier_wait, &barrier);
	SHOW_ERROR("to be cancelled", pthread_once, &control, nothing);
	SHOW_ERROR("to be cancelled", pthread_cond_signal, &cond);
	SHOW("to be cancelled", sem_post, &units);
	SHOW("to be cancelled", sem_trywait, &units);
	/* As in join.c. */
	if (!HW_CASE_TSAN)
		SHOW_ERROR("to be cancelled", pthread_tryjoin_np, pthread_self(), NULL);
	hw_case_text("pthread_testcancel", "to be cancelled", "goes on until here");
	pthread_testcancel();
	hw_case_text("pthread_testcancel", "to be cancelled", "came back");
	return NULL;
}

int main(void)
{
	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	sem_init(&units, 0, 0);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		current = &waits[i];
		at_any_time = false;
		cancel_in_wait();
		once++;
		flag++;
		at_any_time = true;
		cancel_in_wait();
		once = controls;
		flag = flags;
	}
	hw_case_in_thread(call_others, NULL);
	return 0;
}
