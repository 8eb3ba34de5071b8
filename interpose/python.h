/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_PYTHON_H
#define HW_INTERPOSE_PYTHON_H

/*
 * The Python functions that the calling thread is in, when the program is CPython or has it
 * loaded.
 *
 * They are read from the interpreter's own list of frames: a pointer in the state of the thread
 * leads to the innermost one, and each has pointers to its code, to where it is in it and to the
 * frame outside of it. A thread alone changes its list, and only while it runs Python code; so
 * its own hooks can follow the list whether they have the interpreter's lock (GIL) or not,
 * without references, allocation or calls. Where in these structures the pointers are differs
 * between versions, and is learned while the program runs (python_layout.h).
 *
 * A code object is known by its address and what it says of itself. One that was freed and
 * replaced by another at the same address, in the same place of the same calls, is taken for
 * the old one until its stack is logged again. In signal handlers, on a coroutine's stack, in a
 * second interpreter of the same thread, and once the interpreter ends (when threads that go on
 * may have lost their state) there are no Python frames.
 */

#include "interpose/export.h"
#include "interpose/module.h"
#include "interpose/self.h"

enum { HW_PYTHON_FRAMES_MAX = 64 };

struct hw_python_frame {
	uintptr_t address;
	uintptr_t code;  /* the code object */
	uintptr_t place; /* where in it, as it is stored */
};

/* Functions under way, innermost first. */
struct hw_python_frames {
	uint32_t count;
	uintptr_t outer; /* the frame outside of the last one; 0: none */
	struct hw_python_frame all[HW_PYTHON_FRAMES_MAX];
};

/* Whether there is an interpreter whose frames are wanted. */
extern HW_HIDDEN _Atomic bool hw_python_is_seen;

/*
 * A module is met for the first time: it may be an interpreter, of which the first one counts.
 * No lock, no allocation.
 */
void hw_python_meet(const struct hw_module_headers *module);

/* Before a library is closed: an interpreter that was loaded late stays, as it is asked. */
void hw_python_keep(void);

/*
 * The innermost frame of the thread; 0 when it is in no Python function, or while too little is
 * known. `call`: of the hook.
 */
uintptr_t hw_python_innermost(struct hw_self *self, const struct hw_call *call);

/* That one and those outside of it, at most `depth`. */
void hw_python_walk(uintptr_t innermost, uint32_t depth, struct hw_python_frames *ret_frames);

/*
 * Write them as addresses of a stack (record.h), after their code was logged. At most as
 * many; how many.
 */
uint32_t hw_python_log(struct hw_self *self, const struct hw_python_frames *frames,
	void **ret_addresses);

/* After a fork, in the child: nothing has been logged yet. */
void hw_python_forked(void);

/* Whether a mutex or condition there is a part of the interpreter's own lock. */
bool hw_python_is_internal(const void *address);

#endif
