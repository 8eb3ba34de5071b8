/* SPDX-License-Identifier: MIT */
#include "interpose/memo.h"

#include <string.h>

#include "interpose/cfi.h"

_Atomic uint32_t hw_memo_unloads;

_Static_assert((int)HW_MEMO_SETS == 64, "set_of gives 6 bits");
_Static_assert((int)HW_MEMO_WAYS == 4, "choose_way takes 2 bits");
_Static_assert((int)HW_MEMO_SIZES == 256 * HW_MEMO_SIZE_WAYS, "hw_memo_size_at takes 8 bits");

/* A return address a frame, and an rbp where all code has frame pointers. */
static uint32_t words_for(uint32_t depth)
{
	return (2 * depth + HW_MEMO_STEP - 1) / HW_MEMO_STEP * HW_MEMO_STEP;
}

static uint32_t entry_bytes(uint32_t depth)
{
	size_t bytes = sizeof(struct hw_memo_entry) +
		words_for(depth) / HW_MEMO_STEP * sizeof(struct hw_memo_words);

	return (uint32_t)(bytes + 63) & ~63u;
}

size_t hw_memo_bytes(uint32_t depth)
{
	return sizeof(struct hw_memo) + (size_t)HW_MEMO_SETS * HW_MEMO_WAYS * entry_bytes(depth);
}

/* Of no call, so it never holds. */
static const struct hw_memo_entry none;

static void empty_recent(struct hw_memo *memo)
{
	for (uint32_t i = 0; i < HW_MEMO_RECENT; i++)
		memo->recent[i] = &none;
}

static void empty(struct hw_memo *memo)
{
	memset(memo->calls, 0, sizeof(memo->calls));
	memset(memo->sizes, 0, sizeof(memo->sizes));
	empty_recent(memo);
}

void hw_memo_prepare(struct hw_memo *memo, uint32_t depth)
{
	/* One that nobody has used yet is all zeroes, and of memory that is not there yet. */
	if (memo->words_max)
		empty(memo);
	else
		empty_recent(memo);
	memo->words_max = words_for(depth);
	memo->entry_bytes = entry_bytes(depth);
	memo->unloads = atomic_load(&hw_memo_unloads);
	memo->changes++;
}

static const uint64_t *find_size(const struct hw_memo *memo, uintptr_t place)
{
	const uint64_t *size = &memo->sizes[hw_memo_size_at(place)];

	for (uint32_t way = 0; way < HW_MEMO_SIZE_WAYS; way++)
		if (size[way] >> 16 == place)
			return &size[way];
	return NULL;
}

/*
 * Where entries of the present stack are. What is read is part of frames that are there; but
 * while a library is being closed, another may be where it was that has other frames, so
 * nothing is read above `top`, the end of the stack.
 */
static uint32_t set_of(const struct hw_memo *memo, const struct hw_call *call,
	uintptr_t top)
{
	const uintptr_t *outer = (const uintptr_t *)(call + 1);
	uintptr_t place = (uintptr_t)call->from;
	uint64_t mixed = (uintptr_t)call >> 4 ^ place;

	for (int i = 0; i < HW_BACKTRACE_SIZES; i++) {
		const uint64_t *size = find_size(memo, place);

		if (!size)
			break;
		outer += (uint16_t)*size;
		if ((uintptr_t)outer > top)
			break;
		place = outer[-1];
		mixed = mixed * 0x9e3779b97f4a7c15u + place;
	}
	return (uint32_t)(mixed * 0x9e3779b97f4a7c15u >> 58);
}

static struct hw_memo_entry *entry_at(const struct hw_memo *memo, uint32_t set,
	uint32_t way)
{
	return (void *)(memo->entries + (size_t)(set * HW_MEMO_WAYS + way) * memo->entry_bytes);
}

/*
 * Who was first keeps its place. If it changed hands, the stacks of both would be looked for in
 * other sets than they were put into, again and again. The same goes for a frame of varying
 * size: it becomes one of no size, outside of which nothing is looked at.
 */
static void note_size(struct hw_memo *memo, uintptr_t place, uint32_t words)
{
	uint64_t *size = &memo->sizes[hw_memo_size_at(place)], *end = size + HW_MEMO_SIZE_WAYS;

	for (; size < end && *size; size++) {
		if (*size >> 16 != place)
			continue;
		if ((uint16_t)*size != words)
			*size = (uint64_t)place << 16;
		return;
	}
	if (size < end)
		*size = (uint64_t)place << 16 | words;
}

