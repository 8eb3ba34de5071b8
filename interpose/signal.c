/* SPDX-License-Identifier: MIT */
#include <signal.h>
#include <string.h>

#include "interpose/export.h"
#include "interpose/handler.h"
#include "interpose/real.h"
#include "interpose/sys.h"

/*
 * Calls that say which handlers there are, which signals a thread blocks, and where its
 * alternate stack is (handler.h). Nothing is logged; after the real call, what it
 * changed is noted.
 */

/* The bits of a mask of libc, which may have room for more signals than there are. */
static uint64_t bits_of(const sigset_t *set)
{
	uint64_t bits;

	memcpy(&bits, set, sizeof(bits));
	return bits;
}

/* The unwinder blocks and unblocks, too; and after vfork this is not the thread's own mask. */
static void note_mask(int how, uint64_t bits)
{
	struct hw_self *self = &hw_self;

	if (self->unwinding || self->paused)
		return;
	if (how == SIG_BLOCK)
		self->blocked |= bits;
	else if (how == SIG_UNBLOCK)
		self->blocked &= ~bits;
	else
		self->blocked = bits;
}

/* After the real call. The mask is copied before: the old one may be written over it. */
HW_EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	uint64_t bits = set ? bits_of(set) : 0;
	int error = HW_REAL(pthread_sigmask)(how, set, old);

	if (set && !error)
		note_mask(how, bits);
	return error;
}

HW_EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	uint64_t bits = set ? bits_of(set) : 0;
	int result = HW_REAL(sigprocmask)(how, set, old);

	if (set && !result)
		note_mask(how, bits);
	return result;
}

static void note_handler(int number, sighandler_t handler, int flags)
{
	bool own = handler != SIG_DFL && handler != SIG_IGN;

	if (!hw_self.paused)
		hw_handler_note(number, own ? (uintptr_t)handler : 0, flags);
}

HW_EXPORT int sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
	sighandler_t handler = action ? action->sa_handler : SIG_DFL;
	int flags = action ? action->sa_flags : 0;
	int result = HW_REAL(sigaction)(number, action, old);

	if (action && !result)
		note_handler(number, handler, flags);
	return result;
}

HW_EXPORT sighandler_t signal(int number, sighandler_t handler)
{
	sighandler_t old = HW_REAL(signal)(number, handler);

	if (old != SIG_ERR)
		note_handler(number, handler, 0);
	return old;
}

HW_ALIAS(int, __sigaction, (int, const struct sigaction *, struct sigaction *), sigaction)
HW_ALIAS(sighandler_t, bsd_signal, (int, sighandler_t), signal)
HW_ALIAS(sighandler_t, ssignal, (int, sighandler_t), signal)

/* Afterwards the kernel is asked, as both structures may be the same one. */
HW_EXPORT int sigaltstack(const stack_t *stack, stack_t *old)
{
	int result = HW_REAL(sigaltstack)(stack, old);
	stack_t kept;

	if (result || !stack || hw_self.paused ||
		hw_sys2(SYS_sigaltstack, NULL, &kept))
		return result;
	hw_self.alternate_low = (uintptr_t)kept.ss_sp;
	hw_self.alternate_bytes = kept.ss_flags & SS_DISABLE ? 0 : kept.ss_size;
	return result;
}
