/* SPDX-License-Identifier: MIT */
#include "trace/hold_list.h"

#include <stdlib.h>

#include "trace/memory.h"

void hw_hold_lists_finish(struct hw_hold_lists *lists)
{
	free(lists->all);
	hw_table_finish(&lists->by_hash);
	*lists = (struct hw_hold_lists){ 0 };
}

static bool same(const struct hw_hold_list *a, const struct hw_hold_list *b)
{
	return a->before == b->before && a->object == b->object && a->stack == b->stack &&
		a->how == b->how && a->units == b->units;
}

static uint64_t hash_of(const struct hw_hold_list *list)
{
	uint64_t hash = hw_hash_mix((uint64_t)list->before << 32 | list->object->id,
		(uint64_t)list->stack << 32 | list->units);

	return hw_hash_mix(hash, list->how);
}

static uint32_t find_or_add(struct hw_hold_lists *lists, const struct hw_hold_list *wanted)
{
	bool new;

	for (uint64_t key = hash_of(wanted);; key++) {
		uint64_t *list = hw_table_put(&lists->by_hash, key, &new);

		if (new) {
			HW_GROW(lists->all, lists->count, lists->capacity);
			lists->all[lists->count++] = *wanted;
			*list = lists->count;
		}
		if (same(&lists->all[*list - 1], wanted))
			return (uint32_t)*list;
	}
}

static uint32_t units_of(const struct hw_hold *hold)
{
	return hold->object->kind == HW_KIND_SEM ? hold->count : 1;
}

/*
 * The list that was made last of an acquisition of this object from there, when it is the same:
 * what was acquired from a place is mostly acquired there with the same held again.
 */
static uint32_t last_of_place(const struct hw_hold_lists *lists, uint32_t before,
	const struct hw_hold *hold)
{
	const struct hw_hold_list *last;

	if (!hold->contention || !hold->contention->last_list)
		return 0;
	last = hw_hold_list_at(lists, hold->contention->last_list);
	return last->before == before && last->how == (hold->how & HW_HOW_SHARED) &&
			last->units == units_of(hold) ?
		hold->contention->last_list :
		0;
}

static uint32_t find_or_make(struct hw_hold_lists *lists, uint32_t before,
	const struct hw_hold *hold)
{
	struct hw_hold_list wanted = { .before = before, .length = 1, .object = hold->object,
		.stack = hold->stack, .how = hold->how & HW_HOW_SHARED,
		.units = units_of(hold) };
	uint32_t list = last_of_place(lists, before, hold);

	if (list)
		return list;
	if (before)
		wanted.length += hw_hold_list_at(lists, before)->length;
	list = find_or_add(lists, &wanted);
	if (hold->contention)
		hold->contention->last_list = list;
	return list;
}

uint32_t hw_hold_list_make(struct hw_hold_lists *lists, struct hw_thread *thread)
{
	size_t at = thread->hold_count;
	uint32_t list;

	while (at && !thread->holds[at - 1].list)
		at--;
	list = at ? thread->holds[at - 1].list : 0;
	for (; at < thread->hold_count; at++)
		list = thread->holds[at].list = find_or_make(lists, list, &thread->holds[at]);
	return list;
}

void hw_hold_list_forget(struct hw_thread *thread, size_t first)
{
	for (size_t i = first; i < thread->hold_count; i++)
		thread->holds[i].list = 0;
}
