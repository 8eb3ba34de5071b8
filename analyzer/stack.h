/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_STACK_H
#define HW_ANALYZER_STACK_H

/*
 * Call stacks of a model as a person reads them: innermost first, functions
 * that were inlined as frames of their own, and without those of holdwait itself.
 *
 * Between a lock and the code that wanted it often lies what says nothing about
 * why: std::mutex and its guard, the C library, the program's own my_mutex_lock().
 * The site of a stack is the innermost frame past these, the line a person would
 * look at first.
 *
 * Two acquisitions that come through the same function, whatever its name is, differ
 * only further out. So the sites of a pair of stacks are the innermost frames
 * in which they differ: take_left_fork and take_right_fork, not the take_fork() both call.
 */

#include "analyzer/model.h"

/* Stacks are not looked at further out than this. */
enum { HW_STACK_FRAMES_MAX = 1024 };

/*
 * The first `capacity` frames of a stack, innermost first; the return value
 * counts all. HW_NONE is a stack of no frames.
 */
uint32_t hw_stack_frames(
	const struct hw_model *model, uint32_t stack, uint32_t *ret_frames, uint32_t capacity);

/* The signal of the innermost handler that a stack goes through, or HW_NO_SIGNAL. */
int32_t hw_stack_signal(const struct hw_model *model, uint32_t stack);

/* "SIGALRM", "SIGRTMIN+1", "SIGHUP or another signal", "a signal". */
const char *hw_stack_signal_name(int32_t signal, struct hw_arena *arena);

/* The frame that is the site of a stack, or HW_NONE when it has no frames. */
uint32_t hw_stack_site(const struct hw_model *model, uint32_t stack);

/* The sites of two acquisitions by one thread; each HW_NONE when its stack has no frames. */
void hw_stack_sites(const struct hw_model *model, uint32_t stack, uint32_t other_stack,
	uint32_t *ret_site, uint32_t *ret_other_site);

/* "take_forks", or "libqueue.so+0x1234" when the function has no name. */
const char *hw_stack_function(const struct hw_model *model, uint32_t frame, struct hw_arena *arena);

/* "take_forks (philosophers.c:41)", without what is not known; HW_NONE is "an unknown place". */
const char *hw_stack_place(const struct hw_model *model, uint32_t frame, struct hw_arena *arena);

#endif
