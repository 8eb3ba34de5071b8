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

bool hw_moment_fits(const struct hw_moment *moment, enum hw_kind kind)
{
	switch ((enum hw_op)moment->op) {
	case HW_OP_LOCK:
	case HW_OP_UNLOCK:
		return kind == HW_KIND_MUTEX || kind == HW_KIND_RWLOCK || kind == HW_KIND_SPIN;
	case HW_OP_TAKE:
	case HW_OP_POST:
		return kind == HW_KIND_SEM;
	case HW_OP_SLEEP:
	case HW_OP_WAKE:
	case HW_OP_SIGNAL:
	case HW_OP_BROADCAST:
		return kind == HW_KIND_COND;
	case HW_OP_ARRIVE:
		return kind == HW_KIND_BARRIER;
	case HW_OP_LEAVE:
		return kind == HW_KIND_BARRIER || kind == HW_KIND_ONCE;
	case HW_OP_ONCE_BEGIN:
	case HW_OP_ONCE_END:
		return kind == HW_KIND_ONCE;
	case HW_OP_JOIN:
		return kind == HW_KIND_THREAD;
	default:
		return true;
	}
}
