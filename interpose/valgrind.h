/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_VALGRIND_H
#define HW_INTERPOSE_VALGRIND_H

/*
 * Asking Valgrind, which runs the program on a processor of its own, for silence while stacks
 * are read: whoever reads return addresses off a stack reads words that memcheck knows nobody
 * has written, and it would blame the program for them.
 *
 * A request is a sequence of instructions that do nothing elsewhere (four rotations by 128 bits
 * in all, and an exchange of a register with itself), with the address of its words in rax and the
 * answer in rdx: Valgrind's manual, "The Client Request mechanism", and its header valgrind.h.
 */

#include <stdbool.h>
#include <stdint.h>

enum hw_valgrind_request {
	HW_VALGRIND_IS_HERE = 0x1001,
	HW_VALGRIND_DEFINE = 0x4d430002, /* memory, here of no size; memcheck alone answers */
	HW_VALGRIND_HUSH = 0x1801, /* 1: no errors from this thread; -1: again; nests */
};

/* 0 when there is no Valgrind. Any thread, any time. */
static inline uint64_t hw_valgrind_ask(enum hw_valgrind_request request, int64_t argument)
{
	uint64_t words[6] = { request, (uint64_t)argument }, answer = 0;

	__asm__ volatile("rolq $3, %%rdi\n\t"
			 "rolq $13, %%rdi\n\t"
			 "rolq $61, %%rdi\n\t"
			 "rolq $51, %%rdi\n\t"
			 "xchgq %%rbx, %%rbx"
			 : "+d"(answer)
			 : "a"(words)
			 : "cc", "memory");
	return answer;
}

#endif
