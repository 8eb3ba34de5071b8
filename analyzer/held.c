/* SPDX-License-Identifier: MIT */
#include "analyzer/held.h"

#include <stdlib.h>
#include <string.h>

#include "trace/memory.h"

void hw_held_clear(struct hw_held *held)
{
	held->count = 0;
}

void hw_held_finish(struct hw_held *held)
{
	free(held->locks);
	*held = (struct hw_held){ 0 };
}

struct hw_held_lock *hw_held_find(const struct hw_held *held, uint32_t object)
{
	for (uint32_t i = held->count; i-- > 0;)
		if (held->locks[i].object == object)
			return &held->locks[i];
	return NULL;
}

uint32_t hw_held_acquire(struct hw_held *held, uint32_t index, const struct hw_moment *moment)
{
	struct hw_held_lock *lock = hw_held_find(held, moment->object);

	if (lock)
		return lock->depth += moment->units;
	HW_GROW(held->locks, held->count, held->capacity);
	held->locks[held->count++] = (struct hw_held_lock){ .object = moment->object,
		.moment = index, .depth = moment->units,
		.shared = moment->how & HW_HOW_SHARED };
	return moment->units;
}

void hw_held_drop(struct hw_held *held, uint32_t object)
{
	struct hw_held_lock *lock = hw_held_find(held, object);

	if (lock)
		memmove(lock, lock + 1,
			(size_t)(held->locks + --held->count - lock) * sizeof(*lock));
}

uint32_t hw_held_release(struct hw_held *held, uint32_t object, uint32_t times)
{
	struct hw_held_lock *lock = hw_held_find(held, object);

	if (lock && lock->depth > times)
		return lock->depth -= times;
	hw_held_drop(held, object);
	return 0;
}

void hw_held_step(struct hw_held *held, const struct hw_model *model, uint32_t index,
	const struct hw_moment *moment)
{
	if (hw_moment_acquires(model, moment)) {
		hw_held_acquire(held, index, moment);
		return;
	}
	switch ((enum hw_op)moment->op) {
	case HW_OP_UNLOCK:
	case HW_OP_POST:
	case HW_OP_ONCE_END:
		hw_held_release(held, moment->object, moment->units);
		break;
	default:
		break;
	}
}
