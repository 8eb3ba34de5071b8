/* SPDX-License-Identifier: MIT */
#include "analyzer/history.h"

bool hw_moment_acquires(const struct hw_model *model, const struct hw_moment *moment)
{
	if (moment->object == HW_NONE)
		return false;
	switch ((enum hw_op)moment->op) {
	case HW_OP_LOCK:
	case HW_OP_ONCE_BEGIN:
		return true;
	case HW_OP_TAKE:
		return hw_model_is_lock(model, moment->object);
	default:
		return false;
	}
}
