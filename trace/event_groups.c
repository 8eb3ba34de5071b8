/* SPDX-License-Identifier: MIT */
#include "trace/event_groups.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace/name.h"

enum { FIRST_CAPACITY = 256 };

/* Events of one block, by the entries of its dictionaries. */
struct tally {
	struct hw_dictionary entries; /* what of thread, site and object matters */
	struct hw_event_group groups[HW_PACK_EVENTS];
};

bool hw_event_groups_same(const struct hw_event_kind *a, const struct hw_event_kind *b)
{
	return a->thread == b->thread && a->object == b->object && a->stack == b->stack &&
	       a->op == b->op && a->how == b->how;
}

static uint64_t hash_of(const struct hw_event_kind *kind)
{
	uint64_t hash = ((uint64_t)kind->thread << 32 | kind->object) * 0x9e3779b97f4a7c15u;

	hash ^= hash >> 29;
	hash += (uint64_t)kind->stack << 16 | (uint64_t)kind->how << 8 | kind->op;
	hash *= 0xbf58476d1ce4e5b9u;
	return hash ^ hash >> 32;
}

/* The slot of a kind, or a free one for it. */
static uint32_t *slot_of(const struct hw_event_groups *groups, const struct hw_event_kind *kind)
{
	size_t mask = 2 * groups->capacity - 1, at = hash_of(kind) & mask;

	while (groups->slots[at] &&
		!hw_event_groups_same(&groups->all[groups->slots[at] - 1].kind, kind))
		at = (at + 1) & mask;
	return &groups->slots[at];
}

