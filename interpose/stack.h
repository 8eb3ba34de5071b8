/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_STACK_H
#define HW_INTERPOSE_STACK_H

/*
 * The call stack of the calling thread, as an entry of its table of stacks.
 *
 * Return addresses come from libunwind's unw_backtrace. libunwind is opened
 * privately with dlopen(RTLD_LOCAL): as a DT_NEEDED its _Unwind_* would be found
 * before libgcc's by every C++ plugin, and exceptions would become thirty times
 * slower (TRAPS). While it runs, calls that come from it are passed
 * through; a signal handler that interrupts it is recorded with the one
 * frame that called it.
 *
 * Each thread remembers the stacks it has logged in a two-way table by hash, and
 * logs a stack again when it was pushed out. Nothing grows.
 */

#include "interpose/log.h"

/* Open libunwind. Not from a hook: dlopen allocates. Without it stacks have one frame. */
void hw_stack_init(void);

/*
 * Let libunwind set up what it keeps for this thread. It is allocated by the program's
 * malloc, which may be what called the hook, holding its locks: so only from a
 * place where no code of the program is underway. Without it stacks have one frame.
 */
void hw_stack_prepare_thread(struct hw_self *self);

/* Which of the table's entries is the current stack; logs it if it is not there. */
uint32_t hw_stack_capture(struct hw_self *self, const void *caller);

/* Whether an address belongs to libunwind, so that a call from there is its own business. */
bool hw_stack_is_unwinder(const void *address);

/* After a fork, in the child. */
void hw_stack_forked(void);

/* A thread's table of stacks: taken at its start, given back at its end. */
struct hw_memo *hw_stack_memo_take(void);
void hw_stack_memo_give_back(struct hw_memo *memo);

#define HW_STACK(self) hw_stack_capture((self), __builtin_return_address(0))

#endif
