/* SPDX-License-Identifier: MIT */
#include "trace/gap.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "trace/order.h"

static struct hw_roster roster;
static struct hw_order order;
static struct hw_process process = { .id = 1, .end_ns = -1 };
static struct hw_thread thread, other;
static struct hw_object first, second;

static void set_up(void)
{
	order.roster = &roster;
	thread = (struct hw_thread){ .id = 1, .process = &process, .end_ns = -1 };
	other = (struct hw_thread){ .id = 2, .process = &process, .end_ns = -1 };
	first = (struct hw_object){ .id = 1, .kind = HW_KIND_MUTEX, .create_ns = 1 };
	second = (struct hw_object){ .id = 2, .kind = HW_KIND_MUTEX, .create_ns = 1 };
}

static void tear_down(void)
{
	hw_order_finish(&order);
	free(thread.holds);
	free(other.holds);
}

TestSuite(gap, .init = set_up, .fini = tear_down);

/* The unlock may be among what was dropped. */
Test(gap, what_was_held_orders_nothing)
{
	hw_order_acquire(&order, &thread, &first, 0, 0, 10);
	hw_gap_forget(&thread);
	hw_order_acquire(&order, &thread, &second, 0, 0, 20);
	cr_expect_eq(order.dependencies.count, 0);
	cr_expect_null(first.holder);
	cr_expect_eq(first.holders, 0);
	cr_expect_eq(thread.hold_count, 1);
	/* What it holds since then does. */
	hw_order_acquire(&order, &thread, &first, 0, 0, 30);
	cr_expect_eq(order.dependencies.count, 1);
}

Test(gap, others_keep_what_they_hold)
{
	hw_order_acquire(&order, &other, &first, 0, 0, 10);
	hw_order_acquire(&order, &thread, &second, 0, 0, 20);
	hw_gap_forget(&thread);
	cr_expect_eq(first.holder, &other);
	cr_expect_eq(first.holders, 1);
	cr_expect_eq(other.hold_count, 1);
}

Test(gap, nothing_is_waited_for)
{
	hw_order_acquire(&order, &other, &first, 0, 0, 10);
	hw_order_wait(&order, &thread, &first, 0, 0, 20);
	thread.blocked_on = &first;
	thread.blocked_word = 1;
	cr_assert_eq(first.waiters, 1);
	hw_gap_forget(&thread);
	cr_expect_eq(first.waiters, 0);
	cr_expect_null(thread.waits_for);
	cr_expect_null(thread.blocked_on);
	cr_expect_eq(thread.blocked_word, 0);
}

/* Who drops again before it has written anything has nothing more to forget. */
Test(gap, twice)
{
	hw_order_acquire(&order, &thread, &first, 0, 0, 10);
	hw_gap_forget(&thread);
	hw_gap_forget(&thread);
	cr_expect_eq(first.holders, 0);
}