/* Twice the room. */
static int grow(struct hw_event_groups *groups)
{
	size_t capacity = groups->capacity ? 2 * groups->capacity : FIRST_CAPACITY;
	struct hw_event_group *all = sqlite3_realloc64(groups->all, capacity * sizeof(*all));
	uint32_t *slots;

	if (!all || capacity > UINT32_MAX / 2)
		return -ENOMEM;
	groups->all = all;
	slots = sqlite3_malloc64(2 * capacity * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	memset(slots, 0, 2 * capacity * sizeof(*slots));
	sqlite3_free(groups->slots);
	groups->slots = slots;
	groups->capacity = capacity;
	for (size_t i = 0; i < groups->count; i++)
		*slot_of(groups, &all[i].kind) = (uint32_t)i + 1;
	return 0;
}

static int add(struct hw_event_groups *groups, const struct hw_event_group *group)
{
	uint32_t *slot;

	if (groups->count == groups->capacity && grow(groups))
		return -ENOMEM;
	slot = slot_of(groups, &group->kind);
	if (!*slot) {
		groups->all[groups->count] = (struct hw_event_group){ .kind = group->kind,
			.first_id = group->first_id };
		*slot = (uint32_t)++groups->count;
	}
	groups->all[*slot - 1].count += group->count;
	return 0;
}

/* The block is over: add up what was counted in it. */
static int take(struct hw_event_groups *groups, struct tally *tally)
{
	int code = 0;

	for (uint32_t i = 0; i < tally->entries.count && !code; i++)
		code = add(groups, &tally->groups[i]);
	hw_dictionary_clear(&tally->entries);
	return code;
}

/* Entries of the dictionaries that matter, side by side; see tally_event(). */
static uint64_t entry_mask(unsigned columns)
{
	unsigned of_site = 1 << HW_EVENT_OP | 1 << HW_EVENT_MODE | 1 << HW_EVENT_HOW |
			   1 << HW_EVENT_STACK;

	return (hw_event_column_in(columns, HW_EVENT_THREAD) ? (uint64_t)0xffff << 32 : 0) |
	       (columns & of_site ? (uint64_t)0xffff << 16 : 0) |
	       (hw_event_column_in(columns, HW_EVENT_OBJECT) ? 0xffff : 0);
}

static void tally_event(struct tally *tally, const struct hw_event_blocks *blocks,
	unsigned columns, uint64_t mask)
{
	const struct hw_unpacked *block = &blocks->block;
	uint32_t at = blocks->at, known = tally->entries.count;
	uint64_t key = (uint64_t)block->thread[at] << 32 | (uint64_t)block->site[at] << 16 |
		       block->object[at];
	uint16_t entry = hw_dictionary_put(&tally->entries, key & mask);

	if (entry == known)
		tally->groups[entry] = (struct hw_event_group){
			.kind = hw_event_groups_kind(blocks, columns),
			.first_id = hw_event_blocks_id(blocks) };
	tally->groups[entry].count++;
}

static int count_all(struct hw_event_blocks *blocks, unsigned columns, struct tally *tally,
	struct hw_event_groups *groups, struct hw_error *error)
{
	uint64_t mask = entry_mask(columns);
	int64_t first_event = -1;
	int code;

	while ((code = hw_event_blocks_next(blocks, error)) == 1) {
		if (blocks->first_event != first_event && take(groups, tally))
			return hw_error_set(error, -ENOMEM, "out of memory");
		first_event = blocks->first_event;
		tally_event(tally, blocks, columns, mask);
	}
	if (!code && take(groups, tally))
		code = hw_error_set(error, -ENOMEM, "out of memory");
	return code;
}

int hw_event_groups_build(struct hw_event_blocks *blocks, unsigned columns,
	struct hw_event_groups *ret_groups, struct hw_error *error)
{
	struct tally *tally = sqlite3_malloc64(sizeof(*tally));
	int code;

	*ret_groups = (struct hw_event_groups){ 0 };
	if (!tally)
		return hw_error_set(error, -ENOMEM, "out of memory");
	memset(&tally->entries, 0, sizeof(tally->entries));
	code = count_all(blocks, columns, tally, ret_groups, error);
	sqlite3_free(tally);
	return code;
}

void hw_event_groups_finish(struct hw_event_groups *groups)
{
	sqlite3_free(groups->all);
	sqlite3_free(groups->slots);
	*groups = (struct hw_event_groups){ 0 };
}

struct order {
	const struct hw_event_sort_column *by;
	size_t by_count;
};

static int compare_numbers(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

/* A text that is not there comes first. */
static int compare_texts(const char *a, const char *b)
{
	if (!a || !b)
		return !b - !a;
	return strcmp(a, b);
}

static int compare_column(const struct hw_event_kind *a, const struct hw_event_kind *b,
	enum hw_event_column column)
{
	switch (column) {
	case HW_EVENT_THREAD:
		return compare_numbers(a->thread, b->thread);
	case HW_EVENT_OBJECT:
		return compare_numbers(a->object, b->object);
	case HW_EVENT_STACK:
		return compare_numbers(a->stack, b->stack);
	case HW_EVENT_OP:
		return compare_texts(hw_name_of_op(a->op), hw_name_of_op(b->op));
	case HW_EVENT_MODE:
		return compare_texts(hw_event_mode_name(a->how), hw_event_mode_name(b->how));
	case HW_EVENT_HOW:
		return compare_texts(hw_name_of_how(a->how), hw_name_of_how(b->how));
	default:
		return 0;
	}
}

static int compare(const void *left, const void *right, void *context)
{
	const struct hw_event_group *a = left, *b = right;
	const struct order *order = context;

	for (size_t i = 0; i < order->by_count; i++) {
		int difference = compare_column(&a->kind, &b->kind, order->by[i].column);

		if (difference)
			return order->by[i].descending ? -difference : difference;
	}
	return 0;
}

void hw_event_groups_sort(struct hw_event_groups *groups, const struct hw_event_sort_column *by,
	size_t by_count)
{
	struct order order = { by, by_count };

	if (groups->count)
		qsort_r(groups->all, groups->count, sizeof(*groups->all), compare, &order);
}
