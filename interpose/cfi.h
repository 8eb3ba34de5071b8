/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_CFI_H
#define HW_INTERPOSE_CFI_H

/*
 * From a place in the code to the rule by which a frame that is there leads to its caller's.
 *
 * Compilers write down in .eh_frame, for every instruction, how to find the caller's
 * frame: the call frame information of DWARF (version 5, section 6.4; the
 * differences of .eh_frame are in the Linux Standard Base, chapter 10). Of what that can
 * express we keep what compilers use where code calls other code: the frame is found from the
 * stack pointer or rbp, and rbp may have been saved. Everything else is HW_RULE_UNKNOWN, never
 * guessed: code without information (generated while the program runs), signal frames,
 * other registers. Then somebody who knows more has to be asked.
 *
 * The tables are found with _dl_find_object (glibc 2.35), without a lock; elsewhere no rule is
 * known. Rules are kept in a table of the process with one entry per hash. Any thread, also in
 * a signal handler; no system call.
 */

#include <stdbool.h>
#include <stdint.h>

/* How the canonical frame address (CFA) is found: where the caller's stack pointer points. */
enum hw_rule_kind {
	HW_RULE_UNKNOWN,
	HW_RULE_END,          /* nobody called this: the first function of a thread */
	HW_RULE_STACK,        /* stack pointer + offset */
	HW_RULE_BASE,         /* rbp + offset */
	HW_RULE_BASE_POINTED, /* the word at rbp + offset, in functions that align their stack */
};

/* Where the caller's rbp is. */
enum hw_rule_base {
	HW_BASE_KEPT, /* still in rbp */
	HW_BASE_AT_FRAME, /* at the CFA + offset */
	HW_BASE_AT_BASE,  /* at rbp + offset */
};

/* The return address is at the CFA - 8 by definition of the architecture. Offsets in bytes. */
struct hw_rule {
	enum hw_rule_kind kind;
	enum hw_rule_base base;
	int32_t frame_offset;
	int32_t base_offset;
};

/* The rule for a frame whose call returns to `address`. */
struct hw_rule hw_cfi_rule(uintptr_t address);

/* Resolve what it needs. From the constructor. */
void hw_cfi_init(void);

/* Code was unloaded: other code may come to be where it was. */
void hw_cfi_forget(void);

#endif
