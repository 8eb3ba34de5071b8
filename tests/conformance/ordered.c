/* SPDX-License-Identifier: MIT */
#include <semaphore.h>
#include <stdio.h>

#include "tests/conformance/case.h"

/*
 * A program without a fault: two threads count, in turn or by themselves, what each kind of object
 * guards. ThreadSanitizer finds nothing in it as long as it sees every call.
 */

enum { ROUNDS = 200 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_spinlock_t spin;
static pthread_barrier_t barrier;
static sem_t sems[2];
static const struct timespec far_away = { .tv_sec = 1L << 40 };
static int turn, guarded, initialised;

static void with_mutex(int number)
{
	pthread_mutex_lock(&mutex);
	guarded++;
	pthread_mutex_unlock(&mutex);
	if (!pthread_mutex_trylock(&mutex)) {
		guarded++;
		pthread_mutex_unlock(&mutex);
	}
	if (!pthread_mutex_timedlock(&mutex, &far_away)) {
		guarded++;
		pthread_mutex_unlock(&mutex);
	}
}

static void with_cond(int number)
{
	pthread_mutex_lock(&mutex);
	while (turn != number)
		if (guarded % 3)
			pthread_cond_wait(&cond, &mutex);
		else
			pthread_cond_timedwait(&cond, &mutex, &far_away);
	guarded++;
	turn = !number;
	if (guarded % 2)
		pthread_cond_signal(&cond);
	else
		pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&mutex);
}

static void with_rwlock(int number)
{
	int seen;

	pthread_rwlock_rdlock(&rwlock);
	seen = guarded;
	pthread_rwlock_unlock(&rwlock);
	pthread_rwlock_wrlock(&rwlock);
	guarded = guarded > seen ? guarded : seen + 1;
	pthread_rwlock_unlock(&rwlock);
}

static void with_spin(int number)
{
	pthread_spin_lock(&spin);
	guarded++;
	pthread_spin_unlock(&spin);
}

static void with_sem(int number)
{
	sem_wait(&sems[number]);
	guarded++;
	sem_post(&sems[!number]);
}

static void with_barrier(int number)
{
	if (turn == number)
		guarded++;
	pthread_barrier_wait(&barrier);
	if (number)
		turn = !turn;
	pthread_barrier_wait(&barrier);
}

static void initialise(void)
{
	initialised++;
}

static void with_once(int number)
{
	static int seen[2];

	pthread_once(&once, initialise);
	seen[number] = initialised;
}

static void (*const ways[])(int) = { with_mutex, with_cond, with_rwlock, with_spin, with_sem,
	with_barrier, with_once };

static void *count(void *number)
{
	for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++) {
		for (int i = 0; i < ROUNDS; i++)
			ways[way](number != NULL);
		/* The next way to guard knows nothing of this one. */
		pthread_barrier_wait(&barrier);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;

	pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
	pthread_barrier_init(&barrier, NULL, 2);
	sem_init(&sems[0], 0, 1);
	sem_init(&sems[1], 0, 0);
	pthread_create(&thread, NULL, count, &thread);
	count(NULL);
	pthread_join(thread, NULL);
	hw_case_text("main", "counted", guarded > ROUNDS ? "all" : "not all");
	return 0;
}
