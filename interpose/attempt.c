/* SPDX-License-Identifier: MIT */
#include "interpose/attempt.h"

#include <errno.h>

void hw_attempt_failed(struct hw_self *self, struct hw_cell *cell, enum hw_op op, uint64_t what,
	int error)
{
	if (error == EOWNERDEAD)
		hw_log_write(self, hw_object_acquired(cell, 0), op, what | HW_HOW_OWNER_DEAD);
	else
		hw_log_add(self, hw_log_now(), HW_OP_FAIL, hw_what_object(what),
			hw_what_stack(what), (uint32_t)error);
}
