/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_SELF_H
#define HW_INTERPOSE_SELF_H

/*
 * What the library knows of the calling thread, in thread-local storage, and
 * how every hook begins.
 *
 * A hook calls hw_self_enter(). It gets NULL when nothing is to be recorded and
 * then does nothing but call the real function. The test behind that is two
 * loads and one compare: `epoch` of the thread against hw_self_epoch, a word in a
 * page that the kernel clears in a forked child (MADV_WIPEONFORK). They differ
 * in a thread seen for the first time, in the child of any kind of fork, while
 * the unwinder runs, after vfork, and when recording has ended; the slow path sorts
 * these out.
 *
 * The storage is small because it comes out of every thread's stack, and of the
 * initial-exec model because any other may allocate at the first use.
 */

#include <stdbool.h>
#include <stdint.h>

#include "interpose/export.h"
#include "interpose/call.h"
#include "trace/session.h"

struct hw_stack_table;
struct hw_memo;
struct hw_once;
struct hw_cell;
struct hw_unwinder_seat;

/* A wait for a home-made lock, between the two calls that tell of it (annotate.c). */
struct hw_annotated_wait {
	uint64_t what;       /* object, stack and how, as in a record */
	uint64_t outer_wait; /* what the slot said before, and from where */
	uintptr_t outer_sp;
	uintptr_t sp;        /* stack pointer of the function that waits */
};

/* A home-made lock may be made of others; waits further in than these are logged only. */
enum { HW_ANNOTATED_DEPTH = 3 };

struct hw_self {
	uint64_t epoch;           /* *hw_self_epoch while recording, else HW_NO_EPOCH */
	struct hw_record *next;   /* where the next record goes; the end of a chunk when full */
	struct hw_thread_slot *slot;
	_Atomic uintptr_t *floor; /* of its stack; see frames.h */
	uintptr_t wait_sp;        /* stack pointer of the wait that is under way, or 0 */
	struct hw_stack_table *stacks; /* NULL when the thread has none (any more) */
	struct hw_memo *memo;     /* of the same; NULL when it has none */
	uintptr_t stack_high;     /* end of its stack, or 0 when it is not known */
	uintptr_t stack_top;      /* above that end there are frames of libc, up to here */
	uintptr_t stack_low;      /* below it there is too little left for the unwinder */
	uintptr_t alternate_low;  /* its alternate stack for signal handlers (sigaltstack) */
	uintptr_t alternate_bytes; /* 0 when there is none */
	uint64_t blocked;         /* signals it blocks, as far as calls told (handler.h) */
	uintptr_t unwind_sp;      /* stack pointer where the unwinder was called */
	struct hw_unwinder_seat *seat; /* its thread-local storage */
	uint64_t fork_uid;        /* of the process being forked */
	uint64_t saved_epoch;     /* while it is paused */
	int32_t tid;
	uint32_t unwinding;       /* the unwinder runs: calls may be its own */
	uint32_t transient;       /* last stack entry used that holds for one record */
	uint32_t last_entry;      /* of the table of stacks: may be on its way into a record */
	uint32_t paused;          /* after vfork, and while our constructor runs */
	uint8_t unrecorded;       /* found no slot; tried once */
	uint8_t exit_round;       /* runs of its thread-specific destructor */
	uint8_t in_glib;          /* what is created inside is part of an object of GLib's */
	struct hw_once *once;     /* the innermost pthread_once under way */
	uint32_t annotated_count; /* waits for home-made locks under way, the innermost last */
	struct hw_annotated_wait annotated[HW_ANNOTATED_DEPTH];
};

extern HW_HIDDEN __thread struct hw_self hw_self;

/* What no process has: also not one that does not record, whose epoch is 0. */
#define HW_NO_EPOCH UINT64_MAX

/* The word that every hook compares; in a page that is wiped by fork. */
extern HW_HIDDEN uint64_t *hw_self_epoch;

/* Record nothing from this thread for a while; nests. */
static inline void hw_self_pause(struct hw_self *self)
{
	if (self->paused++ == 0) {
		self->saved_epoch = self->epoch;
		self->epoch = HW_NO_EPOCH;
	}
}

static inline void hw_self_resume(struct hw_self *self)
{
	if (--self->paused == 0)
		self->epoch = self->saved_epoch;
}

/* Sort out why the epochs differ; may register the thread. `call`: of the hook, or NULL. */
struct hw_self *hw_self_enter_slow(const struct hw_call *call);

/* The wait under way did not return here: is it abandoned, or are we in a signal handler? */
void hw_self_check_wait(struct hw_self *self, uintptr_t stack_pointer);

/* The hook runs above the floor of its thread: what lived in between is gone (frames.h). */
void hw_self_check_frames(struct hw_self *self, uintptr_t stack_pointer);

static inline __attribute__((always_inline)) struct hw_self *hw_self_enter(
	const struct hw_call *call)
{
	struct hw_self *self = &hw_self;
	uintptr_t stack_pointer = (uintptr_t)__builtin_frame_address(0);

	if (__builtin_expect(self->epoch != *hw_self_epoch, 0)) {
		self = hw_self_enter_slow(call);
		if (!self)
			return NULL;
	}
	if (__builtin_expect(self->wait_sp != 0, 0))
		hw_self_check_wait(self, stack_pointer);
	if (__builtin_expect(
		    stack_pointer > atomic_load_explicit(self->floor, memory_order_relaxed), 0))
		hw_self_check_frames(self, stack_pointer);
	return self;
}

#define HW_ENTER() hw_self_enter(HW_CALL)

#endif
