/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_CALL_H
#define HW_INTERPOSE_CALL_H

/*
 * From where a hook was called: the two words that a call and the prologue of a function with
 * a frame pointer leave on the stack. Where they lie tells the caller's stack pointer, so that
 * together they are what a walk over the stack begins with (backtrace.h).
 */

#include <stdint.h>

struct hw_call {
	uintptr_t base;   /* the caller's rbp */
	const void *from; /* where it returns to */
};

/* The call of the function it is written in, or that it is inlined into. */
#define HW_CALL ((const struct hw_call *)__builtin_frame_address(0))

#endif