static void note_sizes(struct hw_memo *memo, const struct hw_backtrace *backtrace)
{
	for (uint32_t i = 0; i < HW_BACKTRACE_SIZES && i + 1 < backtrace->count; i++) {
		uintptr_t place = (uintptr_t)backtrace->frames[i];
		uint32_t words = backtrace->sizes[i] / sizeof(uintptr_t);

		if (!words || words > UINT16_MAX)
			break;
		note_size(memo, place, words);
	}
}

/*
 * The entry that has the same words, which is out of date; else an empty one; else any. Were it the
 * oldest, then of stacks that are met in turn, one more than there are ways, none
 * would be found.
 */
static uint32_t choose_way(struct hw_memo *memo, uint32_t set, const struct hw_call *call)
{
	uint32_t way;

	for (way = 0; way < HW_MEMO_WAYS && memo->calls[set][way]; way++)
		if (hw_memo_holds(memo, entry_at(memo, set, way), call))
			return way;
	if (way < HW_MEMO_WAYS)
		return way;
	way = memo->next_way[set];
	memo->next_way[set] = (uint8_t)(memo->changes * 0x9e3779b1u >> 30);
	return way;
}

/* So far from the end of the stack a place can tell where a word is. */
#define REACH_BYTES ((uintptr_t)UINT32_MAX * sizeof(uintptr_t))

static void put_word(struct hw_memo_entry *entry, uint32_t number, uint64_t place,
	uintptr_t value)
{
	struct hw_memo_words *words = &entry->words[number / HW_MEMO_STEP];
	uint32_t which = number % HW_MEMO_STEP;

	if (which % 2)
		words->places[which / 2] |= place << 32;
	else
		words->places[which / 2] = place;
	words->values[which] = value;
}

static void put_words(struct hw_memo_entry *entry, const struct hw_backtrace *backtrace,
	uintptr_t origin)
{
	uint32_t count = (backtrace->word_count + HW_MEMO_STEP - 1) / HW_MEMO_STEP * HW_MEMO_STEP;

	for (uint32_t i = 0; i < count; i++) {
		const struct hw_backtrace_word *word = &backtrace->words[
			i < backtrace->word_count ? i : backtrace->word_count - 1];

		put_word(entry, i, ((uintptr_t)word->at - origin) / sizeof(uintptr_t),
			word->value);
	}
	entry->end = entry->words + count / HW_MEMO_STEP;
}

void hw_memo_add(struct hw_memo *memo, const struct hw_call *call, uintptr_t top,
	const struct hw_backtrace *backtrace, const struct hw_memo_stack *stack)
{
	struct hw_memo_entry *entry;
	uint32_t set, way;

	if (backtrace->word_count > memo->words_max || top - (uintptr_t)call > REACH_BYTES)
		return;
	memo->origin = (top & -sizeof(uintptr_t)) - REACH_BYTES;
	if (!hw_memo_is_current(memo)) {
		empty(memo);
		memo->unloads = atomic_load(&hw_memo_unloads);
	}
	note_sizes(memo, backtrace);
	set = set_of(memo, call, top);
	way = choose_way(memo, set, call);
	entry = entry_at(memo, set, way);
	memo->calls[set][way] = (uintptr_t)call;
	entry->call = (uintptr_t)call;
	entry->from = call->from;
	entry->base = call->base;
	entry->base_mask = backtrace->uses_base ? ~(uintptr_t)0 : 0;
	entry->stack = *stack;
	put_words(entry, backtrace, memo->origin);
	memo->changes++;
}

void hw_memo_note_recent(struct hw_memo *memo, const struct hw_call *call,
	const struct hw_memo_entry *entry)
{
	memo->recent[hw_memo_recent_at(call)] = entry;
}

const struct hw_memo_entry *hw_memo_find(const struct hw_memo *memo, const struct hw_call *call,
	uintptr_t top, struct hw_memo_stack *ret_stack)
{
	uint32_t changes = hw_memo_changes(memo), set;

	if (!hw_memo_is_current(memo))
		return NULL;
	set = set_of(memo, call, top);
	for (uint32_t way = 0; way < HW_MEMO_WAYS; way++) {
		const struct hw_memo_entry *entry = entry_at(memo, set, way);

		if (memo->calls[set][way] != (uintptr_t)call || !hw_memo_holds(memo, entry, call))
			continue;
		*ret_stack = entry->stack;
		return hw_memo_is_unchanged(memo, changes) ? entry : NULL;
	}
	return NULL;
}

void hw_memo_forget(void)
{
	hw_cfi_forget();
	atomic_fetch_add(&hw_memo_unloads, 1);
}
