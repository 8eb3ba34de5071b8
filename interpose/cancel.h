/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_CANCEL_H
#define HW_INTERPOSE_CANCEL_H

/*
 * A call that is a cancellation point may never return. These two go around the
 * real call, in one block, and make sure that the log says so: a CANCEL. A wait
 * for a condition has more to say then, in cond.c.
 *
 * They are pthread_cleanup_push and _pop in libc's own form for C without
 * exceptions (a setjmp, some 10 ns), because the other form would need the
 * personality routine of libgcc_s, and the library needs nothing but libc.
 */

#include <pthread.h>

#include "interpose/attempt.h"

/* Log that the attempt (a struct hw_attempt) will not end; its thread is being cancelled. */
void hw_cancel_attempt(void *attempt);

/* Log it, and nothing else; `what` is the attempt's. */
void hw_cancel_log(struct hw_self *self, uint64_t what);

#define HW_CANCEL_PUSH(attempt) pthread_cleanup_push(hw_cancel_attempt, (attempt))
#define HW_CANCEL_POP()         pthread_cleanup_pop(0)

#endif
