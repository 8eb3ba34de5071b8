/* SPDX-License-Identifier: MIT */
#include "trace/declared.h"

#include <criterion/criterion.h>

/* Two processes and a mutex that they share, which the first has defined as its number 1. */
struct scene {
	struct hw_roster roster;
	struct hw_process *first, *second;
	struct hw_thread *thread;
	struct hw_object *lock;
	struct hw_declarations declarations;
};

static const struct hw_object_definition shared_mutex = { .address = 0x1000,
	.kind = HW_KIND_MUTEX, .type = HW_TYPE_SHARED, .inode = 7 };

static struct scene scene;

static void setup(void)
{
	scene = (struct scene){ 0 };
	scene.first = hw_roster_process(&scene.roster, 1);
	scene.second = hw_roster_process(&scene.roster, 2);
	scene.thread = hw_roster_thread(&scene.roster, scene.second, 1);
	scene.lock = hw_roster_define(&scene.roster, scene.first, 0, 1, &shared_mutex);
	/* Nothing is to be looked up in /proc. */
	scene.first->maps_read = scene.second->maps_read = true;
}

static void teardown(void)
{
	hw_declarations_finish(&scene.declarations);
	hw_roster_finish(&scene.roster);
}

static void declare(struct hw_object *first, struct hw_object *second)
{
	hw_declared_add(&scene.declarations, scene.thread, first, second, 0, 100);
}

TestSuite(declared, .init = setup, .fini = teardown);

Test(declared, each_pair_is_there_once)
{
	struct hw_object *other = hw_roster_expect(&scene.roster, scene.second, 0, 1, 0x2000);

	declare(scene.lock, other);
	declare(scene.lock, other);
	declare(other, scene.lock);
	cr_assert_eq(scene.declarations.count, 2);
	cr_expect_eq(scene.declarations.all[0].count, 2);
	cr_expect_eq(scene.declarations.all[1].count, 1);
}

/* It has a row before it is used, and is the same one then. */
Test(declared, what_is_expected_becomes_what_it_is)
{
	struct hw_object_definition private = { .address = 0x2000, .kind = HW_KIND_MUTEX };
	struct hw_object *expected = hw_roster_expect(&scene.roster, scene.second, 0, 1, 0x2000);

	cr_expect(expected->dirty);
	cr_expect_eq(expected->kind, HW_KIND_NONE);
	cr_expect_eq(expected->process, scene.second);
	cr_expect_eq(hw_roster_expect(&scene.roster, scene.second, 0, 1, 0x2000), expected);
	cr_expect_eq(hw_roster_define(&scene.roster, scene.second, 0, 1, &private), expected);
	cr_expect_eq(expected->kind, HW_KIND_MUTEX);
	cr_expect_eq(hw_roster_expect(&scene.roster, scene.second, 0, 1, 0x2000), expected);
}

/* Declared by a process before it is seen that it is the lock of another one. */
Test(declared, what_is_expected_turns_out_to_be_shared)
{
	struct hw_object *expected = hw_roster_expect(&scene.roster, scene.second, 0, 1, 0x1000);
	struct hw_object *other = hw_roster_expect(&scene.roster, scene.second, 0, 2, 0x2000);

	declare(expected, other);
	scene.declarations.all[0].dirty = expected->dirty = false;
	hw_declared_settle(&scene.declarations);
	cr_expect_not(scene.declarations.all[0].dirty);
	cr_expect_eq(hw_roster_define(&scene.roster, scene.second, 0, 1, &shared_mutex),
		scene.lock);
	cr_expect(expected->dirty, "its row is not removed");
	hw_declared_settle(&scene.declarations);
	cr_expect(scene.declarations.all[0].dirty);
	cr_expect_eq(scene.declarations.all[0].first, scene.lock);
	cr_expect_eq(scene.declarations.all[0].second, other);
}

/* A lock that was expected by one process only is shared once it is defined. */
Test(declared, what_is_expected_and_shared_is_of_no_process)
{
	struct hw_object_definition another = shared_mutex;
	struct hw_object *expected;

	another.offset = 64;
	expected = hw_roster_expect(&scene.roster, scene.second, 0, 1, 0x1040);
	cr_expect_eq(hw_roster_define(&scene.roster, scene.second, 0, 1, &another), expected);
	cr_expect_null(expected->process);
}
