/* SPDX-License-Identifier: MIT */
#include "interpose/backtrace.h"

#include <string.h>

#include "interpose/cfi.h"
#include "interpose/signal_frame.h"

enum { WORD_BYTES = sizeof(uint64_t) };

/* Below are addresses that nothing is mapped to, above those of the kernel. */
#define LOWEST_CODE  0x1000ul
#define HIGHEST_CODE (1ul << 47)

/* A frame, as its function had it when it called. */
struct frame {
	uintptr_t place; /* where the call returns to, or where it was interrupted */
	bool interrupted;
	uintptr_t stack;
	uintptr_t base;
	uintptr_t base_at; /* the word that base was read from; 0: it is still in the register */
	bool base_noted;
};

struct unwinding {
	const struct hw_call *call;
	uintptr_t high;
	struct hw_backtrace *backtrace;
};

/* A word of the stack, at `at`. */
static bool read_word(const struct unwinding *unwinding, uintptr_t at, uintptr_t *ret_word)
{
	if (at < (uintptr_t)unwinding->call || at > unwinding->high - WORD_BYTES || at % WORD_BYTES)
		return false;
	*ret_word = *(const uintptr_t *)at;
	return true;
}

/* What comes next depends on this word. */
static bool note_word(const struct unwinding *unwinding, uintptr_t at, uintptr_t value)
{
	struct hw_backtrace *backtrace = unwinding->backtrace;

	if (backtrace->word_count == HW_BACKTRACE_WORDS_MAX)
		return false;
	backtrace->words[backtrace->word_count++] =
		(struct hw_backtrace_word){ (const uintptr_t *)at, value };
	return true;
}

/* What comes next depends on rbp, and so on where that came from. */
static bool note_base(const struct unwinding *unwinding, struct frame *frame)
{
	if (frame->base_noted)
		return true;
	frame->base_noted = true;
	if (frame->base_at)
		return note_word(unwinding, frame->base_at, frame->base);
	unwinding->backtrace->uses_base = true;
	return true;
}

/* Where the caller's stack pointer was before the call, its return address just below. */
static bool find_outer(const struct unwinding *unwinding, struct frame *frame,
	const struct hw_rule *rule, uintptr_t *ret_outer)
{
	uintptr_t at = frame->base + (uintptr_t)(intptr_t)rule->frame_offset;

	switch (rule->kind) {
	case HW_RULE_STACK:
		*ret_outer = frame->stack + (uintptr_t)(intptr_t)rule->frame_offset;
		break;
	case HW_RULE_BASE:
		*ret_outer = at;
		if (!note_base(unwinding, frame))
			return false;
		break;
	case HW_RULE_BASE_POINTED:
		if (!note_base(unwinding, frame) || !read_word(unwinding, at, ret_outer) ||
			!note_word(unwinding, at, *ret_outer))
			return false;
		break;
	default:
		return false;
	}
	return *ret_outer > frame->stack;
}

static bool restore_base(const struct unwinding *unwinding, struct frame *frame,
	const struct hw_rule *rule, uintptr_t outer)
{
	uintptr_t from = rule->base == HW_BASE_AT_FRAME ? outer : frame->base;

	if (rule->base == HW_BASE_KEPT)
		return true;
	frame->base_at = from + (uintptr_t)(intptr_t)rule->base_offset;
	frame->base_noted = false;
	return read_word(unwinding, frame->base_at, &frame->base);
}

static bool step(const struct unwinding *unwinding, struct frame *frame, const struct hw_rule *rule)
{
	uintptr_t outer;

	if (!find_outer(unwinding, frame, rule, &outer) ||
		(rule->base == HW_BASE_AT_BASE && !note_base(unwinding, frame)) ||
		!restore_base(unwinding, frame, rule, outer) ||
		!read_word(unwinding, outer - WORD_BYTES, &frame->place) ||
		!note_word(unwinding, outer - WORD_BYTES, frame->place))
		return false;
	frame->stack = outer;
	frame->interrupted = false;
	return true;
}

/* A word of the kernel's frame, on which depends what comes next, or what signal it was. */
static bool take_word(const struct unwinding *unwinding, uintptr_t at, uintptr_t *ret_word)
{
	return read_word(unwinding, at, ret_word) && note_word(unwinding, at, *ret_word);
}

