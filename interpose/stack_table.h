/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_STACK_TABLE_H
#define HW_INTERPOSE_STACK_TABLE_H

/*
 * The stacks that a thread has logged, so that it can refer to them (record.h).
 *
 * A table by hash, of so many ways that few stacks that are met in turn push each other out: a
 * stack that was pushed out is logged again when it is met again. Nothing grows. What a
 * thread needs to find its stack lies beside it: the unwinder's storage and the memos.
 *
 * A signal handler finds the table as it was or as it will be. The entry that the code it
 * interrupted was given last may be on its way into a record, so what runs in a handler replaces no
 * entry at all; nor is the one that was given last ever replaced, for handlers whose frame is
 * further out than stacks are read.
 */

#include "interpose/log.h"
#include "interpose/memo.h"
#include "interpose/python_memo.h"
#include "interpose/unwinder.h"

enum { HW_STACK_WAYS = 8 /* whose hashes fill a cache line */ };

struct hw_stack_table {
	struct hw_stack_table *next_free;
	struct hw_unwinder_seat seat; /* stays when another thread gets the table */
	struct hw_memo *memo;
	struct hw_python_memo *python;
	uint32_t oldest[HW_STACK_ENTRIES / HW_STACK_WAYS]; /* way to be replaced next */
	_Alignas(64) uint64_t hashes[HW_STACK_ENTRIES];    /* 0: empty */
};

/* An empty table: taken at a thread's start, given back at its end. NULL when out of memory. */
struct hw_stack_table *hw_stack_table_take(void);
void hw_stack_table_give_back(struct hw_stack_table *table);

/* After a fork, in the child. */
void hw_stack_table_forked(void);

/* Where a stack of this hash, which is not 0, is in the table; 0 when it is not. */
uint32_t hw_stack_table_find(struct hw_self *self, uint64_t hash);

/*
 * Log it into the table; when it is full there and `in_handler`, for one record only. 0 when it
 * was dropped.
 */
uint32_t hw_stack_table_add(struct hw_self *self, uint64_t hash, void *const *frames,
	uint32_t count, bool in_handler);

/* Log it for one record only, and leave the table alone. 0 when it was dropped. */
uint32_t hw_stack_table_pass(struct hw_self *self, void *const *frames, uint32_t count);

/* Use an entry of the table, if it still is of the stack of this hash. */
static inline bool hw_stack_table_use(struct hw_self *self, uint32_t entry, uint64_t hash)
{
	self->last_entry = entry;
	/* From here on no handler replaces it; one may just have done so. */
	atomic_signal_fence(memory_order_seq_cst);
	return self->stacks->hashes[(size_t)entry - 1] == hash;
}

#endif
