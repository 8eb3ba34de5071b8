/* SPDX-License-Identifier: MIT */

/*
 * A home-made lock that tells holdwait what it does.
 *
 * The lock is one word: 0 when it is free, 1 when a thread has it, 2 when others may wait
 * for it in the kernel (Ulrich Drepper, "Futexes Are Tricky", mutex2). libc knows nothing of it,
 * and so holdwait would not see it. The calls of <holdwait.h> below are all that it takes; one
 * more names the locks, which are on the heap, and one declares which of them comes first. Without
 * holdwait each call is a test of a null pointer, and there is nothing to link.
 *
 * Two threads move money between two accounts, and take their locks in both orders. The second one
 * waits until the first has finished, by a flag in memory, so that both are never in each
 * other's way: only who looks at the locks sees what could happen. With --certain nobody waits,
 * each takes its first lock before the other asks for its second, and they hang. With --alone
 * there is only the thread that goes against the declared order, and nothing can happen yet.
 */

#include "demos/check.h"

#include <holdwait.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FREE, TAKEN, AWAITED };

struct lock {
	atomic_int state;
};

static void lock_acquire(struct lock *lock)
{
	int free = FREE;

	if (!atomic_compare_exchange_strong(&lock->state, &free, TAKEN)) {
		holdwait_acquiring(lock, HOLDWAIT_EXCLUSIVE);
		while (atomic_exchange(&lock->state, AWAITED) != FREE)
			syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE, AWAITED, NULL);
	}
	holdwait_acquired(lock, HOLDWAIT_EXCLUSIVE);
}

static void lock_release(struct lock *lock)
{
	holdwait_releasing(lock);
	if (atomic_exchange(&lock->state, FREE) == AWAITED)
		syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, 1);
}

struct account {
	struct lock lock;
	int euros;
};

static struct account *checking, *savings;
static pthread_barrier_t both_live, both_hold_one;
static atomic_bool first_is_done;
static bool certain, alone;

static void transfer(struct account *from, struct account *to, int euros)
{
	lock_acquire(&from->lock);
	if (certain)
		pthread_barrier_wait(&both_hold_one);
	lock_acquire(&to->lock);
	from->euros -= euros;
	to->euros += euros;
	lock_release(&to->lock);
	lock_release(&from->lock);
}

static void *save(void *unused)
{
	pthread_barrier_wait(&both_live);
	transfer(checking, savings, 40);
	atomic_store(&first_is_done, true);
	return unused;
}

static void *spend(void *unused)
{
	pthread_barrier_wait(&both_live);
	while (!certain && !atomic_load(&first_is_done))
		sched_yield();
	transfer(savings, checking, 15);
	return unused;
}

static struct account *open_account(const char *name, int euros)
{
	struct account *account = calloc(1, sizeof(*account));

	if (!account)
		die("out of memory");
	account->euros = euros;
	holdwait_name(&account->lock, name);
	return account;
}

static void run_threads(void)
{
	pthread_t saver, spender;

	check(pthread_barrier_init(&both_live, NULL, alone ? 1 : 2), "make a barrier");
	check(pthread_barrier_init(&both_hold_one, NULL, 2), "make a barrier");
	if (alone)
		first_is_done = true;
	else
		check(pthread_create(&saver, NULL, save, NULL), "start a thread");
	check(pthread_create(&spender, NULL, spend, NULL), "start a thread");
	if (!alone)
		check(pthread_join(saver, NULL), "wait for a thread");
	check(pthread_join(spender, NULL), "wait for a thread");
}

int main(int argc, char **argv)
{
	certain = argc == 2 && strcmp(argv[1], "--certain") == 0;
	alone = argc == 2 && strcmp(argv[1], "--alone") == 0;
	if (argc > 1 && !certain && !alone) {
		fprintf(stderr, "usage: %s [--certain | --alone]\n", argv[0]);
		return 2;
	}
	checking = open_account("checking", 100);
	savings = open_account("savings", 0);
	holdwait_order(&checking->lock, &savings->lock);
	run_threads();
	printf("checking %d, savings %d\n", checking->euros, savings->euros);
	free(checking);
	free(savings);
	return 0;
}
