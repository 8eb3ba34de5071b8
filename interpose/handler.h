/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_HANDLER_H
#define HW_INTERPOSE_HANDLER_H

/*
 * Signal handlers: which of them a call stack goes through, and which could have
 * interrupted it.
 *
 * The kernel makes a handler look as if it had been called by a trampoline, two
 * instructions that ask for rt_sigreturn, and next to its return address leaves what it
 * interrupted and why. The unwinder goes
 * through that, so the trampoline's address is among the return addresses. It is told
 * by its code when it is met first, and by its address from then on. The kernel's frame
 * begins with the trampoline's address and has in it the address that comes next on the stack
 * (signal_frame.h).
 *
 * Which signal it was the frame tells only to handlers that asked for it (SA_SIGINFO), which
 * may have unblocked it since. Otherwise it is the one that the handler blocks and the
 * interrupted code did not, and whose handler, as sigaction was told, begins just before the
 * first place in the handler, in the same file. Where that fits several signals, the lowest
 * stands for all.
 *
 * An alternate stack is often too small for the unwinder. It is known from the call of
 * sigaltstack, and every frame that the kernel makes repeats where it is: so there, too, the
 * frame is found, and what it interrupted.
 *
 * What could have interrupted: the handlers that are installed, as calls of sigaction
 * and signal say, or because they have run, less those that the thread blocks. Whenever a stack
 * is defined the kernel tells what is blocked. What calls of pthread_sigmask say only
 * decides whether the definition of a stack is looked for again; so changes that no
 * call makes (siglongjmp, the return of a handler) need not be followed.
 *
 * All of this may run in a handler. After vfork nothing is noted: the child uses its
 * parent's memory, but its handlers and masks are its own.
 */

#include "interpose/export.h"
#include "interpose/self.h"

extern HW_HIDDEN const void *_Atomic hw_handler_known_trampoline;

/* Signals that have a handler of the program, as bits: 1 << (number - 1). */
extern HW_HIDDEN _Atomic uint64_t hw_handler_installed;

/* Of these, the ones that could interrupt a thread that blocks `blocked`. */
static inline uint64_t hw_handler_open(uint64_t blocked)
{
	return atomic_load_explicit(&hw_handler_installed, memory_order_relaxed) & ~blocked;
}

/* The trampoline that was met, or NULL. */
static inline const void *hw_handler_trampoline(void)
{
	return atomic_load_explicit(&hw_handler_known_trampoline, memory_order_relaxed);
}

/* The program gave a signal this handler, with these SA_ flags; 0 when it took it away. */
void hw_handler_note(int number, uintptr_t entry, int flags);

/* Whether an address is on the thread's alternate stack. */
static inline bool hw_handler_alternate(const struct hw_self *self, uintptr_t address)
{
	return address - self->alternate_low < self->alternate_bytes;
}

/*
 * Whether code with its stack pointer at `here` runs while the one at `outer` is not
 * finished: it is further in, or on another stack, as a handler that interrupted it.
 */
bool hw_handler_further_in(const struct hw_self *self, uintptr_t here, uintptr_t outer);

/* Whether there is a trampoline that was not known until now among the return addresses. */
bool hw_handler_discover(void *const *frames, uint32_t count);

/*
 * Put the numbers of the signals into return addresses that are the known trampoline (see
 * HW_FRAME_SIGNAL_SHIFT). They are those of the calling code, innermost first. Asks the kernel
 * what is blocked.
 */
void hw_handler_mark(const struct hw_self *self, void **frames, uint32_t count);

/*
 * What decides, besides the words of a stack, which numbers these are: they are the same as long as
 * it is. Asks the kernel what is blocked.
 */
uint64_t hw_handler_state(const struct hw_self *self);

/*
 * On an alternate stack: the trampoline, marked, and what was interrupted, innermost first. How
 * many of the two addresses it found: none or both.
 */
uint32_t hw_handler_find(const struct hw_self *self, void *ret_frames[2]);

#endif
