/* SPDX-License-Identifier: MIT */
#include <semaphore.h>
#include <string.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include "tests/conformance/case.h"

/*
 * Cancellation of every wait that POSIX makes a point where it acts: asked for just before, or
 * while the thread is blocked, to act there or at once. See also uncancelled.c.
 */

static pthread_mutex_t mutex;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_t sleeper;
static sem_t sem;
static mtx_t c11_mutex;
static cnd_t c11_cond = { 0 };
static const struct timespec far_away = { .tv_sec = 1L << 40 };

/* Waits for ever. */
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
	cnd_wait(&c11_cond, &c11_mutex);
}

static void c11_timedwait(void)
{
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

static const struct wait waits[] = {
	{ "pthread_cond_wait", cond_wait },
	{ "pthread_cond_timedwait", cond_timedwait },
	{ "pthread_cond_clockwait", cond_clockwait },
	{ "cnd_wait", c11_wait },
	{ "cnd_timedwait", c11_timedwait },
	{ "sem_wait", wait_sem },
	{ "sem_timedwait", timedwait_sem },
	{ "sem_clockwait", clockwait_sem },
	{ "pthread_join", join },
	{ "pthread_timedjoin_np", timedjoin },
	{ "pthread_clockjoin_np", clockjoin },
	{ "thrd_join", join_thrd },
	{ "wait", any_child },
	{ "waitpid", child_by_number },
	{ "wait3", child_of_three },
	{ "wait4", child_of_four },
	{ "waitid", child_by_id },
};

enum moment { BEFORE, BLOCKED, BLOCKED_ASYNCHRONOUS, MOMENTS };

static const char *const moments[] = { "cancelled before", "cancelled in it",
	"cancelled in it, asynchronously" };

struct plan {
	const struct wait *wait;
	enum moment moment;
	_Atomic pid_t tid;
};

/* The mutex of a condition is held again by now: one tells so, the other cannot be taken. */
static void clean_up(void *what)
{
	const struct plan *plan = what;
	const char *situation = moments[plan->moment];

	hw_case_text(plan->wait->function, situation, "cleans up");
	SHOW_THREADS(hw_case_join(plan->wait->function, situation), mtx_trylock, &c11_mutex);
	mtx_unlock(&c11_mutex);
	SHOW_ERROR(hw_case_join(plan->wait->function, situation), pthread_mutex_unlock, &mutex);
}

static void *wait_for_ever(void *planned)
{
	struct plan *plan = planned;

	pthread_mutex_lock(&mutex);
	mtx_lock(&c11_mutex);
	pthread_cleanup_push(clean_up, plan);
	if (plan->moment == BLOCKED_ASYNCHRONOUS)
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	if (plan->moment == BEFORE)
		pthread_cancel(pthread_self());
	plan->tid = gettid();
	plan->wait->call();
	hw_case_text(plan->wait->function, moments[plan->moment], "came back");
	pthread_cleanup_pop(1);
	return NULL;
}

static void cancel(const struct wait *wait, enum moment moment)
{
	struct plan plan = { .wait = wait, .moment = moment };
	pthread_t thread;
	void *result;

	pthread_create(&thread, NULL, wait_for_ever, &plan);
	if (moment != BEFORE) {
		hw_case_until_blocked(&plan.tid);
		pthread_cancel(thread);
	}
	pthread_join(thread, &result);
	hw_case_text(wait->function, moments[moment],
		result == PTHREAD_CANCELED ? "was cancelled" : "was not");
}

/* ThreadSanitizer ends the program with the thread, because it is not told that a join is over. */
static bool cannot_be(const struct wait *wait)
{
	return HW_CASE_TSAN && strstr(wait->function, "join");
}

static void *sleep_for_ever(void *unused)
{
	for (;;)
		pause();
	return NULL;
}

/* It ends when its parent has closed the pipe. */
static pid_t make_child(const int *pipe_ends)
{
	pid_t child = fork();
	char byte;

	if (child)
		return child;
	close(pipe_ends[1]);
	_exit(read(pipe_ends[0], &byte, 1) != 0);
}

int main(void)
{
	pthread_mutexattr_t attributes;
	int pipe_ends[2];
	pid_t child;

	if (pipe(pipe_ends))
		return 1;
	child = make_child(pipe_ends);
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&mutex, &attributes);
	mtx_init(&c11_mutex, mtx_plain);
	sem_init(&sem, 0, 0);
	pthread_create(&sleeper, NULL, sleep_for_ever, NULL);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		for (enum moment moment = BEFORE; moment < MOMENTS; moment++)
			if (!cannot_be(&waits[i]))
				cancel(&waits[i], moment);
	close(pipe_ends[1]);
	waitpid(child, NULL, 0);
	return 0;
}
