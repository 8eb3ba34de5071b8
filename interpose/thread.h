/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_THREAD_H
#define HW_INTERPOSE_THREAD_H

/*
 * The life of a thread: it gets a slot and a first chunk before its first record,
 * and says when it ends. Threads we did not see being created (the main one, those
 * made by a raw clone) register at their first hook.
 *
 * The end is told by a destructor of thread-specific data that puts itself
 * off until the last round, because the program's own destructors use locks too.
 * Even later records are accepted; the collector takes the slot back when
 * the kernel no longer knows the thread.
 *
 * A thread is also an object: whoever joins it waits for it. Its cell is keyed
 * by pthread_t, which is the address of its descriptor, with the uid as token.
 */

#include "interpose/self.h"

/* From the constructor: the key whose destructor tells the end; how large stacks are. */
void hw_thread_init(void);

/* Of a thread that is created without attributes. */
size_t hw_thread_default_stack_bytes(void);

/* The calling thread's stack: its outermost frame, and how large it was asked to be. */
void hw_thread_set_stack(struct hw_self *self, uintptr_t outermost, size_t size_bytes);

/*
 * Give the calling thread a slot and a log. `uid` 0 takes a new one. False when
 * none is free; the thread then stays unrecorded and is counted.
 */
bool hw_thread_register(struct hw_self *self, uint64_t uid, uint64_t creator_uid);

/* A number for a thread or process that is about to be. */
uint64_t hw_thread_new_uid(void);

#endif
