/* SPDX-License-Identifier: MIT */
/*
 * pair [-d DEPTH] [-t THREADS] [-s SECONDS | -n STEPS] SHAPE: what a pair of lock and unlock
 * costs a program, as it sees it itself.
 *
 * Prints how many nanoseconds of processor a pair took: with more threads than processors, all of
 * these are busy. The work is done by threads, never by main: where there is but one thread, libc
 * leaves out what makes a lock a lock. It is done in trial rounds first, until it is known how much
 * takes about as long as was asked for; so everything was in use before when it is measured.
 * With -n, each thread makes so many steps, once, and no clock decides anything.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/pair.h"

enum { DEPTH_LEAST = 3, DEPTH_MOST = 120, THREADS_MOST = 4000, GROWTH = 4, TRIAL_PART = 5 };

struct worker {
	struct bench_job job;
	pthread_t thread;
	int64_t begin_ns, end_ns;
};

static const struct bench_shape *shape;
static unsigned depth = 16, threads = 1;
static double seconds = 0.3;
static uint64_t steps; /* of each thread in the round that comes; 0 when there is none to come */
static pthread_barrier_t begin, end;

static void die(const char *why)
{
	fprintf(stderr, "pair: %s\n", why);
	exit(2);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return 1000000000ll * now.tv_sec + now.tv_nsec;
}

/* Down a stack as deep as it looks: nothing is inlined, no call takes the place of another. */
__attribute__((noinline)) static void descend(unsigned frames, struct bench_job *job)
{
	if (frames > 1)
		descend(frames - 1, job);
	else
		shape->run(job, steps);
	__asm__ volatile("" ::: "memory");
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	for (;;) {
		pthread_barrier_wait(&begin);
		if (!steps)
			return NULL;
		worker->begin_ns = now_ns();
		/* This function and that of the shape are two frames of the stack. */
		descend(depth - 2, &worker->job);
		worker->end_ns = now_ns();
		pthread_barrier_wait(&end);
	}
}

static struct worker *make_workers(void)
{
	struct worker *workers = aligned_alloc(BENCH_LINE_BYTES, threads * sizeof(*workers));
	struct bench_lock *shared = NULL;

	if (!workers)
		die("no memory");
	if (shape->shares_locks)
		shared = bench_make_locks(shape->locks);
	pthread_barrier_init(&begin, NULL, threads + 1);
	pthread_barrier_init(&end, NULL, threads + 1);
	for (unsigned i = 0; i < threads; i++) {
		bench_job_init(&workers[i].job, shape, i, shared);
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
			die("cannot create a thread");
	}
	return workers;
}

/* Nanoseconds from when the first thread began to when the last one ended. */
static int64_t run_round(const struct worker *workers, uint64_t round_steps)
{
	int64_t first_ns = INT64_MAX, last_ns = 0;

	steps = round_steps;
	pthread_barrier_wait(&begin);
	pthread_barrier_wait(&end);
	for (unsigned i = 0; i < threads; i++) {
		if (workers[i].begin_ns < first_ns)
			first_ns = workers[i].begin_ns;
		if (workers[i].end_ns > last_ns)
			last_ns = workers[i].end_ns;
	}
	return last_ns - first_ns;
}

/* How many steps take as long as was asked for. */
static uint64_t calibrate(const struct worker *workers)
{
	uint64_t count = 1;
	int64_t took_ns = run_round(workers, count);

	while ((double)took_ns < 1e9 * seconds / TRIAL_PART) {
		count *= GROWTH;
		took_ns = run_round(workers, count);
	}
	count = (uint64_t)((double)count * 1e9 * seconds / (double)took_ns);
	return count ? count : 1;
}

static void finish(struct worker *workers)
{
	steps = 0;
	pthread_barrier_wait(&begin);
	for (unsigned i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	free(workers);
}

static void find_shape(const char *name)
{
	for (shape = bench_shapes; shape->name; shape++)
		if (!strcmp(shape->name, name))
			return;
	die("there is no such shape");
}

static unsigned number(const char *text, unsigned least, unsigned most)
{
	char *rest;
	unsigned long value = strtoul(text, &rest, 10);

	if (*rest || rest == text || value < least || value > most)
		die("a number is out of range");
	return (unsigned)value;
}

/* The number of steps, or 0 to find out. */
static uint64_t parse(int argc, char **argv)
{
	uint64_t fixed = 0;
	int option;

	while ((option = getopt(argc, argv, "d:t:s:n:")) != -1) {
		if (option == 'd')
			depth = number(optarg, DEPTH_LEAST, DEPTH_MOST);
		else if (option == 't')
			threads = number(optarg, 1, THREADS_MOST);
		else if (option == 's')
			seconds = strtod(optarg, NULL);
		else if (option == 'n')
			fixed = number(optarg, 1, UINT_MAX);
		else
			optind = argc;
	}
	if (optind != argc - 1 || !(seconds > 0))
		die("usage: pair [-d DEPTH] [-t THREADS] [-s SECONDS | -n STEPS] SHAPE");
	find_shape(argv[optind]);
	return fixed;
}

int main(int argc, char **argv)
{
	uint64_t count = parse(argc, argv);
	struct worker *workers = make_workers();
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	double pairs, busy;

	if (!count)
		count = calibrate(workers);
	pairs = (double)count * threads * shape->pairs_a_step;
	busy = threads < processors ? threads : (double)processors;
	printf("%.3f ns a pair", (double)run_round(workers, count) * busy / pairs);
	printf(", %.0f pairs\n", pairs);
	finish(workers);
	return 0;
}
