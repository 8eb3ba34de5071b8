/* SPDX-License-Identifier: MIT */
#include "interpose/handler.h"

#include <signal.h>
#include <string.h>

#include "interpose/module.h"
#include "interpose/signal_frame.h"
#include "interpose/sys.h"

const void *_Atomic hw_handler_known_trampoline;
_Atomic uint64_t hw_handler_installed;

/* mov $15, %rax; syscall */
static const uint8_t trampoline_code[] = { 0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05 };

enum {
	/* Frames are looked for no further out than this. */
	SEARCH_BYTES_MAX = 1 << 19,
	SIGNAL_MAX = 64,
};

/* By signal, from 1 on: what sigaction was told. */
static struct {
	_Atomic uintptr_t entry;
	_Atomic int flags;
} actions[SIGNAL_MAX + 1];

static _Atomic uint64_t changes; /* of actions */

/* Those of libc itself, for pthread_cancel and setuid, are no signals of the program. */
static bool is_signal(int number)
{
	return number >= 1 && number <= SIGNAL_MAX && number != __SIGRTMIN &&
		number != __SIGRTMIN + 1;
}

static uint64_t bit_of(int number)
{
	return 1ull << (number - 1);
}

void hw_handler_note(int number, uintptr_t entry, int flags)
{
	if (!is_signal(number))
		return;
	atomic_store_explicit(&actions[number].entry, entry, memory_order_relaxed);
	atomic_store_explicit(&actions[number].flags, flags, memory_order_relaxed);
	atomic_fetch_add(&changes, 1);
	if (entry)
		atomic_fetch_or(&hw_handler_installed, bit_of(number));
	else
		atomic_fetch_and(&hw_handler_installed, ~bit_of(number));
}

bool hw_handler_further_in(const struct hw_self *self, uintptr_t here, uintptr_t outer)
{
	bool alternate = hw_handler_alternate(self, here);

	/* A thread on its alternate stack stays there until it returns, or jumps out. */
	if (hw_handler_alternate(self, outer))
		return alternate && here <= outer;
	return alternate || here <= outer || (self->stack_high && here > self->stack_high);
}

/* An address that the unwinder went past is one of code, which can be read. */
static bool has_trampoline_code(const void *address)
{
	struct hw_module_range range;

	hw_module_range_of(address, &range);
	return (uintptr_t)address - range.start < range.end - range.start &&
		range.end - (uintptr_t)address >= sizeof(trampoline_code) &&
		!memcmp(address, trampoline_code, sizeof(trampoline_code));
}

bool hw_handler_discover(void *const *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (frames[i] == hw_handler_trampoline() || !has_trampoline_code(frames[i]))
			continue;
		atomic_store_explicit(&hw_handler_known_trampoline, frames[i],
			memory_order_relaxed);
		return true;
	}
	return false;
}

/* Where the stack ends that an address is on; 0 when that is not certain to be the thread's. */
static uintptr_t end_of_stack(const struct hw_self *self, uintptr_t address)
{
	if (hw_handler_alternate(self, address))
		return self->alternate_low + self->alternate_bytes;
	if (address - self->stack_low < self->stack_high - self->stack_low)
		return self->stack_high;
	return 0;
}

/* What a frame is to be recognised by; 0 for any. */
struct wanted {
	uint64_t trampoline, interrupted;
	bool alternate; /* it repeats where the alternate stack is */
};

static bool matches(const struct hw_self *self, const struct hw_signal_frame *frame,
	const struct wanted *wanted)
{
	return (!wanted->trampoline || frame->trampoline == wanted->trampoline) &&
		(!wanted->interrupted || frame->interrupted == wanted->interrupted) &&
		(!wanted->alternate || (frame->alternate_low == self->alternate_low &&
					       frame->alternate_bytes == self->alternate_bytes)) &&
		!frame->link;
}

static const struct hw_signal_frame *search(const struct hw_self *self, uintptr_t from,
	const struct wanted *wanted)
{
	uintptr_t at = (from + 7) & ~(uintptr_t)7, end = end_of_stack(self, at);

	if (end > at + SEARCH_BYTES_MAX)
		end = at + SEARCH_BYTES_MAX;
	for (; at + sizeof(struct hw_signal_frame) <= end; at += 8)
		if (matches(self, (const struct hw_signal_frame *)at, wanted))
			return (const struct hw_signal_frame *)at;
	return NULL;
}

/* Whether the handler of a signal asked the kernel to tell it more. */
static bool has_info(int number)
{
	return atomic_load_explicit(&actions[number].flags, memory_order_relaxed) & SA_SIGINFO;
}

