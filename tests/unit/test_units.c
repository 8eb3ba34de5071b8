/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "trace/order.h"

/* Semaphores of System V, by the events that the log tells of them. */

enum { PLACE = 7, TOO_LATE_NS = 1000 };

static struct hw_roster roster;
static struct hw_order order = { .roster = &roster };
static struct hw_process *process;

/* A definition, as the library makes it for semaphore `number` of a set. */
static struct hw_object *define(uint32_t own_number, uint32_t number, uint32_t type)
{
	struct hw_object_definition definition = { .kind = HW_KIND_SEM,
		.type = HW_TYPE_SYSV | HW_TYPE_SHARED | type };

	hw_sysv_identify(&definition, 1, 2, number);
	return hw_roster_define(&roster, process, 0, own_number, &definition);
}

static struct hw_thread *thread(uint64_t uid)
{
	return hw_roster_thread(&roster, process, uid);
}

static void setup(void)
{
	process = hw_roster_process(&roster, 1);
}

static void teardown(void)
{
	hw_order_finish(&order);
	hw_roster_finish(&roster);
}

TestSuite(units, .init = setup, .fini = teardown);

static void note(struct hw_thread *by, struct hw_object *object, enum hw_op op, uint32_t detail)
{
	hw_units_note(&order, by, object, op, detail, 0);
}

static void take(struct hw_thread *by, struct hw_object *object, uint32_t units, uint32_t how)
{
	by->units = units;
	note(by, object, HW_OP_TAKE, how);
	hw_order_acquire(&order, by, object, PLACE, how, 0);
	by->units = 0;
}

static void post(struct hw_thread *by, struct hw_object *object, uint32_t units)
{
	note(by, object, HW_OP_POST, units);
	hw_order_release(&order, by, object, PLACE, 0);
	by->units = 0;
}

static void set(struct hw_object *object, uint32_t units)
{
	note(thread(1), object, HW_OP_INIT, units << 1 | 1);
}

static uint32_t held(struct hw_thread *by, const struct hw_object *object)
{
	const struct hw_hold *hold = hw_hold_of(by, object);

	return hold ? hold->count : 0;
}

Test(units, come_back_in_parts)
{
	struct hw_object *sem = define(1, 0, HW_TYPE_INITIALISED);

	set(sem, 5);
	take(thread(1), sem, 4, 0);
	cr_assert_eq(sem->units_free, 1);
	post(thread(1), sem, 3);
	cr_assert_eq(held(thread(1), sem), 1);
	post(thread(1), sem, 1);
	cr_assert_eq(held(thread(1), sem), 0);
	cr_assert_eq(sem->units_free, 5);
	cr_assert_eq(sem->capacity, 5);
	cr_assert_str_eq(hw_order_role(sem), "lock");
}

/* Each is waited for with what was held before, and with nothing of the others. */
Test(units, taken_together_wait_for_nothing_of_each_other)
{
	struct hw_object *a = define(1, 0, HW_TYPE_INITIALISED);
	struct hw_object *b = define(2, 1, HW_TYPE_INITIALISED);
	struct hw_object *c = define(3, 2, HW_TYPE_INITIALISED);

	set(a, 1);
	set(b, 1);
	set(c, 1);
	take(thread(1), a, 1, 0);
	take(thread(1), b, 1, HW_HOW_MORE);
	cr_assert_eq(held(thread(1), b), 0);
	take(thread(1), c, 1, 0);
	cr_assert_eq(held(thread(1), b), 1);
	cr_assert_eq(held(thread(1), c), 1);
	cr_assert_eq(order.dependencies.count, 2);
	for (size_t i = 0; i < order.dependencies.count; i++) {
		const struct hw_hold_list *held = hw_hold_list_at(&order.dependencies.lists,
			order.dependencies.all[i].list);

		cr_assert_eq(held->length, 1);
		cr_assert_eq(held->object, a);
	}
}

/* The first is given back while the thread still waits, and the second was taken by then. */
Test(units, awaited_together)
{
	struct hw_object *a = define(1, 0, HW_TYPE_INITIALISED);
	struct hw_object *b = define(2, 1, HW_TYPE_INITIALISED);
	uint32_t units = 0;

	set(a, 1);
	set(b, 3);
	take(thread(1), a, 1, 0);
	hw_units_await(thread(2), a, 1);
	hw_units_await(thread(2), b, 3);
	thread(2)->blocked_on = a;
	cr_assert_null(hw_units_awaited(thread(2), &units));
	take(thread(1), b, 1, 0);
	cr_assert_null(hw_units_awaited(thread(2), &units));
	post(thread(1), a, 1);
	cr_assert_eq(hw_units_awaited(thread(2), &units), b);
	cr_assert_eq(units, 3);
	take(thread(2), a, 1, HW_HOW_MORE);
	cr_assert_null(hw_units_awaited(thread(2), &units));
}

