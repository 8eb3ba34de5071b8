/* SPDX-License-Identifier: MIT */
#include "interpose/python_memo.h"

#include <stdatomic.h>
#include <string.h>

#include "interpose/python_layout.h"
#include "interpose/stack_table.h"

/* `outer` is the frame outside of the innermost one; 0 when there is none. */
static struct hw_python_memo_entry *entry_of(struct hw_self *self, uint64_t native,
	uintptr_t innermost, uintptr_t outer)
{
	const struct hw_python_layout *layout = &hw_python_layout;
	uint64_t mixed = native ^ hw_python_place(layout, innermost);

	mixed *= 0x9e3779b97f4a7c15u;
	if (outer)
		mixed ^= hw_python_place(layout, outer);
	mixed = mixed * 0x9e3779b97f4a7c15u >> 32;
	return &self->stacks->python->entries[mixed % HW_PYTHON_MEMO_ENTRIES];
}

/* Each frame is read only after it was found to be the next one of the list. */
static bool is_present(const struct hw_python_memo_entry *entry, uintptr_t innermost)
{
	const struct hw_python_frame *frame = entry->frames, *end = frame + entry->count;
	const struct hw_python_layout *layout = &hw_python_layout;
	uintptr_t next = innermost;

	for (; frame < end; frame++) {
		if (frame->address != next ||
			hw_python_code(layout, frame->address) != frame->code ||
			hw_python_place(layout, frame->address) != frame->place)
			return false;
		next = hw_python_outer(layout, frame->address);
	}
	return next == entry->outer;
}

static uint32_t changes_of(const struct hw_python_memo *memo)
{
	uint32_t changes;

	atomic_signal_fence(memory_order_seq_cst);
	changes = *(const volatile uint32_t *)&memo->changes;
	atomic_signal_fence(memory_order_seq_cst);
	return changes;
}

uint32_t hw_python_memo_find(struct hw_self *self, uintptr_t innermost, uint64_t native)
{
	uintptr_t outer = hw_python_outer(&hw_python_layout, innermost);
	const struct hw_python_memo_entry *entry = entry_of(self, native, innermost, outer);
	uint32_t changes = changes_of(self->stacks->python), number = entry->number;
	uint64_t hash = entry->hash;

	if (!hash || entry->native != native || !is_present(entry, innermost) ||
		changes_of(self->stacks->python) != changes)
		return 0;
	return hw_stack_table_use(self, number, hash) ? number : 0;
}

static void put(struct hw_python_memo_entry *entry, uint64_t native,
	const struct hw_python_frames *frames, uint64_t hash, uint32_t number)
{
	entry->hash = 0;
	atomic_signal_fence(memory_order_seq_cst);
	entry->native = native;
	entry->number = number;
	entry->count = frames->count;
	entry->outer = frames->outer;
	memcpy(entry->frames, frames->all, frames->count * sizeof(frames->all[0]));
	atomic_signal_fence(memory_order_seq_cst);
	entry->hash = hash;
}

void hw_python_memo_add(struct hw_self *self, uint64_t native,
	const struct hw_python_frames *frames, uint64_t hash, uint32_t number)
{
	struct hw_python_memo *memo = self->stacks->python;
	volatile bool *is_changing = &memo->is_changing;
	uintptr_t outer = frames->count > 1 ? frames->all[1].address : frames->outer;

	if (!frames->count || frames->count > HW_PYTHON_MEMO_FRAMES_MAX || *is_changing)
		return;
	*is_changing = true;
	put(entry_of(self, native, frames->all[0].address, outer), native, frames, hash, number);
	memo->changes++;
	*is_changing = false;
}
