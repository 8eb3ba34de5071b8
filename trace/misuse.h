/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_MISUSE_H
#define HW_TRACE_MISUSE_H

/*
 * What threads did to objects though nobody may: seen while the events go by in
 * order, because only then it is known who holds what.
 *
 *   unlock    by a thread that does not hold the lock
 *   end       of a thread that holds a lock, or a unit of a semaphore; also of a process,
 *             when the lock is one that others share and still use
 *   destroy   of what is held or waited for; freeing its memory is the same
 *   inherit   a forked child waits for a lock that, when it was forked, another
 *             thread of its parent held: who could unlock it does not exist in the child
 *
 * Each is told together with what another thread has to do with it, once for any number
 * of repetitions. Robust mutexes may be left by the end of their holder. Whether a semaphore is
 * used as a lock is known only at the end of the recording, so that is for the
 * analysis to look at.
 */

#include "trace/roster.h"

enum hw_misuse_kind {
	HW_MISUSE_UNLOCK,
	HW_MISUSE_END,
	HW_MISUSE_DESTROY,
	HW_MISUSE_INHERIT,
};

/* What another thread has to do with the object, at that time. */
enum hw_misuse_other {
	HW_MISUSE_NOBODY,
	HW_MISUSE_HOLDS,
	HW_MISUSE_HELD, /* it was the last one to, before */
	HW_MISUSE_WAITS,
};

struct hw_misuse {
	uint32_t id;
	uint64_t hash;
	enum hw_misuse_kind kind;
	struct hw_thread *thread; /* who did it */
	struct hw_object *object;
	uint32_t stack; /* where; of an end: where it took what it held; 0 when not known */
	uint32_t how;   /* of a destroy: enum hw_how */
	enum hw_misuse_other relation;
	struct hw_thread *other;
	uint32_t other_stack; /* where it took the object, or waits for it */
	uint64_t count;
	int64_t first_ns;
	bool dirty;
};

struct hw_misuses {
	struct hw_misuse *all;
	size_t count, capacity;
	struct hw_table by_hash; /* collisions probe by +1 */
};

void hw_misuses_finish(struct hw_misuses *misuses);

/* A release that found no hold. */
void hw_misuse_unlock(struct hw_misuses *misuses, struct hw_thread *thread,
	struct hw_object *object, uint32_t stack, int64_t time_ns);

/* The end of a thread, or of its process, whose own locks go with it. */
void hw_misuse_end(struct hw_misuses *misuses, const struct hw_roster *roster,
	struct hw_thread *thread, bool of_process, int64_t time_ns);

/* `how`: enum hw_how. */
void hw_misuse_destroy(struct hw_misuses *misuses, const struct hw_roster *roster,
	struct hw_thread *thread, struct hw_object *object, uint32_t stack, uint32_t how,
	int64_t time_ns);

/* A thread begins to wait: is there anybody who can end that? */
void hw_misuse_wait(struct hw_misuses *misuses, struct hw_thread *thread,
	struct hw_object *object, uint32_t stack, int64_t time_ns);

#endif
