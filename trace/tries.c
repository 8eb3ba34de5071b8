/* SPDX-License-Identifier: MIT */
#include "trace/tries.h"

#include "trace/script.h"

static struct hw_frame *innermost_frame(const struct hw_roster *roster, uint32_t stack)
{
	return stack ? &roster->frames[roster->stacks[stack - 1].frame - 1] : NULL;
}

/* The innermost frame of machine code; NULL for none. */
static struct hw_frame *machine_frame(const struct hw_roster *roster, uint32_t stack)
{
	struct hw_frame *frame = innermost_frame(roster, stack);

	while (frame && frame->line) {
		stack = roster->stacks[stack - 1].parent;
		frame = innermost_frame(roster, stack);
	}
	return frame;
}

/* The last failed try of the thread was not followed by a block. */
static void yielded(struct hw_roster *roster, const struct hw_thread *thread)
{
	struct hw_frame *frame = innermost_frame(roster, thread->failed_try_stack);

	if (frame && frame->line)
		frame->yields = true;
}

/* It was. */
static void blocked(struct hw_tries *tries, struct hw_roster *roster,
	const struct hw_thread *thread)
{
	struct hw_frame *machine = machine_frame(roster, thread->failed_try_stack);

	*(machine ? &machine->blocks : &tries->unknown_blocks) = true;
}

void hw_tries_failed(struct hw_roster *roster, struct hw_thread *thread, struct hw_object *object,
	uint32_t stack, uint32_t holds)
{
	if (thread->failed_try)
		yielded(roster, thread);
	thread->failed_try = object;
	thread->failed_try_stack = stack;
	thread->failed_try_holds = holds;
}

void hw_tries_blocked(struct hw_tries *tries, struct hw_roster *roster,
	struct hw_thread *thread, const struct hw_object *object, uint32_t holds)
{
	if (thread->failed_try != object)
		yielded(roster, thread);
	else if (thread->failed_try_holds == holds)
		blocked(tries, roster, thread);
	thread->failed_try = NULL;
}

/* A script's try, through code of its interpreter that is known. */
static bool is_known(const struct hw_frame *machine, const struct hw_frame *innermost)
{
	return machine && machine != innermost && machine->module &&
		hw_script_tries_first(machine->module->path);
}

bool hw_tries_block(const struct hw_tries *tries, const struct hw_roster *roster, uint32_t stack)
{
	const struct hw_frame *machine = machine_frame(roster, stack);
	const struct hw_frame *innermost = innermost_frame(roster, stack);

	return ((machine ? machine->blocks : tries->unknown_blocks) ||
		       is_known(machine, innermost)) &&
	       !(innermost && innermost->yields);
}
