/* SPDX-License-Identifier: MIT */
#include "trace/gap.h"

/* How long it held what it forgets is not known, so that is not measured. */
void hw_gap_forget(struct hw_thread *thread)
{
	for (size_t i = 0; i < thread->hold_count; i++) {
		struct hw_object *object = thread->holds[i].object;

		if (object->holder == thread)
			object->holder = NULL;
		object->holders--;
	}
	thread->hold_count = 0;
	thread->units = 0;
	thread->together_count = thread->also_count = 0;
	if (thread->waits_for)
		thread->waits_for->waiters--;
	thread->waits_for = NULL;
	thread->failed_try = NULL;
	thread->blocked_word = 0;
	thread->blocked_on = NULL;
	thread->has_left = false;
	thread->awake_ns = 0;
}
