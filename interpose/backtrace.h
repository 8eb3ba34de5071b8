/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_BACKTRACE_H
#define HW_INTERPOSE_BACKTRACE_H

/*
 * The call stack by rules (cfi.h), or by frame pointers, with everything it was read from.
 *
 * Where one frame leads to the next is a function of its return address, the stack
 * pointer and sometimes rbp; and these come from the words of the stack that were read to find
 * it. So whoever begins with the same place, stack pointer and rbp, and finds the same
 * values in these words, has the same stack: by induction over the frames, as each step
 * then applies the same rule to the same values. That holds as long as the code does
 * (memo.h). Words that only restore an rbp which no frame further out uses
 * decide nothing, and are left out: in most code rbp is a register like others.
 *
 * What a signal handler interrupted is in the frame that the kernel left there: where it was, its
 * stack pointer, its rbp. These words are read like others, so all of that holds for them.
 *
 * By frame pointers there is one rule for all code: a function begins by pushing rbp, just below
 * its return address, and rbp points there until it returns. The stack ends where
 * that cannot be so, and rbp and the words that say so are among what was read. Of a function
 * that does otherwise, the caller is skipped when it leaves rbp alone; when it uses it for
 * something else, the stack ends there, or goes on with what looks like frames.
 */

#include <stdbool.h>
#include <stdint.h>

#include "interpose/call.h"
#include "trace/record.h"

/* What was read, and where. */
struct hw_backtrace_word {
	const uintptr_t *at;
	uintptr_t value;
};

enum { HW_BACKTRACE_WORDS_MAX = 2 * HW_DEPTH_MAX, HW_BACKTRACE_SIZES = 4 };

struct hw_backtrace {
	uint32_t count; /* of return addresses, innermost first */
	uint32_t word_count;
	bool uses_base; /* the rbp of the call decides, too */
	bool through_handler;
	uint32_t sizes[HW_BACKTRACE_SIZES]; /* of the innermost frames, in bytes; 0: not known */
	void *frames[HW_DEPTH_MAX];
	struct hw_backtrace_word words[HW_BACKTRACE_WORDS_MAX];
};

/*
 * From a call on, at most `depth` frames; the stack ends at `high`. Signal handlers return to
 * `trampoline` (handler.h); NULL when that is not known. False when a rule is missing, or leads
 * off the stack: then nothing is known. No lock, no system call.
 */
bool hw_backtrace_take(const struct hw_call *call, uint32_t depth, uintptr_t high,
	const void *trampoline, struct hw_backtrace *ret_backtrace);

/*
 * The same by frame pointers alone, whatever is in rbp. Frames of signal handlers are not told
 * from others: what comes after one is not where it interrupted, but that function's caller.
 */
void hw_backtrace_follow(const struct hw_call *call, uint32_t depth, uintptr_t high,
	struct hw_backtrace *ret_backtrace);

#endif
