/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_SIGNAL_FRAME_H
#define HW_INTERPOSE_SIGNAL_FRAME_H

/*
 * What the kernel leaves on the stack where it calls a signal handler, up to what is wanted of it
 * (struct rt_sigframe, arch/x86/include/asm/sigframe.h).
 */

#include <stddef.h>
#include <stdint.h>

enum { HW_SIGNAL_FRAME_BASE = 10 /* rbp among the registers, which begin with r8 */ };

struct hw_signal_frame {
	uint64_t trampoline;  /* where the handler returns to */
	uint64_t flags, link; /* from here on struct ucontext, as the kernel has it */
	uint64_t alternate_low, alternate_flags, alternate_bytes;
	uint64_t registers[15];
	uint64_t stack_pointer;
	uint64_t interrupted;
	uint64_t other_registers[15];
	uint64_t blocked; /* by the interrupted code */
	int32_t number; /* of siginfo; only there when it was asked for */
};

_Static_assert(offsetof(struct hw_signal_frame, number) == 312, "as in asm/sigframe.h");

#endif
