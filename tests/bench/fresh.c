/* SPDX-License-Identifier: MIT */
/*
 * fresh [-n COUNT] [-g GAP]: what it costs a program to lock an object for the first time.
 *
 * Locks and unlocks COUNT mutexes (100,000) that lie GAP bytes apart (64) and were never touched,
 * then all of them again, and prints the nanoseconds that each pass took a mutex. The pages that
 * they lie in are there before.
 * The work is done by a thread, never by main: where there is but one thread, libc leaves out what
 * makes a lock a lock.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static unsigned count = 100000, gap_bytes = 64;

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static double pass(char *memory)
{
	double begin_ns = now_ns();

	for (unsigned i = 0; i < count; i++) {
		pthread_mutex_t *mutex = (void *)(memory + (size_t)i * gap_bytes);

		pthread_mutex_lock(mutex);
		pthread_mutex_unlock(mutex);
	}
	return (now_ns() - begin_ns) / count;
}

static void *work(void *memory)
{
	double first_ns = pass(memory), second_ns = pass(memory);

	printf("first %.1f ns, second %.1f ns\n", first_ns, second_ns);
	return NULL;
}

int main(int argc, char **argv)
{
	char *memory;
	pthread_t thread;
	int option;

	while ((option = getopt(argc, argv, "n:g:")) != -1) {
		if (option == 'n')
			count = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'g')
			gap_bytes = (unsigned)strtoul(optarg, NULL, 10);
		else
			optind = argc + 1;
	}
	if (optind != argc || !count || gap_bytes < sizeof(pthread_mutex_t) || gap_bytes % 8) {
		fprintf(stderr, "usage: fresh [-n COUNT] [-g GAP]\n");
		return 2;
	}
	memory = aligned_alloc(64, ((size_t)count * gap_bytes + 63) & ~(size_t)63);
	if (!memory)
		return 1;
	memset(memory, 0, (size_t)count * gap_bytes);
	if (pthread_create(&thread, NULL, work, memory))
		return 1;
	pthread_join(thread, NULL);
	free(memory);
	return 0;
}