/*
 * The signals whose handler may be the one that has `place` in it: of those that it blocks, the
 * ones whose entry is nearest before it, in the same file. A place of 0 is not known. One that
 * asked for more was told its number.
 */
static uint64_t candidates(uint64_t newly_blocked, uintptr_t place, uint64_t told)
{
	struct hw_module_range file = { 0 };
	uint64_t result = 0;
	uintptr_t nearest = 0;

	if (place)
		hw_module_range_of((const void *)place, &file);
	for (int number = 1; number <= SIGNAL_MAX; number++) {
		uintptr_t entry = atomic_load_explicit(&actions[number].entry,
			memory_order_relaxed);
		int flags = atomic_load_explicit(&actions[number].flags, memory_order_relaxed);

		if (!entry || (place && (entry > place || entry < nearest || entry < file.start)) ||
			!(newly_blocked & bit_of(number) || flags & SA_NODEFER) ||
			(flags & SA_SIGINFO && told != bit_of(number)))
			continue;
		if (place && entry > nearest)
			result = 0;
		nearest = entry;
		result |= bit_of(number);
	}
	return result;
}

/* What stands for the signal in the return address. */
static uint64_t mark_of(const struct hw_signal_frame *frame, uint64_t blocked, uintptr_t place)
{
	uint64_t newly_blocked = blocked & ~frame->blocked;
	uint64_t told = is_signal(frame->number) ? bit_of(frame->number) : 0;
	uint64_t signals = candidates(newly_blocked, place, told);
	uint64_t mark;

	/* It has unblocked its own signal since; or it was installed in a way that nobody saw. */
	if (!signals && told && (newly_blocked & told || has_info(frame->number)))
		signals = told;
	if (!signals)
		signals = newly_blocked;
	if (!signals)
		return HW_SIGNAL_UNKNOWN;
	mark = (uint64_t)__builtin_ctzll(signals) + 1;
	if (!(signals & (signals - 1)))
		return mark;
	mark += HW_SIGNAL_OR_OTHER;
	return mark < HW_SIGNAL_UNKNOWN ? mark : HW_SIGNAL_UNKNOWN;
}

static void *marked(uint64_t address, uint64_t mark)
{
	return (void *)(address | mark << HW_FRAME_SIGNAL_SHIFT);
}

/* A handler that runs is there, however it was installed. */
static void note_run(uint64_t mark)
{
	if (mark <= SIGNAL_MAX && is_signal((int)mark) && !(hw_handler_open(0) & bit_of((int)mark)))
		atomic_fetch_or(&hw_handler_installed, bit_of((int)mark));
}

void hw_handler_mark(const struct hw_self *self, void **frames, uint32_t count)
{
	uintptr_t from = (uintptr_t)__builtin_frame_address(0);
	uint64_t blocked = hw_sys_signals_blocked(), mark = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct wanted wanted = { .trampoline = (uintptr_t)frames[i] };
		const struct hw_signal_frame *frame = NULL;

		if (!frames[i] || frames[i] != hw_handler_trampoline())
			continue;
		if (i + 1 < count)
			wanted.interrupted = (uintptr_t)frames[i + 1];
		if (from)
			frame = search(self, from, &wanted);
		from = frame ? frame->stack_pointer : 0;
		mark = frame ? mark_of(frame, blocked, i ? (uintptr_t)frames[i - 1] : 0) :
			       HW_SIGNAL_UNKNOWN;
		blocked = frame ? frame->blocked : blocked;
		frames[i] = marked(wanted.trampoline, mark);
		note_run(mark);
	}
}

uint64_t hw_handler_state(const struct hw_self *self)
{
	uint64_t state = hw_sys_signals_blocked() * 0x9e3779b97f4a7c15u;

	state = (state ^ state >> 29 ^ atomic_load(&changes)) * 0x9e3779b97f4a7c15u;
	return (state ^ state >> 29 ^ hw_handler_open(self->blocked)) * 0x9e3779b97f4a7c15u;
}

uint32_t hw_handler_find(const struct hw_self *self, void *ret_frames[2])
{
	struct wanted wanted = { .alternate = true,
		.trampoline = (uintptr_t)hw_handler_trampoline() };
	const struct hw_signal_frame *frame =
		search(self, (uintptr_t)__builtin_frame_address(0), &wanted);
	uint64_t mark;

	if (!frame || !has_trampoline_code((const void *)frame->trampoline))
		return 0;
	/* The place that is known may be in a function that the handler calls. */
	mark = mark_of(frame, hw_sys_signals_blocked(), 0);
	ret_frames[0] = marked(frame->trampoline, mark);
	ret_frames[1] = (void *)frame->interrupted;
	note_run(mark);
	return 2;
}
