/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "trace/order.h"
#include "trace/order_quick.h"

/* Which tries stand for blocks, by what came after those that failed. */

static struct hw_roster roster;
static struct hw_order order = { .roster = &roster };
static struct hw_process *process;
static struct hw_thread *thread;
static struct hw_object *lock, *other;

static void setup(void)
{
	struct hw_object_definition definition = { .address = 64, .kind = HW_KIND_MUTEX,
		.type = HW_TYPE_INITIALISED };

	process = hw_roster_process(&roster, 1);
	process->maps_read = true;
	thread = hw_roster_thread(&roster, process, 2);
	lock = hw_roster_define(&roster, process, 0, 1, &definition);
	definition.address = 128;
	other = hw_roster_define(&roster, process, 0, 2, &definition);
}

static void teardown(void)
{
	hw_order_finish(&order);
	hw_roster_finish(&roster);
}

TestSuite(tries, .init = setup, .fini = teardown);

static uint32_t machine(uint64_t address)
{
	return hw_roster_stack(&roster, process, 0, 0, &address, 1);
}

/* A line of a script, and what of its interpreter runs it. */
static uint32_t script(uint32_t line, uint64_t address)
{
	uint64_t addresses[] = { hw_frame_of_code(0, line), address };

	return hw_roster_stack(&roster, process, 0, 0, addresses, 2);
}

static void fail(struct hw_object *object, uint32_t stack)
{
	hw_order_fail(&order, thread, object, stack, true, 0);
}

static void wait_for(struct hw_object *object, uint32_t stack)
{
	hw_order_wait(&order, thread, object, stack, 0, 0);
}

static bool blocks(uint32_t stack)
{
	return hw_tries_block(&order.tries, &roster, stack);
}

Test(tries, followed_by_a_block_stand_for_one)
{
	fail(lock, machine(4096));
	cr_expect(!blocks(machine(4096)));
	wait_for(lock, machine(8192));
	cr_expect(blocks(machine(4096)));
	cr_expect(!blocks(machine(8192)));
	cr_expect(blocks(script(7, 4096)), "it is the same place in the interpreter");
}

Test(tries, of_something_else_do_not)
{
	fail(lock, machine(4096));
	wait_for(other, machine(8192));
	cr_expect(!blocks(machine(4096)));
}

Test(tries, with_something_else_held_do_not)
{
	fail(lock, machine(4096));
	hw_order_acquire(&order, thread, other, machine(12288), HW_HOW_TRY, 0);
	wait_for(lock, machine(8192));
	cr_expect(!blocks(machine(4096)));
}

Test(tries, from_a_line_that_went_on_do_not)
{
	fail(lock, script(7, 4096));
	wait_for(lock, script(7, 8192));
	hw_order_acquire(&order, thread, lock, script(7, 8192), 0, 0);
	cr_expect(blocks(script(7, 4096)));
	fail(lock, script(8, 4096));
	fail(lock, script(7, 4096));
	cr_expect(!blocks(script(8, 4096)));
	cr_expect(blocks(script(7, 4096)), "nothing says yet what it does");
	cr_expect(blocks(script(9, 4096)));
}

/* Machine code has no lines of its own: what it did once it may do at any time. */
Test(tries, from_machine_code_that_went_on_still_do)
{
	fail(lock, machine(4096));
	fail(lock, machine(4096));
	wait_for(lock, machine(8192));
	cr_expect(blocks(machine(4096)));
}

Test(tries, from_an_unknown_place_are_told_from_known_ones)
{
	fail(lock, 0);
	fail(lock, 0);
	cr_expect(!blocks(0));
	wait_for(lock, 0);
	cr_expect(blocks(0));
	cr_expect(!blocks(machine(4096)));
}

/* One that got it tells nothing of one that failed, and what may block does. */
Test(tries, that_fail_matter_only_to_what_may_block)
{
	fail(lock, machine(4096));
	cr_expect(!hw_order_is_simple(thread, other, 0));
	thread->hold_capacity = thread->hold_count + 1;
	cr_expect(hw_order_is_simple(thread, other, HW_HOW_TRY));
	cr_expect(!hw_order_is_simple(thread, other, 0));
	cr_expect(!hw_order_is_simple(thread, other, HW_HOW_TIMED));
}

Test(tries, that_fail_after_a_wait_are_left)
{
	cr_expect(hw_order_try(&order, thread, lock, machine(4096)));
	cr_expect_eq(thread->failed_try, lock);
	wait_for(lock, machine(8192));
	cr_expect(!hw_order_try(&order, thread, lock, machine(8192)));
	cr_expect_null(thread->failed_try);
	cr_expect_eq(thread->waits_for, lock);
}
