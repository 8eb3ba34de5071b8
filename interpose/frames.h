/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_FRAMES_H
#define HW_INTERPOSE_FRAMES_H

/*
 * Objects in frames of functions that have returned.
 *
 * A local lock with a static initialiser ends when its function returns, and nothing is called
 * for it. But whatever lies below the stack pointer of a hook's caller is in no frame
 * any more. So each thread has a floor: the lowest address on its stack at which an object
 * was seen, by whatever thread. A hook that runs above the floor of its thread tells
 * that what lies in between is gone (memory.h).
 *
 * Two functions called one after the other, with no hook in between that runs further
 * out, share their locals' addresses, and so their locks count as one. Code on
 * another stack (a coroutine, an alternate signal stack) tells nothing.
 *
 * Whose stack an address is on is asked once per object: a table by address, in steps of
 * 64 KiB, modulo 64 GiB, names the thread that had its stack there last. Where that thread's stack
 * is elsewhere, all stacks are looked through. Those of threads that have ended count, too: nobody
 * looks at their floors any more.
 */

#include "interpose/self.h"

/* The thread, which has a slot, has this stack; gives it a floor. */
void hw_frames_own(struct hw_self *self);

/* An object lives at this address now. */
void hw_frames_mark(uintptr_t address);

#endif
