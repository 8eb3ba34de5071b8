/* SPDX-License-Identifier: MIT */
#include "interpose/sysv_part.h"

#include <string.h>

#include "interpose/sys.h"
#include "interpose/sysv.h"

/* The operation before this one that waits for the end of what this one adds to. */
static struct hw_sysv_part *raise_before(struct hw_sysv_part *parts,
	const struct hw_sysv_part *adding)
{
	for (struct hw_sysv_part *part = parts; part < adding; part++)
		if (part->number == adding->number && part->kind == HW_SYSV_ZERO)
			return part;
	return NULL;
}

static enum hw_sysv_part_kind kind_of(int set, struct hw_sysv_part *parts,
	const struct hw_sysv_part *part)
{
	struct hw_sysv_part *raise;

	if (part->change == 0)
		return HW_SYSV_ZERO;
	if (part->change < 0)
		return hw_sysv_is_raised(set, part->number) ? HW_SYSV_POST : HW_SYSV_TAKE;
	raise = part->change == 1 ? raise_before(parts, part) : NULL;
	if (!raise)
		return HW_SYSV_POST;
	raise->kind = HW_SYSV_RAISE;
	raise->flags |= part->flags & SEM_UNDO;
	return HW_SYSV_OF_RAISE;
}

/* Further out than here, on the stack that the thread was given. */
static bool is_on_stack(const struct hw_self *self, const struct sembuf *from, size_t size_bytes)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0), start = (uintptr_t)from;

	return here >= self->stack_low && start >= here && start < self->stack_high &&
		size_bytes <= self->stack_high - start;
}

static bool copy_ops(const struct hw_self *self, const struct sembuf *from, size_t count,
	struct sembuf ops[HW_SYSV_PARTS_MAX])
{
	size_t size_bytes = count * sizeof(*from);

	if (!count || count > HW_SYSV_PARTS_MAX)
		return false;
	if (!is_on_stack(self, from, size_bytes))
		return hw_sys_peek(from, ops, size_bytes);
	memcpy(ops, from, size_bytes);
	return true;
}

bool hw_sysv_part_read(const struct hw_self *self, int set, const struct sembuf *from,
	size_t count, struct hw_sysv_part parts[HW_SYSV_PARTS_MAX])
{
	struct sembuf ops[HW_SYSV_PARTS_MAX];

	if (!copy_ops(self, from, count, ops))
		return false;
	for (size_t i = 0; i < count; i++) {
		parts[i] = (struct hw_sysv_part){ .number = ops[i].sem_num,
			.change = ops[i].sem_op, .flags = (uint16_t)ops[i].sem_flg };
		parts[i].kind = (uint8_t)kind_of(set, parts, &parts[i]);
	}
	return true;
}
