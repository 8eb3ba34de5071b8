/* SPDX-License-Identifier: MIT */
#include "trace/contention.h"

#include <stdlib.h>

#include "trace/memory.h"

void hw_contentions_finish(struct hw_contentions *contentions)
{
	for (size_t i = 0; i < contentions->count; i++)
		free(contentions->all[i]);
	free(contentions->all);
	hw_table_finish(&contentions->by_place);
}

static struct hw_contention *find_or_add(struct hw_contentions *contentions,
	struct hw_object *object, uint32_t stack, uint64_t place)
{
	uint64_t *at = hw_table_put(&contentions->by_place, place, NULL);
	struct hw_contention *contention = (void *)(uintptr_t)*at;

	if (!contention) {
		contention = hw_xcalloc(1, sizeof(*contention));
		contention->object = object;
		contention->stack = stack;
		HW_GROW(contentions->all, contentions->count, contentions->capacity);
		contentions->all[contentions->count++] = contention;
		*at = (uintptr_t)contention;
	}
	return contention;
}

struct hw_contention *hw_contention_find(struct hw_contentions *contentions,
	struct hw_object *object, uint32_t stack)
{
	uint64_t place = (uint64_t)object->id << 32 | stack;
	struct hw_contention **recent = &contentions->recent[place * 0x9e3779b97f4a7c15u >>
		(64 - HW_CONTENTION_RECENT_BITS)];

	if (!*recent || (*recent)->object != object || (*recent)->stack != stack)
		*recent = find_or_add(contentions, object, stack, place);
	object->contention = *recent;
	return *recent;
}

int64_t hw_contention_measure_wait(struct hw_contention *contention,
	const struct hw_thread *thread, int64_t time_ns)
{
	const struct hw_object *object = contention->object;
	int64_t waited_ns = time_ns - thread->wait_since_ns;

	if (waited_ns <= contention->wait_max_ns)
		return waited_ns;
	contention->wait_max_ns = waited_ns;
	contention->wait_max_thread = thread;
	contention->wait_max_keeper = thread->keeper;
	contention->wait_max_keeper_stack = thread->keeper_stack;
	/* Who had it wrote so only after the wait had begun. */
	if (!thread->keeper && object->last_holder != thread) {
		contention->wait_max_keeper = object->last_holder;
		contention->wait_max_keeper_stack = object->last_stack;
	}
	return waited_ns;
}
