/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_UNWINDER_H
#define HW_INTERPOSE_UNWINDER_H

/*
 * libunwind as a lodger: opened privately, and given the few things of the outside
 * world that it wants in a form that does not disturb the program.
 *
 * It is opened with dlopen(RTLD_LOCAL): as a DT_NEEDED its _Unwind_* would be found
 * before libgcc's by every C++ plugin, and exceptions would become thirty times
 * slower (TRAPS). Then entries of its global offset table are replaced, so that
 * while it works for us
 *
 *   pipe2, read, syscall,  it opens no pipe to try addresses with: the program would
 *   mincore, msync         see its numbers, or close them and get a byte
 *                          written into the file that it opened next. A system call
 *                          that needs no file, and that no sandbox forbids, tells as much.
 *   __tls_get_addr         its thread-local storage is in ours: the dynamic linker
 *                          would allocate it with the program's malloc, whose locks
 *                          may be what called the hook.
 *   pthread_setspecific    it keeps no key: its destructor would lock while the thread ends.
 *                          A thread's storage goes to the next thread instead.
 *   pthread_key_create     that destructor is called by us, when a library was closed: how
 *                          to unwind is remembered by address, and would be followed
 *                          blindly, into memory that is not there, for what is loaded there
 *                          next.
 *   dl_iterate_phdr        no lock of the dynamic linker is taken, which a callback of
 *                          the program may hold; _dl_find_object knows.
 *   pthread_mutex_lock     its locks are counted: the child of a fork that happened while
 *                          one was held does not call it, because nobody would unlock.
 *
 * A program that uses libunwind itself shares it with us; then the entries pass its own
 * calls on.
 */

#include "interpose/self.h"

/* What it is given of a stack: it needs 6 KiB, and a signal handler may come on top. */
enum { HW_UNWINDER_ROOM_BYTES = 16384 };

/* libunwind's thread-local storage for one thread at a time. All zeroes at first. */
struct hw_unwinder_seat {
	uint64_t words[8];
	const void *kept;    /* what it would have destroyed at the end of the thread */
	uint64_t generation; /* of the code that it has met */
};

/* Open it; false when there is none that fits in. It allocates: not from a hook. */
bool hw_unwinder_open(void);

/* Return addresses, innermost first, from this function's own frame on; how many. */
uint32_t hw_unwinder_walk(struct hw_self *self, struct hw_unwinder_seat *seat, void **ret_frames,
	uint32_t max);

/*
 * Whether it is at work, further out on this stack. A handler that interrupted it may have
 * jumped out of both; then it is not, and that is put right here.
 */
bool hw_unwinder_works(struct hw_self *self);

/* Whether an address belongs to it, so that a call from there is its own business. */
bool hw_unwinder_owns(const void *address);

/* Code was replaced by other code, or will be: what is known of it does not hold any more. */
void hw_unwinder_forget(void);

/* In the child of a fork: whether it can be used there depends on who was inside. */
void hw_unwinder_forked(void);

#endif
