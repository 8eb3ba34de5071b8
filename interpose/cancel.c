/* SPDX-License-Identifier: MIT */
#include "interpose/cancel.h"

#include "interpose/self.h"

static void log_cancel(struct hw_self *self, uint64_t what)
{
	hw_log_add(self, hw_log_now(), HW_OP_CANCEL, hw_what_object(what), hw_what_stack(what), 0);
	if (self->wait_mutex)
		hw_log_add(self, hw_object_acquired(self->wait_mutex), HW_OP_LOCK,
			self->wait_mutex->object, hw_what_stack(what), HW_HOW_REACQUIRE);
	self->wait_mutex = NULL;
}

void hw_cancel_attempt(void *argument)
{
	struct hw_attempt *attempt = argument;

	if (!attempt->cell)
		return;
	log_cancel(attempt->self, attempt->what);
	hw_attempt_over(attempt);
}

/*
 * Further out on the stack than the wait: it was jumped out of (siglongjmp from
 * a signal handler). Further in, this is a signal handler and the wait goes on.
 * The main thread's stack lies above everything else, so there `stack_high` is 0.
 */
void hw_self_check_wait(struct hw_self *self, uintptr_t stack_pointer)
{
	if (stack_pointer <= self->wait_sp ||
		(self->stack_high && stack_pointer > self->stack_high))
		return;
	log_cancel(self, atomic_load_explicit(&self->slot->wait, memory_order_relaxed));
	hw_attempt_clear(self);
}
