/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>

/* Programs that take away what a library might rely on; and what they can see of it. */

static const char harsh[] = HW_FIXTURE("harsh");

/* Locks twice, then thirteen times each in the main thread, another thread and a child. */
static void expect_all(const char *part)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(harsh, part));
	hw_preloaded_expect(&run,
		"SELECT process, number, op, count(*) FROM event JOIN thread ON thread.id = thread "
		"WHERE op IN ('lock', 'unlock') GROUP BY process, number, op ORDER BY process, "
		"number, op",
		"1|1|lock|15\n"
		"1|1|unlock|15\n"
		"1|2|lock|13\n"
		"1|2|unlock|13\n"
		"2|1|lock|13\n"
		"2|1|unlock|13\n");
	/* Every one with its own stack. */
	hw_preloaded_expect(&run,
		"SELECT process, number, count(DISTINCT stack) FROM event JOIN thread "
		"ON thread.id = thread WHERE op = 'lock' GROUP BY process, number ORDER BY "
		"process, number",
		"1|1|15\n"
		"1|2|13\n"
		"2|1|13\n");
	hw_preloaded_expect(&run, "SELECT value FROM meta WHERE key = 'lost'", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_harsh, closes_every_descriptor)
{
	expect_all("close_all");
}

Test(interpose_harsh, changes_its_root)
{
	expect_all("chroot");
}

Test(interpose_harsh, becomes_nobody)
{
	expect_all("nobody");
}

Test(interpose_harsh, has_no_address_space_left)
{
	expect_all("memory");
}

/* mlockall brings none of the library's memory in, and counts none of it. */
Test(interpose_harsh, locks_its_memory)
{
	expect_all("locked");
}

Test(interpose_harsh, locks_its_memory_within_limits)
{
	expect_all("locked_within_limits");
}

Test(interpose_harsh, has_no_descriptors_left)
{
	expect_all("files");
}

Test(interpose_harsh, is_in_a_sandbox)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(harsh, "sandbox"));
	hw_preloaded_expect(&run, "SELECT op, count(*) FROM event GROUP BY op ORDER BY op",
		"lock|20003\n"
		"start|1\n"
		"unlock|20003\n");
	hw_preloaded_finish(&run);
}

Test(interpose_harsh, looks_around)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(harsh, "look_around"));
	hw_preloaded_expect_thread(&run, 1, "start thread1\n");
	hw_preloaded_finish(&run);
}
