/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/pair.h"

enum {
	NESTED_LOCKS = 1000, /* of all threads together */
	CROWD_LOCKS = 100,   /* of each thread */
	HELD_LOCKS = 64,
	LIFE_LOCKS = 10,
	KEPT_BLOCKS = 256, /* of each thread */
	BLOCK_BYTES_MOST = 1000,
};

static void die(const char *why)
{
	fprintf(stderr, "pair: %s\n", why);
	exit(1);
}

struct bench_lock *bench_make_locks(unsigned count)
{
	struct bench_lock *locks = aligned_alloc(BENCH_LINE_BYTES, count * sizeof(*locks));

	if (!locks)
		die("no memory");
	for (unsigned i = 0; i < count; i++)
		pthread_mutex_init(&locks[i].mutex, NULL);
	return locks;
}

void bench_job_init(struct bench_job *job, const struct bench_shape *shape, unsigned number,
	struct bench_lock *shared)
{
	pthread_mutex_init(&job->lock.mutex, NULL);
	job->locks = shape->shares_locks ? shared : NULL;
	if (shape->locks && !shape->shares_locks)
		job->locks = bench_make_locks(shape->locks);
	job->count = shape->locks;
	sem_init(&job->sem, 0, 1);
	pthread_rwlock_init(&job->rwlock, NULL);
	pthread_spin_init(&job->spin, PTHREAD_PROCESS_PRIVATE);
	job->random = 88172645463325252ull + number;
}

static void run_mutex(struct bench_job *job, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		pthread_mutex_lock(&job->lock.mutex);
		pthread_mutex_unlock(&job->lock.mutex);
	}
}

static void run_sem(struct bench_job *job, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		sem_wait(&job->sem);
		sem_post(&job->sem);
	}
}

static void run_rdlock(struct bench_job *job, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		pthread_rwlock_rdlock(&job->rwlock);
		pthread_rwlock_unlock(&job->rwlock);
	}
}

static void run_wrlock(struct bench_job *job, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		pthread_rwlock_wrlock(&job->rwlock);
		pthread_rwlock_unlock(&job->rwlock);
	}
}

static void run_spin(struct bench_job *job, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		pthread_spin_lock(&job->spin);
		pthread_spin_unlock(&job->spin);
	}
}

/* The same numbers every time (xorshift64, Marsaglia 2003). */
static unsigned random_below(struct bench_job *job, unsigned limit)
{
	job->random ^= job->random << 13;
	job->random ^= job->random >> 7;
	job->random ^= job->random << 17;
	return (unsigned)((job->random >> 32) * limit >> 32);
}

/* One of many pairs of locks, the inner one in the outer one; each lock has one partner. */
static void run_nested(struct bench_job *job, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		struct bench_lock *outer = &job->locks[2 * random_below(job, job->count / 2)];

		pthread_mutex_lock(&outer->mutex);
		pthread_mutex_lock(&outer[1].mutex);
		pthread_mutex_unlock(&outer[1].mutex);
		pthread_mutex_unlock(&outer->mutex);
	}
}

static void run_crowd(struct bench_job *job, uint64_t steps)
{
	unsigned next = 0;

	for (uint64_t i = 0; i < steps; i++) {
		pthread_mutex_t *mutex = &job->locks[next].mutex;

		pthread_mutex_lock(mutex);
		pthread_mutex_unlock(mutex);
		next = next + 1 < job->count ? next + 1 : 0;
	}
}

static void run_held(struct bench_job *job, uint64_t steps)
{
	for (unsigned i = 0; i < job->count; i++)
		pthread_mutex_lock(&job->locks[i].mutex);
	run_mutex(job, steps);
	for (unsigned i = job->count; i > 0; i--)
		pthread_mutex_unlock(&job->locks[i - 1].mutex);
}

static void *live(void *job)
{
	run_mutex(job, LIFE_LOCKS);
	return NULL;
}

static void run_life(struct bench_job *job, uint64_t steps)
{
	for (uint64_t i = 0; i < steps; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, live, job))
			die("cannot create a thread");
		pthread_join(thread, NULL);
	}
}

/* Locks in memory that is allocated, of all sizes, and freed a while later. */
static void run_blocks(struct bench_job *job, uint64_t steps)
{
	pthread_mutex_t *kept[KEPT_BLOCKS] = { NULL };

	for (uint64_t i = 0; i < steps; i++) {
		pthread_mutex_t **place = &kept[i % KEPT_BLOCKS];

		free(*place);
		*place = malloc(sizeof(**place) + random_below(job, BLOCK_BYTES_MOST));
		if (!*place)
			die("no memory");
		**place = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
		pthread_mutex_lock(*place);
		pthread_mutex_unlock(*place);
	}
	for (unsigned i = 0; i < KEPT_BLOCKS; i++)
		free(kept[i]);
}

const struct bench_shape bench_shapes[] = {
	{ "mutex", 1, 0, 0, run_mutex },
	{ "sem", 1, 0, 0, run_sem },
	{ "rdlock", 1, 0, 0, run_rdlock },
	{ "wrlock", 1, 0, 0, run_wrlock },
	{ "spin", 1, 0, 0, run_spin },
	{ "nested", 2, NESTED_LOCKS, 1, run_nested },
	{ "crowd", 1, CROWD_LOCKS, 0, run_crowd },
	{ "held", 1, HELD_LOCKS, 0, run_held },
	{ "life", 1, 0, 0, run_life },
	{ "blocks", 1, 0, 0, run_blocks },
	{ 0 }
};
