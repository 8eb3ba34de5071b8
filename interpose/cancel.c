/* SPDX-License-Identifier: MIT */
#include "interpose/cancel.h"

#include "interpose/handler.h"

void hw_cancel_attempt(void *argument)
{
	struct hw_attempt *attempt = argument;

	if (!attempt->cell)
		return;
	hw_cancel_log(attempt->self, attempt->what);
	hw_attempt_over(attempt);
}

void hw_cancel_log(struct hw_self *self, uint64_t what)
{
	hw_log_add(self, hw_log_now(), HW_OP_CANCEL, hw_what_object(what), hw_what_stack(what), 0);
}

/*
 * Further out on the stack than the wait: it was jumped out of (siglongjmp from
 * a signal handler). Then nothing was acquired, not even a condition's mutex. Further
 * in, or on a stack of its own, this is a signal handler and the wait goes on.
 */
void hw_self_check_wait(struct hw_self *self, uintptr_t stack_pointer)
{
	if (hw_handler_further_in(self, stack_pointer, self->wait_sp))
		return;
	hw_cancel_log(self, atomic_load_explicit(&self->slot->wait, memory_order_relaxed));
	hw_attempt_clear(self);
}
