/* SPDX-License-Identifier: MIT */
#include "interpose/frames.h"

#include "interpose/log.h"
#include "interpose/memory.h"

enum { STEP_BYTES = 1 << 16, STEPS = 1 << 20 };

/* Lowest object of each thread by the number of its slot; UINTPTR_MAX when there is none. */
static _Atomic uintptr_t floors[HW_THREAD_MAX];

/* Where the stack of each is; and how many slots were used by threads of this process. */
static struct {
	_Atomic uintptr_t low, high;
} stacks[HW_THREAD_MAX];
static _Atomic uint32_t stack_count;

/* Slot number + 1, by address / STEP_BYTES % STEPS. */
static _Atomic uint16_t owners[STEPS];

static void lower(_Atomic uintptr_t *floor, uintptr_t address)
{
	uintptr_t seen = atomic_load_explicit(floor, memory_order_relaxed);

	while (address < seen && !atomic_compare_exchange_weak(floor, &seen, address))
		;
}

void hw_frames_own(struct hw_self *self)
{
	uint16_t number = (uint16_t)(self->slot - hw_log_session->threads + 1);
	uint32_t count = atomic_load(&stack_count);

	self->floor = &floors[number - 1];
	atomic_store(self->floor, UINTPTR_MAX);
	atomic_store(&stacks[number - 1].low, self->stack_low);
	atomic_store(&stacks[number - 1].high, self->stack_high);
	while (count < number && !atomic_compare_exchange_weak(&stack_count, &count, number))
		;
	for (uintptr_t at = self->stack_low / STEP_BYTES;
		self->stack_high && at <= self->stack_high / STEP_BYTES; at++)
		atomic_store_explicit(&owners[at % STEPS], number, memory_order_relaxed);
}

static bool has(uint32_t slot, uintptr_t address)
{
	uintptr_t low = atomic_load_explicit(&stacks[slot].low, memory_order_relaxed);

	return address - low <
		atomic_load_explicit(&stacks[slot].high, memory_order_relaxed) - low;
}

static void mark_all(uintptr_t address)
{
	uint32_t count = atomic_load(&stack_count);

	for (uint32_t slot = 0; slot < count; slot++)
		if (has(slot, address))
			lower(&floors[slot], address);
}

void hw_frames_mark(uintptr_t address)
{
	uint16_t number = atomic_load_explicit(&owners[address / STEP_BYTES % STEPS],
		memory_order_relaxed);

	if (number && has(number - 1u, address))
		lower(&floors[number - 1], address);
	else if (number)
		mark_all(address);
}

static bool is_on_stack(const struct hw_self *self, uintptr_t address)
{
	return address - self->stack_low < self->stack_high - self->stack_low;
}

void hw_self_check_frames(struct hw_self *self, uintptr_t stack_pointer)
{
	uintptr_t floor = atomic_exchange(self->floor, UINTPTR_MAX), next;

	if (!is_on_stack(self, floor))
		return;
	if (!is_on_stack(self, stack_pointer)) {
		lower(self->floor, floor);
		return;
	}
	hw_memory_gone(floor, stack_pointer - floor);
	next = hw_memory_next(stack_pointer, self->stack_high);
	if (next)
		lower(self->floor, next);
}
