/* SPDX-License-Identifier: MIT */
#include "trace/tries.h"

#include "trace/script.h"

void hw_tries_finish(struct hw_tries *tries)
{
	hw_table_finish(&tries->blocking);
	hw_table_finish(&tries->yielding);
}

/* The innermost frame of machine code; 0 for none. */
static uint32_t machine_frame(const struct hw_roster *roster, uint32_t stack)
{
	while (stack && roster->frames[roster->stacks[stack - 1].frame - 1].line)
		stack = roster->stacks[stack - 1].parent;
	return stack ? roster->stacks[stack - 1].frame : 0;
}

static uint32_t innermost_frame(const struct hw_roster *roster, uint32_t stack)
{
	return stack ? roster->stacks[stack - 1].frame : 0;
}

/* The last failed try of the thread was not followed by a block. */
static void yielded(struct hw_tries *tries, const struct hw_roster *roster,
	const struct hw_thread *thread)
{
	uint32_t frame = innermost_frame(roster, thread->failed_try_stack);

	if (frame && frame != machine_frame(roster, thread->failed_try_stack))
		hw_table_put(&tries->yielding, frame, NULL);
}

void hw_tries_failed(struct hw_tries *tries, const struct hw_roster *roster,
	struct hw_thread *thread, struct hw_object *object, uint32_t stack, uint32_t holds)
{
	if (thread->failed_try)
		yielded(tries, roster, thread);
	thread->failed_try = object;
	thread->failed_try_stack = stack;
	thread->failed_try_holds = holds;
}

void hw_tries_blocked(struct hw_tries *tries, const struct hw_roster *roster,
	struct hw_thread *thread, const struct hw_object *object, uint32_t holds)
{
	if (thread->failed_try != object)
		yielded(tries, roster, thread);
	else if (thread->failed_try_holds == holds)
		hw_table_put(&tries->blocking, machine_frame(roster, thread->failed_try_stack),
			NULL);
	thread->failed_try = NULL;
}

/* A script's try, through code of its interpreter that is known. */
static bool is_known(const struct hw_roster *roster, uint32_t machine, uint32_t innermost)
{
	const struct hw_module *module = machine ? roster->frames[machine - 1].module : NULL;

	return machine != innermost && module && hw_script_tries_first(module->path);
}

bool hw_tries_block(const struct hw_tries *tries, const struct hw_roster *roster, uint32_t stack)
{
	uint32_t machine = machine_frame(roster, stack), innermost = innermost_frame(roster, stack);

	return (hw_table_find(&tries->blocking, machine) ||
		       is_known(roster, machine, innermost)) &&
	       !hw_table_find(&tries->yielding, innermost);
}
