/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_ELSEWHERE_H
#define HW_TRACE_ELSEWHERE_H

/*
 * How much of the time that threads are blocked in futexes is spent in some that
 * were not intercepted: locks that a language or a library makes itself.
 *
 * Every so often each recorded thread is looked at from outside (trace/futex.h). One that is
 * blocked in a futex and whose slot names what it waits for is blocked in an intercepted call;
 * one with an empty slot is blocked elsewhere. The slot is read before and after, and a look that
 * would count as elsewhere is taken twice: a thread on its way into or out of an
 * intercepted wait counts as neither. Each look stands for the time since the one before.
 *
 * The looks cost little: when one took long (many threads), the next comes later in proportion,
 * and one look does not go past a number of threads; the next goes on with the others.
 * Threads without a slot are not looked at, nor are those of another pid namespace. Nothing is
 * measured when only some kinds of objects are recorded: waits for the others would be elsewhere.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hw_collector;
struct hw_module;
struct hw_session;
struct hw_thread_slot;

/* Time that was blocked elsewhere, by the module that asked the kernel. */
struct hw_elsewhere_share {
	const struct hw_module *module; /* NULL: not known */
	uint64_t blocked_ns;
};

/* All zeroes is one that has not looked yet. */
struct hw_elsewhere {
	int64_t last_ns, due_ns; /* of the looks */
	uint32_t next_slot;      /* to go on with */
	uint64_t looks;          /* threads that were looked at */
	uint64_t refused;        /* and those that could not be */
	uint64_t blocked_ns;     /* in any futex */
	uint64_t elsewhere_ns;   /* and in one that was not intercepted */
	struct hw_elsewhere_share *shares;
	size_t share_count, share_capacity;
};

/* Whether the numbers of a thread are those of this process's /proc. */
bool hw_elsewhere_sees(const struct hw_session *session, const struct hw_thread_slot *slot);

/* Look at the threads, if it is time to. */
void hw_elsewhere_look(struct hw_collector *collector);

/* Write what was found into the recording's meta (holdwait(5)); nothing when nothing was. */
void hw_elsewhere_store(struct hw_collector *collector);

void hw_elsewhere_finish(struct hw_elsewhere *elsewhere);

#endif
