/* SPDX-License-Identifier: MIT */
#include "interpose/stack.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <string.h>

#include "interpose/module.h"
#include "interpose/sys.h"

enum {
	WAYS = 2,
	SETS = HW_STACK_ENTRIES / WAYS,
	OWN_FRAMES_MAX = 4, /* of this library, at the inner end */
	MEMOS_PER_BLOCK = 16,
};

struct hw_memo {
	struct hw_memo *next_free;
	uint32_t oldest[SETS]; /* way to be replaced next */
	uint64_t hashes[SETS][WAYS];
};

static int (*unwind)(void **, int);
static struct hw_module_range own_range, unwinder_range;
static struct hw_sys_lock memo_lock;
static struct hw_memo *free_memos;

void hw_stack_init(void)
{
	void *library;

	hw_module_range_of((const void *)hw_stack_init, &own_range);
	library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return;
	*(void **)&unwind = dlsym(library, "unw_backtrace");
	if (unwind)
		hw_module_range_of(*(void **)&unwind, &unwinder_range);
}

bool hw_stack_is_unwinder(const void *address)
{
	return (uintptr_t)address - unwinder_range.start <
		unwinder_range.end - unwinder_range.start;
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
	memset(memo, 0, sizeof(*memo));
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

static uint32_t unwind_now(struct hw_self *self, void **frames, uint32_t max)
{
	uint64_t epoch = self->epoch;
	int saved_errno = errno, count;

	self->epoch = 0;
	self->unwinding++;
	count = unwind(frames, (int)max);
	self->unwinding--;
	self->epoch = epoch;
	errno = saved_errno;
	return count < 0 ? 0 : (uint32_t)count;
}

void hw_stack_prepare_thread(struct hw_self *self)
{
	void *frames[OWN_FRAMES_MAX];

	if (!unwind || self->shallow || hw_log_session->depth <= 1)
		return;
	unwind_now(self, frames, OWN_FRAMES_MAX);
	self->unwinds = 1;
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

	return log_stack(self, entry, frames, count) ? entry : 0;
}

/*
 * A signal handler may run anywhere in here or before our caller has used the
 * entry, and may not replace it meanwhile: while the memo changes a nested
 * capture finds it taken away, during a wait it leaves it alone, and the entry
 * returned last is never the one replaced.
 */
static uint32_t remember(struct hw_self *self, void *const *frames, uint32_t count)
{
	struct hw_memo *memo = self->memo;
	uint64_t hash = hash_of(frames, count);
	uint32_t set = (uint32_t)(hash >> 32) % SETS, way;

	if (!memo || self->wait_sp)
		return log_transient(self, frames, count);
	for (way = 0; way < WAYS; way++)
		if (memo->hashes[set][way] == hash)
			return self->last_entry = set * WAYS + way + 1;
	self->memo = NULL;
	way = memo->oldest[set]++ % WAYS;
	if (set * WAYS + way + 1 == self->last_entry)
		way = (way + 1) % WAYS;
	memo->hashes[set][way] = 0;
	for (uint32_t i = 0; i < count; i++)
		hw_module_note(self, frames[i]);
	if (log_stack(self, set * WAYS + way + 1, frames, count))
		memo->hashes[set][way] = hash;
	else
		way = WAYS;
	self->memo = memo;
	return self->last_entry = way < WAYS ? set * WAYS + way + 1 : 0;
}

uint32_t hw_stack_capture(struct hw_self *self, const void *caller)
{
	void *frames[HW_DEPTH_MAX + OWN_FRAMES_MAX];
	uint32_t count = 0, skip = 0, depth = hw_log_session->depth;

	if (self->unwinds && !self->unwinding) {
		count = unwind_now(self, frames, depth + OWN_FRAMES_MAX);
		while (skip < count && is_own(frames[skip]))
			skip++;
		count -= skip;
	}
	if (!count) {
		frames[skip] = (void *)(uintptr_t)caller;
		count = 1;
	}
	if (count > depth)
		count = depth;
	return self->unwinding ? log_transient(self, frames + skip, count) :
				 remember(self, frames + skip, count);
}
