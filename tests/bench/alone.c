/* SPDX-License-Identifier: MIT */
/*
 * alone: how much of its processors a benchmark has just now.
 *
 * Prints two numbers. How many additions a processor does at once, of the one that does fewest:
 * in a core that is shared with somebody, of another virtual machine maybe, there is less room for
 * what does not depend on each other, while what does takes as long as ever. That is a proportion,
 * so that the clock of the core does not matter. And the nanoseconds that a line of memory takes to
 * the second processor and back; 0 where there is but one.
 *
 * It takes some milliseconds for each processor, of which it looks at eight at most.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

enum { PROCESSORS_MOST = 8, SPELLS = 8, STEPS = 60000, TRIPS = 4000 };

static struct {
	_Alignas(128) _Atomic unsigned count;
	_Alignas(128) _Atomic bool is_over;
} ball;

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return 1e9 * (double)now.tv_sec + (double)now.tv_nsec;
}

static void move_to(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* Eight additions, each of which needs the one before it; of constants some processors make one. */
static double in_a_row_ns(void)
{
	double begin_ns = now_ns();
	long sum = 0;

	for (int i = 0; i < STEPS; i++)
		__asm__ volatile("add %1, %0; add %1, %0; add %1, %0;"
				 "add %1, %0; add %1, %0; add %1, %0;"
				 "add %1, %0; add %1, %0"
				 : "+r"(sum) : "r"(1L) : "cc");
	return now_ns() - begin_ns;
}

/* Eight that need nothing of each other. */
static double side_by_side_ns(void)
{
	double begin_ns = now_ns();

	for (int i = 0; i < STEPS; i++)
		__asm__ volatile("add $1, %%rax; add $1, %%rcx; add $1, %%rdx; add $1, %%rsi;"
				 "add $1, %%r8; add $1, %%r9; add $1, %%r10; add $1, %%r11"
				 : : : "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "cc");
	return now_ns() - begin_ns;
}

/* What is in a row takes as long with a neighbour: if it took longer, it was interrupted. */
static double at_once(int processor)
{
	double row_ns = 1e9, side_ns = 0;

	move_to(processor);
	for (int i = 0; i < SPELLS; i++) {
		double spell_ns = in_a_row_ns();

		row_ns = spell_ns < row_ns ? spell_ns : row_ns;
		side_ns += side_by_side_ns();
	}
	return row_ns * SPELLS / side_ns;
}

static void *send_back(void *argument)
{
	move_to(*(const int *)argument);
	while (!atomic_load(&ball.is_over)) {
		unsigned count = atomic_load_explicit(&ball.count, memory_order_acquire);

		if (count % 2)
			atomic_store_explicit(&ball.count, count + 1, memory_order_release);
	}
	return NULL;
}

static void send(unsigned trips)
{
	for (unsigned i = 0; i < trips; i++) {
		unsigned count = atomic_load(&ball.count);

		atomic_store_explicit(&ball.count, count + 1, memory_order_release);
		while (atomic_load_explicit(&ball.count, memory_order_acquire) == count + 1)
			;
	}
}

static double trip_ns(int here, int there)
{
	pthread_t thread;
	double begin_ns;

	move_to(here);
	if (pthread_create(&thread, NULL, send_back, &there))
		return 0;
	send(TRIPS); /* until both have begun, and run at full speed */
	begin_ns = now_ns();
	send(TRIPS);
	begin_ns = now_ns() - begin_ns;
	atomic_store(&ball.is_over, true);
	pthread_join(thread, NULL);
	return begin_ns / TRIPS;
}

int main(void)
{
	int processors[PROCESSORS_MOST], count = 0;
	double least = 1e9;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set)) {
		perror("alone");
		return 1;
	}
	for (int i = 0; i < CPU_SETSIZE && count < PROCESSORS_MOST; i++)
		if (CPU_ISSET(i, &set))
			processors[count++] = i;
	for (int i = 0; i < count; i++) {
		double here = at_once(processors[i]);

		least = here < least ? here : least;
	}
	printf("%.3f %.0f\n", least, count > 1 ? trip_ns(processors[0], processors[1]) : 0.0);
	return 0;
}
