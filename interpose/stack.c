/* SPDX-License-Identifier: MIT */
#include "interpose/stack.h"

#include <string.h>

#include "interpose/handler.h"
#include "interpose/module.h"
#include "interpose/python.h"
#include "interpose/sys.h"
#include "interpose/unwinder.h"
#include "interpose/valgrind.h"

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
static bool is_watched; /* by Valgrind */
static struct hw_module_range own_range;
static struct hw_sys_lock memo_lock;
static struct hw_memo *free_memos;

/* Every stack's hash begins with it. */
static _Atomic uint64_t hash_seed = 0xcbf29ce484222325u;

void hw_stack_init(void)
{
	hw_module_range_of((const void *)hw_stack_init, &own_range);
	can_unwind = hw_unwinder_open();
	is_watched = hw_valgrind_ask(HW_VALGRIND_IS_HERE, 0);
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

void hw_stack_forget(void)
{
	atomic_fetch_add(&hash_seed, 0x9e3779b97f4a7c15u);
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

/* `open`: the handlers that could interrupt here. Also tells whether this is inside of one. */
static uint64_t hash_of(void *const *frames, uint32_t count, uint64_t open, bool *ret_in_handler)
{
	uint64_t hash = atomic_load_explicit(&hash_seed, memory_order_relaxed) + count + open;
	const void *trampoline = hw_handler_trampoline();
	bool in_handler = false;

	for (uint32_t i = 0; i < count; i++) {
		hash = (hash ^ (uintptr_t)frames[i]) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
		in_handler |= frames[i] == trampoline;
	}
	*ret_in_handler = in_handler;
	return hash | 1; /* 0 is an empty entry */
}

/* The same of frames in which the numbers of signals are to be put first. */
static uint64_t mark_and_hash(const struct hw_self *self, void **frames, uint32_t count)
{
	bool in_handler;

	hw_handler_mark(self, frames, count);
	return hash_of(frames, count, hw_handler_open(self->blocked), &in_handler);
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

/* Runs with signals blocked; `blocked` are those that were before. */
static bool log_stack(struct hw_self *self, uint32_t entry, void *const *frames, uint32_t count,
	uint64_t blocked)
{
	uint64_t what = hw_record_what(count, entry, 0), open = hw_handler_open(blocked);
	struct hw_record record = { hw_record_when(0, HW_OP_STACK), what };
	struct hw_record *at = hw_log_reserve(self, 1 + hw_record_payload(&record));

	if (!at)
		return false;
	memcpy(at + 1, &open, sizeof(open));
	memcpy((char *)(at + 1) + sizeof(open), frames, count * sizeof(frames[0]));
	hw_log_publish(at, hw_record_when(hw_log_now(), HW_OP_STACK), what);
	return true;
}

static void note_modules(struct hw_self *self, void *const *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!((uintptr_t)frames[i] >> HW_FRAME_CODE_BIT))
			hw_module_note(self, frames[i]);
}

static uint32_t log_transient(struct hw_self *self, void *const *frames, uint32_t count)
{
	uint32_t entry = HW_STACK_TRANSIENT + self->transient++ % HW_STACK_TRANSIENT_COUNT;
	uint64_t signals;
	bool logged;

	note_modules(self, frames, count);
	signals = hw_sys_block_signals();
	logged = log_stack(self, entry, frames, count, signals);
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

	note_modules(self, frames, count);
	signals = hw_sys_block_signals();
	way = memo->oldest[set]++ % WAYS;
	if (entry_of(set, way) == self->last_entry)
		way = (way + 1) % WAYS;
	entry = entry_of(set, way);
	memo->hashes[set][way] = 0;
	if (log_stack(self, entry, frames, count, signals))
		memo->hashes[set][way] = hash;
	else
		entry = 0;
	self->last_entry = entry;
	hw_sys_restore_signals(signals);
	return entry;
}

/* The entry of a stack that is in the table; 0 when it is not. */
static uint32_t find(struct hw_self *self, uint64_t hash)
{
	const struct hw_memo *memo = self->memo;
	uint32_t set = set_of(hash);

	for (uint32_t way = 0; way < WAYS; way++) {
		if (memo->hashes[set][way] != hash)
			continue;
		self->last_entry = entry_of(set, way);
		/* From here on no handler replaces it; one may just have done so. */
		atomic_signal_fence(memory_order_seq_cst);
		if (memo->hashes[set][way] == hash)
			return self->last_entry;
	}
	return 0;
}

/* During a wait the table is left alone: the record of its end will name an entry. */
static bool is_transient(struct hw_self *self)
{
	return !self->memo || self->wait_sp || (self->unwinding && hw_unwinder_works(self));
}

/* Put the functions of the program that an interpreter runs in front. */
static __attribute__((noinline)) uint32_t log_interpreted(struct hw_self *self, uint64_t hash,
	const struct hw_python_frames *python, void *const *frames, uint32_t count)
{
	void *all[HW_DEPTH_MAX];
	uint32_t before = hw_python_log(self, python, all);

	if (count > HW_DEPTH_MAX - before)
		count = HW_DEPTH_MAX - before;
	memcpy(all + before, frames, count * sizeof(*frames));
	count += before;
	return is_transient(self) ? log_transient(self, all, count) :
				    add(self, hash, all, count);
}

static __attribute__((noinline)) uint32_t remember_interpreted(struct hw_self *self,
	const void *caller, uint64_t hash, void **frames, uint32_t count)
{
	struct hw_python_frames python;
	uint32_t entry;

	hw_python_walk(self, caller, hw_log_session->depth, &python);
	for (uint32_t i = 0; i < python.count; i++) {
		hash = (hash ^ python.all[i].code) * 0x9e3779b97f4a7c15u;
		hash = (hash ^ hash >> 29 ^ python.all[i].at) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	hash |= 1;
	entry = is_transient(self) ? 0 : find(self, hash);
	return entry ? entry : log_interpreted(self, hash, &python, frames, count);
}

/* `caller`: of the hook; NULL where what an interpreter does is not asked for. */
static uint32_t remember(struct hw_self *self, const void *caller, void **frames, uint32_t count)
{
	bool in_handler;
	uint64_t hash = hash_of(frames, count, hw_handler_open(self->blocked), &in_handler);
	uint32_t entry;

	if (__builtin_expect(in_handler, 0))
		hash = mark_and_hash(self, frames, count);
	else if (__builtin_expect(hw_python_is_seen && caller, 0))
		return remember_interpreted(self, caller, hash, frames, count);
	entry = is_transient(self) ? 0 : find(self, hash);
	if (__builtin_expect(entry != 0, 1))
		return entry;
	if (hw_handler_discover(frames, count))
		hash = mark_and_hash(self, frames, count);
	return is_transient(self) ? log_transient(self, frames, count) :
				    add(self, hash, frames, count);
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
	return remember(self, caller, frames + skip, count < depth ? count : depth);
}

/* The stack this runs on is known to be one of the thread's, and the unwinder fits on it. */
static bool has_room(const struct hw_self *self)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	if (__builtin_expect(hw_handler_alternate(self, here), 0))
		return here - self->alternate_low >= HW_UNWINDER_ROOM_BYTES;
	return here - self->stack_low < self->stack_high - self->stack_low;
}

/* On an alternate stack, also the handler and what it interrupted. */
static __attribute__((noinline)) uint32_t capture_caller(struct hw_self *self, const void *caller,
	uint32_t depth)
{
	void *frames[3] = { (void *)(uintptr_t)caller };
	uint32_t count = 1;

	if (depth >= 3 && hw_handler_alternate(self, (uintptr_t)__builtin_frame_address(0)))
		count += hw_handler_find(self, frames + 1);
	return remember(self, has_room(self) ? caller : NULL, frames, count);
}

static inline uint32_t capture(struct hw_self *self, const void *caller)
{
	uint32_t depth = hw_log_session->depth;

	return can_unwind && depth > 1 && self->memo && has_room(self) &&
			!(self->unwinding && hw_unwinder_works(self)) ?
		capture_all(self, caller, depth) :
		capture_caller(self, caller, depth);
}

static __attribute__((noinline)) uint32_t capture_silently(struct hw_self *self,
	const void *caller)
{
	uint32_t entry;

	hw_valgrind_ask(HW_VALGRIND_HUSH, 1);
	entry = capture(self, caller);
	hw_valgrind_ask(HW_VALGRIND_HUSH, -1);
	return entry;
}

uint32_t hw_stack_capture(struct hw_self *self, const void *caller)
{
	return __builtin_expect(is_watched, 0) ? capture_silently(self, caller) :
						 capture(self, caller);
}
