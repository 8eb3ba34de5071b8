/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_BENCH_PAIR_H
#define HW_TESTS_BENCH_PAIR_H

/*
 * Shapes: what a thread of the benchmark does over and over. One step of a shape takes and
 * gives back one lock or several, at the bottom of a call stack that is as deep as was asked for;
 * each such pair of calls is a pair. Where a thread works alone, its objects are its own and lie
 * on lines of cache of their own, so that what is measured is the calls and not the memory.
 *
 * All objects are made before a thread starts, and never destroyed.
 */

#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>

enum { BENCH_LINE_BYTES = 128 }; /* two: processors fetch the next one, too */

struct bench_lock {
	pthread_mutex_t mutex;
} __attribute__((aligned(BENCH_LINE_BYTES)));

/* What one thread has. */
struct bench_job {
	struct bench_lock lock;
	struct bench_lock *locks; /* `count` of them: its own, or everybody's, as the shape says */
	unsigned count;
	sem_t sem;
	pthread_rwlock_t rwlock;
	pthread_spinlock_t spin;
	uint64_t random;
} __attribute__((aligned(BENCH_LINE_BYTES)));

struct bench_shape {
	const char *name;
	unsigned pairs_a_step;  /* 1 for what is no pair, but is measured as a whole */
	unsigned locks;         /* more than `lock`; 0 when there are none */
	int shares_locks;       /* all threads have the same ones */
	void (*run)(struct bench_job *job, uint64_t steps);
};

/* Ends with a shape without name. */
extern const struct bench_shape bench_shapes[];

/* Make what a job has; `shared` are the locks of all, for shapes that share them. */
void bench_job_init(struct bench_job *job, const struct bench_shape *shape, unsigned number,
	struct bench_lock *shared);

/* `count` mutexes, to be kept until the program ends. */
struct bench_lock *bench_make_locks(unsigned count);

#endif
