/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "logs.h"

/* Chunks that were read are offered to threads that wait for some, as those of a program do. */

enum { WAITERS = 60 };

struct waiter {
	pthread_t thread;
	struct hw_session *session;
	_Atomic pid_t tid;
};

static void *wait_for_chunk(void *argument)
{
	struct waiter *waiter = argument;
	struct hw_session *session = waiter->session;
	uint32_t freed = atomic_load(&session->chunks_freed);

	atomic_store(&waiter->tid, gettid());
	syscall(SYS_futex, &session->chunks_freed, FUTEX_WAIT, freed, NULL);
	return NULL;
}

static bool is_asleep(const struct waiter *waiter)
{
	char path[64], state = 0;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)waiter->tid);
	status = waiter->tid ? fopen(path, "r") : NULL;
	if (!status)
		return false;
	cr_assert_eq(fscanf(status, "%*d %*s %c", &state), 1);
	fclose(status);
	return state == 'S';
}

/* A thread for each chunk: that all of them wake for a few would take longer than to fill these. */
Test(offer, wakes_as_many_as_there_are_chunks)
{
	static struct logs_world world;
	static struct waiter waiters[WAITERS];
	struct hw_session *session;
	uint32_t chunks = 2 * HW_CHUNKS_TO_RING + 3;

	logs_make_world(&world, 1);
	session = world.collector.map.session;
	for (uint32_t i = 0; i <= chunks * HW_CHUNK_RECORDS; i++) {
		world.ticks++;
		logs_write_event(&world, 0, 1);
	}
	atomic_store(&session->chunk_waiters, WAITERS);
	for (uint32_t i = 0; i < WAITERS; i++) {
		waiters[i].session = session;
		cr_assert_eq(pthread_create(&waiters[i].thread, NULL, wait_for_chunk,
				     &waiters[i]), 0);
		while (!is_asleep(&waiters[i]))
			sched_yield();
	}
	logs_take(&world, world.ticks);
	hw_readers_offer_chunks(world.collector.readers);
	hw_readers_offer_chunks(world.collector.readers);
	cr_expect_eq(syscall(SYS_futex, &session->chunks_freed, FUTEX_WAKE, INT_MAX),
		WAITERS - chunks);
	for (uint32_t i = 0; i < WAITERS; i++)
		cr_expect_eq(pthread_join(waiters[i].thread, NULL), 0);
	sqlite3_close(logs_end_world(&world));
}
