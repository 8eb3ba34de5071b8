/* SPDX-License-Identifier: MIT */
#include "interpose/stack.h"

#include <signal.h>
#include <string.h>

#include "interpose/cfi.h"
#include "interpose/handler.h"
#include "interpose/module.h"
#include "interpose/python_memo.h"
#include "interpose/stack_table.h"
#include "interpose/sys.h"
#include "interpose/unwinder.h"
#include "interpose/valgrind.h"
#include "interpose/backtrace.h"

enum { OWN_FRAMES_MAX = 8 /* of this library, at the inner end; there are five or so */ };

static bool can_unwind;
static bool is_watched; /* by Valgrind's memcheck */
static struct hw_module_range own_range;

/* Every stack's hash begins with it. */
static _Atomic uint64_t hash_seed = 0xcbf29ce484222325u;

void hw_stack_init(void)
{
	hw_module_range_of((const void *)hw_stack_init, &own_range);
	hw_cfi_init();
	can_unwind = hw_unwinder_open();
	is_watched = hw_valgrind_ask(HW_VALGRIND_DEFINE, 0);
}

void hw_stack_forget(void)
{
	atomic_fetch_add(&hash_seed, 0x9e3779b97f4a7c15u);
	hw_memo_forget();
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

/* During a wait the table is left alone: the record of its end will name an entry. */
static bool is_passing(struct hw_self *self)
{
	return !self->stacks || self->wait_sp || (self->unwinding && hw_unwinder_works(self));
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
	return is_passing(self) ? hw_stack_table_pass(self, all, count) :
				  hw_stack_table_add(self, hash, all, count, false);
}

static uint64_t hash_interpreted(uint64_t hash, const struct hw_python_frames *python)
{
	for (uint32_t i = 0; i < python->count; i++) {
		hash = (hash ^ python->all[i].code) * 0x9e3779b97f4a7c15u;
		hash = (hash ^ hash >> 29 ^ python->all[i].place) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	return hash | 1;
}

static __attribute__((noinline)) uint32_t remember_interpreted(struct hw_self *self,
	const struct hw_call *call, uint64_t hash, void *const *frames, uint32_t count)
{
	struct hw_python_frames python;
	uint32_t entry;

	hw_python_walk(hw_python_innermost(self, call), hw_log_session->depth, &python);
	hash = hash_interpreted(hash, &python);
	entry = is_passing(self) ? 0 : hw_stack_table_find(self, hash);
	return entry ? entry : log_interpreted(self, hash, &python, frames, count);
}

/* `call` is NULL where what an interpreter does is not asked for. */
static uint32_t remember(struct hw_self *self, const struct hw_call *call, void **frames,
	uint32_t count)
{
	bool in_handler;
	uint64_t hash = hash_of(frames, count, hw_handler_open(self->blocked), &in_handler);
	uint32_t entry;

	if (!in_handler && hw_python_is_seen && call) {
		if (!hw_handler_discover(frames, count))
			return remember_interpreted(self, call, hash, frames, count);
		in_handler = true;
	}
	if (__builtin_expect(in_handler, 0))
		hash = mark_and_hash(self, frames, count);
	entry = is_passing(self) ? 0 : hw_stack_table_find(self, hash);
	if (entry)
		return entry;
	if (hw_handler_discover(frames, count)) {
		hash = mark_and_hash(self, frames, count);
		in_handler = true;
	}
	return is_passing(self) ? hw_stack_table_pass(self, frames, count) :
				  hw_stack_table_add(self, hash, frames, count, in_handler);
}

/* By libunwind, which knows more and takes longer. */
static __attribute__((noinline)) uint32_t capture_by_libunwind(struct hw_self *self,
	const struct hw_call *call, uint32_t depth)
{
	void *frames[HW_DEPTH_MAX + OWN_FRAMES_MAX];
	uint32_t count = hw_unwinder_walk(self, &self->stacks->seat, frames,
			 depth + OWN_FRAMES_MAX);
	uint32_t skip = 0;

	while (skip < count && is_own(frames[skip]))
		skip++;
	count -= skip;
	if (!count) {
		skip = 0;
		frames[0] = (void *)(uintptr_t)call->from;
		count = 1;
	}
	return remember(self, call, frames + skip, count < depth ? count : depth);
}

/*
 * What a remembered stack holds for besides its words. Where a program may be interpreted, they
 * are not all of its stack: then the bit of a signal that has no handler is set.
 */
static uint64_t circumstances(const struct hw_self *self)
{
	return hw_handler_open(self->blocked) | (hw_python_is_seen ? 1ull << (SIGKILL - 1) : 0);
}

/*
 * The same of a stack with a signal handler in it: the bit of the other signal that can have none.
 * The kernel is asked each time, so it is never one that is found without a look at that.
 */
static const uint64_t of_handler = 1ull << (SIGSTOP - 1);

static uint64_t circumstances_of_handler(const struct hw_self *self)
{
	return hw_handler_state(self) | of_handler;
}

/*
 * The stack is one of the thread's. `trampoline` is the one that it was read with: of a stack that
 * goes through another, which is known only now, it is not known which signal that was.
 */
static uint32_t remember_by_rules(struct hw_self *self, const struct hw_call *call,
	const void *trampoline, struct hw_backtrace *backtrace)
{
	struct hw_memo_stack stack;
	bool in_handler;

	hw_sys_block_signals();
	stack.number = remember(self, call, backtrace->frames, backtrace->count);
	stack.hash = hash_of(backtrace->frames, backtrace->count, hw_handler_open(self->blocked),
		&in_handler);
	stack.circumstances = backtrace->through_handler ? circumstances_of_handler(self) :
							   circumstances(self);
	/* In a handler it may be an entry that holds for one record only. */
	if (stack.number && stack.number <= HW_STACK_ENTRIES && !is_passing(self) &&
		hw_handler_trampoline() == trampoline)
		hw_memo_add(self->memo, call, self->stack_top, backtrace, &stack);
	hw_sys_restore_signals();
	return stack.number;
}

/* False of signal handlers: frame pointers do not lead to what they interrupted. */
static bool follow(const struct hw_self *self, const struct hw_call *call, uint32_t depth,
	struct hw_backtrace *ret_backtrace)
{
	bool in_handler;

	hw_backtrace_follow(call, depth, self->stack_top, ret_backtrace);
	hash_of(ret_backtrace->frames, ret_backtrace->count, 0, &in_handler);
	return !in_handler && !hw_handler_discover(ret_backtrace->frames, ret_backtrace->count);
}

/* Apart, so that a signal handler on a small stack does not pay for the arrays. */
static __attribute__((noinline)) bool capture_by_rules(struct hw_self *self,
	const struct hw_call *call, uint32_t depth, uint32_t *ret_number)
{
	const void *trampoline = hw_handler_trampoline();
	struct hw_backtrace backtrace;

	if (hw_log_session->unwind == HW_UNWIND_FP ?
			!follow(self, call, depth, &backtrace) :
			!hw_backtrace_take(call, depth, self->stack_top,
				trampoline, &backtrace))
		return false;
	*ret_number = remember_by_rules(self, call, trampoline, &backtrace);
	return true;
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
static __attribute__((noinline)) uint32_t capture_caller(struct hw_self *self,
	const struct hw_call *call, uint32_t depth)
{
	void *frames[3] = { (void *)(uintptr_t)call->from };
	uint32_t count = 1;

	if (depth >= 3 && hw_handler_alternate(self, (uintptr_t)__builtin_frame_address(0)))
		count += hw_handler_find(self, frames + 1);
	return remember(self, has_room(self) ? call : NULL, frames, count);
}

static bool is_on_own_stack(const struct hw_self *self, const struct hw_call *call)
{
	return (uintptr_t)call - self->stack_low < self->stack_high - self->stack_low;
}

static __attribute__((noinline)) uint32_t capture(struct hw_self *self,
	const struct hw_call *call)
{
	uint32_t depth = hw_log_session->depth, number;

	hw_log_count(&self->slot->stack_misses);
	if (!self->stacks || !has_room(self))
		return capture_caller(self, call, depth);
	if (is_on_own_stack(self, call) && capture_by_rules(self, call, depth, &number))
		return number;
	if (!can_unwind || depth == 1 || (self->unwinding && hw_unwinder_works(self)))
		return capture_caller(self, call, depth);
	return capture_by_libunwind(self, call, depth);
}

/* The Python functions may be others while the interpreter stands where it stood. */
static __attribute__((noinline)) uint32_t recall_interpreted(struct hw_self *self,
	const struct hw_call *call, uint64_t native)
{
	uintptr_t innermost = hw_python_innermost(self, call);
	struct hw_python_frames python;
	uint32_t entry = innermost ? hw_python_memo_find(self, innermost, native) : 0;
	uint64_t hash;

	if (entry)
		return entry;
	hw_python_walk(innermost, hw_log_session->depth, &python);
	hash = hash_interpreted(native, &python);
	entry = hw_stack_table_find(self, hash);
	if (entry)
		hw_python_memo_add(self, native, &python, hash, entry);
	return entry;
}

/* By its words; memcheck is to be asked for silence before they are read. */
static bool find(struct hw_self *self, const struct hw_call *call,
	struct hw_memo_stack *ret_stack)
{
	struct hw_memo *memo = self->memo;
	uint64_t now = circumstances(self);
	const struct hw_memo_entry *entry;

	if (hw_memo_find_recent(memo, call, now, ret_stack))
		return true;
	entry = hw_memo_find(memo, call, self->stack_top, ret_stack);
	if (!entry)
		return false;
	if (ret_stack->circumstances & of_handler)
		return ret_stack->circumstances == circumstances_of_handler(self);
	if (ret_stack->circumstances != now)
		return false;
	if (!is_watched)
		hw_memo_note_recent(memo, call, entry);
	return true;
}

/* The entry of a stack that the memo knows; 0 when it does not, or the entry is gone. */
static uint32_t recall(struct hw_self *self, const struct hw_call *call)
{
	struct hw_memo_stack stack;

	if (!self->stacks || self->wait_sp | self->unwinding || !is_on_own_stack(self, call) ||
		!find(self, call, &stack))
		return 0;
	/* What is in a signal handler is not the interpreter's. */
	if (hw_python_is_seen && !(stack.circumstances & of_handler))
		return recall_interpreted(self, call, stack.hash);
	return hw_stack_table_use(self, stack.number, stack.hash) ? stack.number : 0;
}

static uint32_t recall_or_capture(struct hw_self *self, const struct hw_call *call)
{
	uint32_t number = recall(self, call);

	if (__builtin_expect(!number, 0))
		return capture(self, call);
	hw_log_count(&self->slot->stack_hits);
	return number;
}

uint32_t hw_stack_find_or_capture(struct hw_self *self, const struct hw_call *call)
{
	uint32_t number;

	if (!is_watched)
		return recall_or_capture(self, call);
	hw_valgrind_ask(HW_VALGRIND_HUSH, 1);
	number = recall_or_capture(self, call);
	hw_valgrind_ask(HW_VALGRIND_HUSH, -1);
	return number;
}

uint32_t hw_stack_capture(struct hw_self *self, const struct hw_call *call)
{
	return hw_stack_capture_inline(self, call);
}
