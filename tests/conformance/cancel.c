/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <semaphore.h>
#include <stdint.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include "tests/conformance/case.h"

/*
 * Cancellation: of every wait that POSIX makes a point where it acts, while it blocks or just
 * before; and of all the others, which it must not end.
 */

static pthread_mutex_t mutex;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t one, ready;
static pthread_spinlock_t spin;
static pthread_t sleeper;
static sem_t sem, full;
static mtx_t c11_mutex;
static cnd_t c11_cond = { 0 };
static const struct timespec far_away = { .tv_sec = 1L << 40 };

/* Waits for ever. The error-checking mutex tells in the end whether it is held again. */
struct wait {
	const char *function;
	void (*call)(void);
};

static void cond_wait(void)
{
	pthread_cond_wait(&cond, &mutex);
}

static void cond_timedwait(void)
{
	pthread_cond_timedwait(&cond, &mutex, &far_away);
}

static void cond_clockwait(void)
{
	pthread_cond_clockwait(&cond, &mutex, CLOCK_MONOTONIC, &far_away);
}

static void c11_wait(void)
{
	mtx_lock(&c11_mutex);
	cnd_wait(&c11_cond, &c11_mutex);
}

static void c11_timedwait(void)
{
	mtx_lock(&c11_mutex);
	cnd_timedwait(&c11_cond, &c11_mutex, &far_away);
}

static void wait_sem(void)
{
	sem_wait(&sem);
}

static void timedwait_sem(void)
{
	sem_timedwait(&sem, &far_away);
}

static void clockwait_sem(void)
{
	sem_clockwait(&sem, CLOCK_MONOTONIC, &far_away);
}

static void join(void)
{
	pthread_join(sleeper, NULL);
}

static void timedjoin(void)
{
	pthread_timedjoin_np(sleeper, NULL, &far_away);
}

static void clockjoin(void)
{
	pthread_clockjoin_np(sleeper, NULL, CLOCK_MONOTONIC, &far_away);
}

static void join_thrd(void)
{
	thrd_join(sleeper, NULL);
}

static void any_child(void)
{
	wait(NULL);
}

static void child_by_number(void)
{
	waitpid(-1, NULL, 0);
}

static void child_of_three(void)
{
	wait3(NULL, 0, NULL);
}

static void child_of_four(void)
{
	wait4(-1, NULL, 0, NULL);
}

static void child_by_id(void)
{
	waitid(P_ALL, 0, NULL, WEXITED);
}

static const struct wait waits[] = { { "pthread_cond_wait", cond_wait },
	{ "pthread_cond_timedwait", cond_timedwait }, { "pthread_cond_clockwait", cond_clockwait },
	{ "cnd_wait", c11_wait }, { "cnd_timedwait", c11_timedwait }, { "sem_wait", wait_sem },
	{ "sem_timedwait", timedwait_sem }, { "sem_clockwait", clockwait_sem },
	{ "pthread_join", join }, { "pthread_timedjoin_np", timedjoin },
	{ "pthread_clockjoin_np", clockjoin }, { "thrd_join", join_thrd }, { "wait", any_child },
	{ "waitpid", child_by_number }, { "wait3", child_of_three }, { "wait4", child_of_four },
	{ "waitid", child_by_id } };

static void clean_up(void *what)
{
	const struct wait *wait = what;

	hw_case_text(wait->function, "cancelled", "cleans up");
	hw_case_error(wait->function, "cancelled, unlocks", pthread_mutex_unlock(&mutex));
}

struct plan {
	const struct wait *wait;
	bool at_once; /* it is cancelled before it waits */
};

static void *wait_for_ever(void *planned)
{
	const struct plan *plan = planned;

	pthread_mutex_lock(&mutex);
	pthread_cleanup_push(clean_up, (void *)plan->wait);
	if (plan->at_once)
		pthread_cancel(pthread_self());
	else
		pthread_barrier_wait(&ready);
	plan->wait->call();
	hw_case_text(plan->wait->function, "cancelled", "came back");
	pthread_cleanup_pop(1);
	return NULL;
}

static void cancel(const struct wait *wait, bool at_once)
{
	struct plan plan = { wait, at_once };
	pthread_t thread;
	void *result;

	mtx_init(&c11_mutex, mtx_plain);
	pthread_create(&thread, NULL, wait_for_ever, &plan);
	if (!at_once) {
		pthread_barrier_wait(&ready);
		pthread_cancel(thread);
	}
	pthread_join(thread, &result);
	hw_case_text(wait->function, at_once ? "cancelled before" : "cancelled in it",
		result == PTHREAD_CANCELED ? "was cancelled" : "was not");
	/* cnd_wait gave it back to the thread that is gone. */
	hw_case_number("mtx_trylock", wait->function, mtx_trylock(&c11_mutex));
}

static void nothing(void)
{
}

/* The request stands, and nothing here may act on it. */
static void *call_others(void *unused)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_cancel(pthread_self());
	SHOW_ERROR("to be cancelled", pthread_mutex_lock, &mutex);
	SHOW_ERROR("to be cancelled", pthread_mutex_unlock, &mutex);
	SHOW_ERROR("to be cancelled", pthread_mutex_timedlock, &mutex, &hw_case_past);
	SHOW_ERROR("to be cancelled", pthread_mutex_trylock, &mutex);
	SHOW_ERROR("to be cancelled", pthread_mutex_unlock, &mutex);
	SHOW_ERROR("to be cancelled", pthread_rwlock_rdlock, &rwlock);
	SHOW_ERROR("to be cancelled", pthread_rwlock_unlock, &rwlock);
	SHOW_ERROR("to be cancelled", pthread_rwlock_wrlock, &rwlock);
	SHOW_ERROR("to be cancelled", pthread_rwlock_unlock, &rwlock);
	SHOW_ERROR("to be cancelled", pthread_spin_lock, &spin);
	SHOW_ERROR("to be cancelled", pthread_spin_unlock, &spin);
	SHOW("to be cancelled", pthread_barrier_wait, &one);
	SHOW_ERROR("to be cancelled", pthread_once, &once, nothing);
	SHOW_ERROR("to be cancelled", pthread_cond_signal, &cond);
	SHOW("to be cancelled", sem_post, &full);
	SHOW("to be cancelled", sem_trywait, &full);
	SHOW_ERROR("to be cancelled", pthread_tryjoin_np, sleeper, NULL);
	hw_case_text("pthread_testcancel", "to be cancelled", "goes on until here");
	pthread_testcancel();
	return NULL;
}

static void *sleep_for_ever(void *unused)
{
	for (;;)
		pause();
	return NULL;
}

int main(void)
{
	pthread_mutexattr_t attributes;
	int pipe_ends[2];
	pid_t child;
	char byte;

	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&mutex, &attributes);
	pthread_barrier_init(&one, NULL, 1);
	pthread_barrier_init(&ready, NULL, 2);
	pthread_spin_init(&spin, 0);
	sem_init(&sem, 0, 0);
	sem_init(&full, 0, 0);
	if (pipe(pipe_ends))
		return 1;
	child = fork();
	if (!child) {
		close(pipe_ends[1]);
		_exit(read(pipe_ends[0], &byte, 1) != 0);
	}
	pthread_create(&sleeper, NULL, sleep_for_ever, NULL);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		cancel(&waits[i], true);
		cancel(&waits[i], false);
	}
	hw_case_in_thread(call_others, NULL);
	close(pipe_ends[1]);
	waitpid(child, NULL, 0);
	return 0;
}
