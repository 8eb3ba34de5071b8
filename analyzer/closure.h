/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_CLOSURE_H
#define HW_ANALYZER_CLOSURE_H

/*
 * The least part of a recorded run that holds some events and everything they
 * cannot do without. It is a prefix of every thread, so it is one number for
 * each: how many of its events are in it. It only ever grows.
 *
 * It is closed under thread order and under what enabled an event (history.h). With
 * `critical` also under this: of two conflicting acquisitions of one lock by
 * different threads, both in it, the release of the earlier one is in it; and of an
 * attempt that failed, the acquisition because of which it did. Then
 * what is in it can be run in the recorded order, leaving all else out: it is a
 * sync-preserving closure (Tunç, Mathur, Pavlogiannis, Viswanathan, "Sound Dynamic Deadlock
 * Prediction in Linear Time", PLDI 2023), computed with a pointer per thread instead
 * of vector timestamps per event. Without `critical` it is what must
 * have happened before in every run with the same creations, joins and hand-overs.
 *
 * What a thread did from an event on that cannot be believed (doubt.h) is taken in
 * like the rest, but needs nothing: whoever asks can see that it is in.
 *
 * Of a semaphore of several units, no more may be out at once than it has: where they would be,
 * one that was back by then in the recorded run is given back, the one that is out longest. That
 * is one way of several to make it so, and a deadlock that needs another one is missed.
 *
 * Every event is looked at once, however often something is included; an
 * acquisition also looks at the readers of its lock. Units are counted anew each time.
 */

#include "analyzer/history.h"

/* An event that pulled another thread in: what it is, and what it needed. */
struct hw_pull {
	uint32_t thread, index;   /* the event that needed something; HW_NONE when nothing pulled */
	uint32_t enabler_thread, enabler;
};

struct hw_closure {
	const struct hw_model *model;
	const struct hw_history *history;
	bool critical;
	uint32_t *wanted;  /* by thread: events that are in it */
	uint32_t *reached; /* by thread: events whose needs were looked at */
	struct hw_pull *pulls; /* by thread: what last made `wanted` grow from outside */
	struct hw_closure_lock *locks; /* by object; only when critical, as `counted` */
	uint32_t *counted; /* semaphores of several units that are in it */
	uint32_t counted_count;
	uint32_t *pending; /* threads with reached < wanted, each once */
	uint32_t pending_count;
	bool *is_pending;
};

void hw_closure_init(struct hw_closure *closure, const struct hw_model *model,
	const struct hw_history *history, bool critical);
void hw_closure_finish(struct hw_closure *closure);

/* Take in the first `count` events of a thread, and all they need. */
void hw_closure_include(struct hw_closure *closure, uint32_t thread, uint32_t count);

/* Whether all that is in it can be believed. */
bool hw_closure_is_sound(const struct hw_closure *closure);

/* How many of a thread's first events are in it. */
uint32_t hw_closure_count(const struct hw_closure *closure, uint32_t thread);

#endif
