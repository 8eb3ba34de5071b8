/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>

/* Semaphores under the preloaded library. */

static const char semaphores[] = HW_FIXTURE("semaphores");

static const char objects[] = "SELECT type, generation, initialised, destroy_ns IS NOT NULL, role, "
			      "capacity FROM object WHERE kind = 'sem' ORDER BY id";

Test(interpose_sem, life)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(semaphores, "life"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"init sem1\n"
		"take sem1\n"
		"take sem1 try\n"
		"post sem1\n"
		"post sem1\n"
		"destroy sem1\n"
		"init sem2\n"
		"fail sem2 =75\n"
		"destroy sem2\n");
	hw_preloaded_expect(&run, objects,
		"|0|1|1|lock|2\n"
		"|1|1|1||2147483647\n");
	/* The first gives back what was taken last. Of the other it matters where it was done. */
	hw_preloaded_expect(&run,
		"SELECT stack IS NULL FROM event WHERE op = 'post' ORDER BY id", "1\n0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_sem, successes)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(semaphores, "successes"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"init sem1\n"
		"take sem1 timed\n"
		"take sem1 timed\n"
		"take sem1\n");
	hw_preloaded_expect(&run,
		"SELECT thing.name, count FROM hold JOIN thing ON thing.id = object", "sem1|3\n");
	hw_preloaded_finish(&run);
}

Test(interpose_sem, failures)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(semaphores, "failures"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"init sem1\n"
		"fail sem1 =11\n"
		"wait sem1 timed\n"
		"fail sem1 =110\n"
		"wait sem1 timed\n"
		"fail sem1 =110\n"
		"fail sem1 =22\n"
		"fail sem1 =22\n");
	hw_preloaded_finish(&run);
}

Test(interpose_sem, interrupted)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(semaphores, "interrupted"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"wait sem1\n"
		"fail sem1 =4\n"
		"end thread2\n");
	hw_preloaded_finish(&run);
}

Test(interpose_sem, lock)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(semaphores, "lock"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"wait sem1\n"
		"take sem1\n"
		"post sem1\n"
		"end thread2\n");
	hw_preloaded_expect(&run, objects, "|0|1|0|lock|1\n");
	hw_preloaded_expect(&run, "SELECT sum(acquired), sum(waited) FROM contention", "2|1\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_sem, signal)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(semaphores, "signals"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"wait sem1\n"
		"take sem1\n"
		"end thread2\n");
	hw_preloaded_expect(&run, objects, "|0|1|0|signal|1\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM hold", "0\n");
	hw_preloaded_expect(&run,
		"SELECT count(*) FROM event WHERE op = 'post' AND stack IS NULL", "0\n");
	hw_preloaded_finish(&run);
}

Test(interpose_sem, named)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(semaphores, "named"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"init sem1\n"
		"take sem1\n"
		"post sem1\n"
		"init sem2\n"
		"take sem2\n");
	hw_preloaded_expect(&run, objects,
		"shared named|0|1|0|lock|1\n"
		"shared named|0|1|0||5\n");
	hw_preloaded_expect(&run,
		"SELECT count(DISTINCT shared_key), count(DISTINCT name), min(name) LIKE "
		"'/holdwait-fixture-%', sum(process IS NULL) FROM object WHERE kind = 'sem'",
		"2|1|1|2\n");
	hw_preloaded_finish(&run);
}
