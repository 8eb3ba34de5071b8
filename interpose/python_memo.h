/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_PYTHON_MEMO_H
#define HW_INTERPOSE_PYTHON_MEMO_H

/*
 * The Python functions a thread was last seen in, each list with the stack that it made together
 * with the interpreter's own.
 *
 * An entry stands for the present list if that has the same frames, with the same code at the
 * same places, and ends with the same one. They are compared from the innermost one on, and
 * only what the thread's own list leads to is read: that the pointer to the next frame is the one
 * of the entry has been seen before anything is read from there. So no frame is read that is
 * not there any more; and because all addresses are known beforehand, the processor need not
 * wait for one to read the next.
 *
 * Where an entry is looked for depends on where the two innermost functions are: most programs
 * lock in a few functions, which are called from many.
 *
 * A signal handler finds an entry as it was, or none. It leaves a count of changes behind, by
 * which code that it interrupted while comparing knows, and changes nothing that was being
 * changed. If it jumps out of that, nothing is remembered any more: slower, but right.
 */

#include "interpose/python.h"

enum { HW_PYTHON_MEMO_ENTRIES = 64, HW_PYTHON_MEMO_FRAMES_MAX = 16 };

struct hw_python_memo_entry {
	uint64_t native; /* hash of the interpreter's own stack */
	uint64_t hash;   /* of both; 0: there is none */
	uint32_t number; /* in the table of stacks */
	uint32_t count;
	uintptr_t outer; /* the frame outside of the last one */
	struct hw_python_frame frames[HW_PYTHON_MEMO_FRAMES_MAX];
};

/* All zeroes: empty. Who had the table of stacks before leaves nothing that would be wrong. */
struct hw_python_memo {
	uint32_t changes;
	bool is_changing;
	struct hw_python_memo_entry entries[HW_PYTHON_MEMO_ENTRIES];
};

/*
 * The number of the present stack in the table of stacks, whose interpreter's own part has this
 * hash; 0 when it is not known. `innermost`: of the thread's frames, which is not 0.
 */
uint32_t hw_python_memo_find(struct hw_self *self, uintptr_t innermost, uint64_t native);

/* Remember it, with the hash of both. Lists that are longer than most are not kept. */
void hw_python_memo_add(struct hw_self *self, uint64_t native,
	const struct hw_python_frames *frames, uint64_t hash, uint32_t number);

#endif
