/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_STACK_H
#define HW_INTERPOSE_STACK_H

/*
 * The call stack of the calling thread, as an entry of its table of stacks.
 *
 * Most stacks are the ones that the thread had in the same place before, and are proved to be by
 * a few comparisons (memo.h). The others are read by rules (backtrace.h), or where these are not
 * known by libunwind (unwinder.h). Where frame pointers were asked for they take the place of the
 * rules, and libunwind is there for signal handlers. A stack has one frame, the call of the hook,
 * where that cannot work: in a signal handler that interrupted it, on a stack that is too small
 * for it, and on one that is not known to be the thread's, such as a coroutine's. On an
 * alternate stack that is too small there is also the handler's entry and what it interrupted
 * (handler.h).
 *
 * Of a program in Python, its functions come first (python.h), before those of the interpreter.
 *
 * What a thread has logged is in its table (stack_table.h). Stacks from which other signal
 * handlers could be entered are other stacks.
 */

#include "interpose/handler.h"
#include "interpose/log.h"
#include "interpose/memo.h"
#include "interpose/stack_table.h"

/* Open libunwind, and find what else is needed. Not from a hook: dlopen allocates. */
void hw_stack_init(void);

/* Which of the table's entries is the current stack; logs it if it is not there. */
uint32_t hw_stack_capture(struct hw_self *self, const struct hw_call *call);

/* The same of one that is not the one that was there last. */
uint32_t hw_stack_find_or_capture(struct hw_self *self, const struct hw_call *call);

/* Code was replaced by other code: no stack that is remembered is one to come. */
void hw_stack_forget(void);

/* Most often the stack is the one that was there last; 0 when it is not. */
static inline __attribute__((always_inline)) uint32_t hw_stack_recall(struct hw_self *self,
	const struct hw_call *call)
{
	const struct hw_memo *memo = self->memo;
	struct hw_memo_stack stack;

	if (__builtin_expect(!memo ||
			    !hw_memo_find_recent(memo, call, hw_handler_open(self->blocked),
				    &stack) ||
			    !hw_stack_table_use(self, stack.number, stack.hash), 0))
		return 0;
	hw_log_count(&self->slot->stack_hits);
	return stack.number;
}

/* For the calls that programs make most often. */
static inline __attribute__((always_inline)) uint32_t hw_stack_capture_inline(
	struct hw_self *self, const struct hw_call *call)
{
	uint32_t number = hw_stack_recall(self, call);

	return __builtin_expect(number, 1) ? number : hw_stack_find_or_capture(self, call);
}

/*
 * The same, and when that was. The clock is read first, as the processor compares words of the
 * stack while it waits for the clock; and once more when the stack had to be looked for, which
 * takes its time and may log it.
 */
static inline __attribute__((always_inline)) uint32_t hw_stack_capture_timed(
	struct hw_self *self, const struct hw_call *call, uint64_t *ret_ticks)
{
	uint64_t ticks = hw_log_now();
	uint32_t number = hw_stack_recall(self, call);

	if (__builtin_expect(!number, 0)) {
		number = hw_stack_find_or_capture(self, call);
		ticks = hw_log_now();
	}
	*ret_ticks = ticks;
	return number;
}

#define HW_STACK(self) hw_stack_capture((self), HW_CALL)

/* For the calls that programs make most often. */
#define HW_STACK_INLINE(self) hw_stack_capture_inline((self), HW_CALL)
#define HW_STACK_TIMED(self, ret_ticks) hw_stack_capture_timed((self), HW_CALL, (ret_ticks))

#endif
