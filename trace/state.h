/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_STATE_H
#define HW_TRACE_STATE_H

/*
 * Who is blocked: the waiting state, looked at from outside.
 *
 * A thread counts as blocked when its slot named the same wait before and
 * after a round that found nothing new in its log: every wait that ends
 * publishes a record before the slot is cleared. Blocked threads change nothing, so
 * their holds as read from the logs are exact, and a cycle among them is a
 * deadlock, not a race with the collector. It is part of the state only when it
 * has lasted a moment, so that a lock which changes hands a thousand times a
 * second does not make as many states. Who has dropped records that its log does not tell
 * of yet holds nothing and waits for nothing (gap.h).
 *
 * One kind of wait ends without a word: a thread that is cancelled in it, or jumps out of it from
 * a signal handler, tells so with its next record only. So the kernel is asked, of
 * every blocked thread and whenever there is to be another state, whether it is in a futex. Who
 * is awake, and not because it is being killed, has left when that has lasted a moment, too; until
 * then there is no other state.
 */

#include "trace/collector.h"

/* Before a round: remember every slot. */
void hw_state_look(struct hw_collector *collector);

/*
 * After the round: which threads have been blocked all along, and for a moment.
 * True when those are others than in the waiting state stored last.
 */
bool hw_state_changed(struct hw_collector *collector);

/* Its process is gone: what it was blocked on at the end stays. */
void hw_state_settle(struct hw_order *order, struct hw_thread *thread);

#endif
