/* SPDX-License-Identifier: MIT */
#include "interpose/stack.h"

#include <string.h>

#include "interpose/module.h"
#include "interpose/sys.h"
#include "interpose/unwinder.h"

enum {
	WAYS = 2,
	SETS = HW_STACK_ENTRIES / WAYS,
	OWN_FRAMES_MAX = 4, /* of this library, at the inner end */
	MEMOS_PER_BLOCK = 16,
};

struct hw_memo {
	struct hw_memo *next_free;
	struct hw_unwinder_seat seat; /* stays when another thread gets the memo */
	uint32_t oldest[SETS]; /* way to be replaced next */
	uint64_t hashes[SETS][WAYS];
};

static bool can_unwind;
static struct hw_module_range own_range;
static struct hw_sys_lock memo_lock;
static struct hw_memo *free_memos;

void hw_stack_init(void)
{
	hw_module_range_of((const void *)hw_stack_init, &own_range);
	can_unwind = hw_unwinder_open();
}

struct hw_memo *hw_stack_memo_take(void)
{
	struct hw_memo *memo;

	hw_sys_lock(&memo_lock);
	if (!free_memos) {
		struct hw_memo *fresh = hw_sys_map(MEMOS_PER_BLOCK * sizeof(*fresh));

		for (int i = 0; fresh && i < MEMOS_PER_BLOCK; i++) {
			fresh[i].next_free = free_memos;
			free_memos = &fresh[i];
		}
	}
	memo = free_memos;
	if (memo)
		free_memos = memo->next_free;
	hw_sys_unlock(&memo_lock);
	return memo;
}

void hw_stack_memo_give_back(struct hw_memo *memo)
{
	memset(memo->oldest, 0, sizeof(memo->oldest));
	memset(memo->hashes, 0, sizeof(memo->hashes));
	hw_sys_lock(&memo_lock);
	memo->next_free = free_memos;
	free_memos = memo;
	hw_sys_unlock(&memo_lock);
}

/* After a fork the lock may be held by a thread that is not here. */
void hw_stack_forked(void)
{
	atomic_store(&memo_lock.word, 0);
}

static bool is_own(const void *address)
{
	return (uintptr_t)address - own_range.start < own_range.end - own_range.start;
}

static uint64_t hash_of(void *const *frames, uint32_t count)
{
	uint64_t hash = 0xcbf29ce484222325u + count;

	for (uint32_t i = 0; i < count; i++) {
		hash = (hash ^ (uintptr_t)frames[i]) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	return hash | 1; /* 0 is an empty entry */
}

static uint32_t set_of(uint64_t hash)
{
	return (uint32_t)(hash >> 32) % SETS;
}

/* Entry 0 is no stack. */
static uint32_t entry_of(uint32_t set, uint32_t way)
{
	return set * WAYS + way + 1;
}

/* Runs with signals blocked. */
static bool log_stack(struct hw_self *self, uint32_t entry, void *const *frames, uint32_t count)
{
	uint32_t records = (count + 1) / 2;
	struct hw_record *at = hw_log_reserve(self, 1 + records);

	if (!at)
		return false;
	memcpy(at + 1, frames, count * sizeof(frames[0]));
	hw_log_publish(at, hw_record_when(hw_log_now(), HW_OP_STACK),
		hw_record_what(count, entry, 0));
	return true;
}

static uint32_t log_transient(struct hw_self *self, void *const *frames, uint32_t count)
{
	uint32_t entry = HW_STACK_TRANSIENT + self->transient++ % HW_STACK_TRANSIENT_COUNT;

	uint64_t signals;
	bool logged;

	for (uint32_t i = 0; i < count; i++)
		hw_module_note(self, frames[i]);
	signals = hw_sys_block_signals();
	logged = log_stack(self, entry, frames, count);
	hw_sys_restore_signals(signals);
	return logged ? entry : 0;
}

/*
 * Put a stack into the table. With signals blocked: a handler finds the table as
 * it was or as it will be, and cannot jump out of here. The entry returned last may
 * still be on its way into a record, of the code that a handler interrupted, and is
 * never the one replaced.
 */
static uint32_t add(struct hw_self *self, uint64_t hash, void *const *frames, uint32_t count)
{
	struct hw_memo *memo = self->memo;
	uint32_t set = set_of(hash), way, entry;
	uint64_t signals;

	for (uint32_t i = 0; i < count; i++)
		hw_module_note(self, frames[i]);
	signals = hw_sys_block_signals();
	way = memo->oldest[set]++ % WAYS;
	if (entry_of(set, way) == self->last_entry)
		way = (way + 1) % WAYS;
	entry = entry_of(set, way);
	memo->hashes[set][way] = 0;
	if (log_stack(self, entry, frames, count))
		memo->hashes[set][way] = hash;
	else
		entry = 0;
	self->last_entry = entry;
	hw_sys_restore_signals(signals);
	return entry;
}

/* During a wait the table is left alone: the record of its end will name an entry. */
static uint32_t remember(struct hw_self *self, void *const *frames, uint32_t count)
{
	struct hw_memo *memo = self->memo;
	uint64_t hash = hash_of(frames, count);
	uint32_t set = set_of(hash);

	if (!memo || self->wait_sp || (self->unwinding && hw_unwinder_works(self)))
		return log_transient(self, frames, count);
	for (uint32_t way = 0; way < WAYS; way++) {
		if (memo->hashes[set][way] != hash)
			continue;
		self->last_entry = entry_of(set, way);
		/* From here on no handler replaces it; one may just have done so. */
		atomic_signal_fence(memory_order_seq_cst);
		if (memo->hashes[set][way] == hash)
			return self->last_entry;
	}
	return add(self, hash, frames, count);
}

/* Apart, so that a signal handler on a small stack does not pay for the array. */
static __attribute__((noinline)) uint32_t capture_all(struct hw_self *self, const void *caller,
	uint32_t depth)
{
	void *frames[HW_DEPTH_MAX + OWN_FRAMES_MAX];
	uint32_t count = hw_unwinder_walk(self, &self->memo->seat, frames,
			 depth + OWN_FRAMES_MAX);
	uint32_t skip = 0;

	while (skip < count && is_own(frames[skip]))
		skip++;
	count -= skip;
	if (!count) {
		skip = 0;
		frames[0] = (void *)(uintptr_t)caller;
		count = 1;
	}
	return remember(self, frames + skip, count < depth ? count : depth);
}

static __attribute__((noinline)) uint32_t capture_caller(struct hw_self *self, const void *caller)
{
	void *frame = (void *)(uintptr_t)caller;

	return remember(self, &frame, 1);
}

/* The stack this runs on is known to be the thread's own, and the unwinder fits on it. */
static bool has_room(const struct hw_self *self)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	return here - self->stack_low < self->stack_high - self->stack_low;
}

uint32_t hw_stack_capture(struct hw_self *self, const void *caller)
{
	uint32_t depth = hw_log_session->depth;

	return can_unwind && depth > 1 && self->memo && has_room(self) &&
			!(self->unwinding && hw_unwinder_works(self)) ?
		capture_all(self, caller, depth) :
		capture_caller(self, caller);
}
