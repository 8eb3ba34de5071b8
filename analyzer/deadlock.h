/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_DEADLOCK_H
#define HW_ANALYZER_DEADLOCK_H

/*
 * Deadlocks that are there, in the waiting state of a model: who holds what and
 * who waits for what, across processes.
 *
 * A thread is stuck when everything that could end its wait is up to threads
 * that are stuck: a mutex or spinlock to its holder, a rwlock wanted for
 * writing to any one of its holders, a semaphore to the keepers of all its units, or all but
 * fewer than are wanted at once, a join to the thread joined. The stuck threads are the
 * largest set for which this holds: start from all that wait and take out, again and again, those
 * somebody else can free. Nobody is stuck who waits for a limited time, for something without a
 * known holder, or for what any thread can give (conditions, barriers, signals).
 *
 * Stuck threads that wait for each other are one deadlock. It is told as a shortest
 * ring in it; the keepers of a semaphore's other units belong to it too, since
 * any of them could end it. All other stuck threads wait behind it.
 */

#include "analyzer/model.h"

struct hw_deadlock {
	uint32_t *threads; /* the ring, each waits for the next; then other keepers of units */
	uint32_t *holds; /* by which that thread keeps what its predecessor waits for; HW_NONE: its
			    end */
	uint32_t ring_length; /* 1 when a thread waits for itself */
	uint32_t thread_count;
	uint32_t behind_count; /* threads that wait for these without being part of it */
};

struct hw_deadlocks {
	struct hw_deadlock *all;
	uint32_t count;
	uint32_t capacity;
	struct hw_arena arena;
};

/* Find all. The caller finishes them. */
void hw_deadlocks_find(const struct hw_model *model, struct hw_deadlocks *ret_deadlocks);
void hw_deadlocks_finish(struct hw_deadlocks *deadlocks);

/*
 * The fingerprint (fingerprint.h) of a ring of threads that wait for each other; `holds`
 * as above.
 */
uint64_t hw_deadlocks_fingerprint(const struct hw_model *model, const char *rule,
	const uint32_t *threads, const uint32_t *holds, uint32_t length);

#endif
