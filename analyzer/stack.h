/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_STACK_H
#define HW_ANALYZER_STACK_H

/*
 * Call stacks of a model as a person reads them: innermost first, functions
 * that were inlined as frames of their own.
 *
 * Between the lock and the code that wanted it often lies plumbing: std::mutex,
 * std::lock_guard, Rust's core, the C library. The site of a stack is its
 * innermost frame that is not plumbing, the line a person would change.
 */

#include "analyzer/model.h"

/*
 * The first `capacity` frames of a stack, innermost first; the return value
 * counts all. HW_NONE is a stack of no frames.
 */
uint32_t hw_stack_frames(const struct hw_model *model, uint32_t stack, uint32_t *ret_frames,
	uint32_t capacity);

/* Whether a frame belongs to the runtime of the language rather than to the program. */
bool hw_stack_is_plumbing(const struct hw_model *model, uint32_t frame);

/* The frame that is the site of a stack, or HW_NONE when it has no frames. */
uint32_t hw_stack_site(const struct hw_model *model, uint32_t stack);

/* "take_forks", or "libqueue.so+0x1234" when the function has no name. */
const char *hw_stack_function(const struct hw_model *model, uint32_t frame, struct hw_arena *arena);

/* "take_forks (philosophers.c:41)", without what is not known. */
const char *hw_stack_place(const struct hw_model *model, uint32_t frame, struct hw_arena *arena);

/* The file name without its directories; NULL of NULL. */
const char *hw_stack_file_name(const char *path);

#endif
