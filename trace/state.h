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
 * second does not make as many states.
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