Test(units, set_at_the_beginning_are_what_it_has)
{
	struct hw_object *sem = define(1, 0, HW_TYPE_INITIALISED);

	cr_assert_str_eq(hw_order_role(sem), "signal");
	set(sem, 3);
	set(sem, 2);
	cr_assert_eq(sem->capacity, 2);
	cr_assert_null(hw_order_role(sem), "whose posts they are nobody knows yet");
}

Test(units, set_while_they_are_held_are_a_signal)
{
	struct hw_object *sem = define(1, 0, HW_TYPE_INITIALISED);

	set(sem, 1);
	take(thread(1), sem, 1, 0);
	set(sem, 1);
	cr_assert_eq(held(thread(1), sem), 0);
	cr_assert_str_eq(hw_order_role(sem), "signal");
}

Test(units, awaited_to_be_gone_are_a_signal)
{
	struct hw_object *sem = define(1, 0, HW_TYPE_INITIALISED);

	set(sem, 1);
	take(thread(1), sem, 1, 0);
	note(thread(2), sem, HW_OP_LEAVE, 0);
	cr_assert_eq(held(thread(1), sem), 0);
	cr_assert_str_eq(hw_order_role(sem), "signal");
}

Test(units, raised_from_zero_are_a_lock)
{
	struct hw_object *sem = define(1, 0, HW_TYPE_INITIALISED);

	take(thread(1), sem, 1, HW_HOW_ZERO);
	cr_assert_eq(held(thread(1), sem), 1);
	cr_assert_eq(sem->capacity, 1);
	cr_assert_null(hw_order_role(sem), "whose posts they are nobody knows yet");
	/* Somebody takes the unit away that has not brought it. */
	take(thread(2), sem, 1, 0);
	cr_assert_str_eq(hw_order_role(sem), "signal");
}

Test(units, undone_at_the_end_of_the_process)
{
	struct hw_object *a = define(1, 0, HW_TYPE_INITIALISED);
	struct hw_object *b = define(2, 1, HW_TYPE_INITIALISED);

	set(a, 1);
	set(b, 1);
	take(thread(1), a, 1, HW_HOW_UNDO);
	take(thread(1), b, 1, 0);
	hw_units_undo(&order, thread(1), TOO_LATE_NS);
	cr_assert_eq(held(thread(1), a), 0);
	cr_assert_eq(held(thread(1), b), 1);
	cr_assert_eq(a->units_free, 1);
	/* It came back to who takes it next. */
	take(thread(2), a, 1, 0);
	post(thread(2), a, 1);
	cr_assert_str_eq(hw_order_role(a), "lock");
}

/* The end of a thread while others of its process go on undoes nothing. */
Test(units, left_by_a_thread)
{
	struct hw_object *sem = define(1, 0, HW_TYPE_INITIALISED);

	set(sem, 1);
	hw_roster_number_thread(thread(1));
	hw_roster_number_thread(thread(2));
	take(thread(1), sem, 1, HW_HOW_UNDO);
	hw_misuse_end(&order.misuses, &roster, thread(1), false, TOO_LATE_NS);
	cr_assert_eq(order.misuses.count, 1);
}

Test(units, left_by_the_last_thread)
{
	struct hw_object *sem = define(1, 0, HW_TYPE_INITIALISED);

	set(sem, 1);
	hw_roster_number_thread(thread(1));
	hw_roster_number_thread(thread(2));
	thread(2)->end_ns = 0;
	take(thread(1), sem, 1, HW_HOW_UNDO);
	hw_misuse_end(&order.misuses, &roster, thread(1), false, TOO_LATE_NS);
	cr_assert_eq(order.misuses.count, 0);
}

/* Numbers are given again: who has not heard of that means the new semaphore, once it is there. */
Test(units, of_a_set_with_the_number_of_an_old_one)
{
	struct hw_object *old = define(1, 0, HW_TYPE_INITIALISED), *new;

	old->create_ns = 0;
	old->destroy_ns = 10;
	new = define(2, 0, HW_TYPE_INITIALISED);
	cr_assert_neq(new, old);
	cr_assert_eq(hw_roster_object(process, 1), old);
	new->create_ns = 20;
	cr_assert_eq(hw_roster_object(process, 1), new);
	cr_assert_eq(define(3, 0, 0), new);
}
