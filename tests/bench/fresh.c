/* SPDX-License-Identifier: MIT */
/*
 * fresh [-n COUNT] [-r ROUNDS]: what it costs a program to lock an object for the first time.
 *
 * Locks and unlocks COUNT mutexes (20,000) that were never used, then all of them again, and
 * prints how many nanoseconds the one and the other took for a mutex. The figure is the median of
 * ROUNDS (9), each with mutexes of its own, after a rest in which a collector can catch up. The
 * memory that they lie in is there before.
 *
 * The work is done by a thread, never by main: where there is but one thread, libc leaves out what
 * makes a lock a lock.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { GAP_BYTES = 64, ROUNDS_MOST = 100, REST_NS = 200000000 };

static unsigned count = 20000, rounds = 9;

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static double use_all(char *memory)
{
	double begin_ns = now_ns();

	for (unsigned i = 0; i < count; i++) {
		pthread_mutex_t *mutex = (void *)(memory + (size_t)i * GAP_BYTES);

		pthread_mutex_lock(mutex);
		pthread_mutex_unlock(mutex);
	}
	return (now_ns() - begin_ns) / count;
}

static int compare(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return (left > right) - (left < right);
}

static double median(double *values)
{
	qsort(values, rounds, sizeof(*values), compare);
	return values[rounds / 2];
}

static void *work(void *unused)
{
	static const struct timespec rest = { .tv_nsec = REST_NS };
	double first_ns[ROUNDS_MOST], second_ns[ROUNDS_MOST];
	size_t size_bytes = (size_t)count * GAP_BYTES;

	for (unsigned i = 0; i < rounds; i++) {
		/* Zeroes are an initialised mutex. They are kept: their addresses do not return. */
		char *memory = aligned_alloc(GAP_BYTES, size_bytes);

		if (!memory)
			exit(1);
		memset(memory, 0, size_bytes);
		first_ns[i] = use_all(memory);
		second_ns[i] = use_all(memory);
		nanosleep(&rest, NULL);
	}
	printf("first %.1f ns, second %.1f ns\n", median(first_ns), median(second_ns));
	return unused;
}

static unsigned number(const char *text, unsigned most)
{
	unsigned long value = strtoul(text, NULL, 10);

	return value <= most ? (unsigned)value : 0;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int option;

	while ((option = getopt(argc, argv, "n:r:")) != -1) {
		if (option == 'n')
			count = number(optarg, 10000000);
		else if (option == 'r')
			rounds = number(optarg, ROUNDS_MOST);
		else
			optind = argc + 1;
	}
	if (optind != argc || !count || !rounds) {
		fprintf(stderr, "usage: fresh [-n COUNT] [-r ROUNDS]\n");
		return 2;
	}
	if (pthread_create(&thread, NULL, work, NULL))
		return 1;
	pthread_join(thread, NULL);
	return 0;
}