/* From a handler's trampoline, whose address is where the kernel's frame begins. */
static bool step_interrupted(const struct unwinding *unwinding, struct frame *frame)
{
	uintptr_t at = frame->stack - offsetof(struct hw_signal_frame, flags), stack, other;

	if (!take_word(unwinding, at + offsetof(struct hw_signal_frame, stack_pointer), &stack) ||
		!take_word(unwinding, at + offsetof(struct hw_signal_frame, interrupted),
			&frame->place) ||
		!take_word(unwinding, at + offsetof(struct hw_signal_frame, blocked), &other) ||
		!take_word(unwinding, at + offsetof(struct hw_signal_frame, number), &other))
		return false;
	frame->base_at = at + offsetof(struct hw_signal_frame, registers[HW_SIGNAL_FRAME_BASE]);
	frame->base_noted = false;
	frame->interrupted = true;
	unwinding->backtrace->through_handler = true;
	if (!read_word(unwinding, frame->base_at, &frame->base) || stack <= frame->stack)
		return false;
	frame->stack = stack;
	return true;
}

static struct frame begin(const struct hw_call *call, struct hw_backtrace *backtrace)
{
	backtrace->count = 0;
	backtrace->word_count = 0;
	backtrace->uses_base = false;
	backtrace->through_handler = false;
	memset(backtrace->sizes, 0, sizeof(backtrace->sizes));
	return (struct frame){ .place = (uintptr_t)call->from, .stack = (uintptr_t)(call + 1),
		.base = call->base };
}

/* To the caller's frame. */
static bool go_on(const struct unwinding *unwinding, struct frame *frame,
	const struct hw_rule *rule)
{
	struct hw_backtrace *backtrace = unwinding->backtrace;
	uintptr_t stack = frame->stack;

	if (!step(unwinding, frame, rule))
		return false;
	if (backtrace->count <= HW_BACKTRACE_SIZES)
		backtrace->sizes[backtrace->count - 1] = (uint32_t)(frame->stack - stack);
	return true;
}

/* A call is before the place it returns to, and may be the last instruction of its function. */
static struct hw_rule rule_of(const struct frame *frame)
{
	return hw_cfi_rule(frame->place + frame->interrupted);
}

bool hw_backtrace_take(const struct hw_call *call, uint32_t depth, uintptr_t high,
	const void *trampoline, struct hw_backtrace *ret_backtrace)
{
	const struct unwinding unwinding = { call, high, ret_backtrace };
	struct frame frame = begin(call, ret_backtrace);

	while (frame.place) {
		struct hw_rule rule;

		ret_backtrace->frames[ret_backtrace->count++] = (void *)frame.place;
		/* Which signal it was is wanted even where nothing further out is. */
		if (frame.place == (uintptr_t)trampoline) {
			if (!step_interrupted(&unwinding, &frame))
				return false;
			if (ret_backtrace->count == depth)
				break;
			continue;
		}
		if (ret_backtrace->count == depth)
			break;
		rule = rule_of(&frame);
		if (rule.kind == HW_RULE_END)
			break;
		if (!go_on(&unwinding, &frame, &rule))
			return false;
	}
	return true;
}

/* As far as the value tells: programs have the lower half of the addresses. */
static bool may_be_code(const struct unwinding *unwinding, uintptr_t place)
{
	return place >= LOWEST_CODE && place < HIGHEST_CODE &&
		(place < (uintptr_t)unwinding->call || place >= unwinding->high);
}

void hw_backtrace_follow(const struct hw_call *call, uint32_t depth, uintptr_t high,
	struct hw_backtrace *ret_backtrace)
{
	static const struct hw_rule rule = { .kind = HW_RULE_BASE, .frame_offset = 2 * WORD_BYTES,
		.base = HW_BASE_AT_FRAME, .base_offset = -2 * WORD_BYTES };
	const struct unwinding unwinding = { call, high, ret_backtrace };
	struct frame frame = begin(call, ret_backtrace);

	do
		ret_backtrace->frames[ret_backtrace->count++] = (void *)frame.place;
	while (ret_backtrace->count < depth && go_on(&unwinding, &frame, &rule) &&
		may_be_code(&unwinding, frame.place));
}
