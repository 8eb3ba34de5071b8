/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_LOOK_H
#define HW_TESTS_UNIT_LOOK_H

/*
 * What a hook does with its call stack, and whether the memo was right. The truth is what glibc's
 * own backtrace() says, which unwinds with libgcc. Results are in variables, since every
 * test is a process of its own; a handler may look while the test does.
 */

#include "interpose/memo.h"

enum { LOOK_DEPTH = 16 };

extern struct hw_memo *look_memo;
extern uintptr_t look_top; /* of the stack */
extern const void *look_trampoline; /* of signal handlers; NULL: not known */
extern volatile unsigned long look_hits, look_misses;
extern volatile unsigned long look_unknown; /* misses for which there are no rules */
extern volatile unsigned long look_wrong;   /* stacks that are not the true ones */
/* Looks from where the one before was, by the same call, with another stack. */
extern volatile unsigned long look_conflicts;

/* An empty memo. */
void look_begin(void);

/* From where it is called. Stacks that the memo does not know, and that have rules, are added. */
void look(void);

/* All hits and all rules were right, and all stacks but the first few were hits. */
void look_expect_mostly_hits(void);

#endif
