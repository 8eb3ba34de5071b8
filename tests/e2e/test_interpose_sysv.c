/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* Semaphores of System V under the preloaded library. */

static const char sysv[] = HW_FIXTURE("sysv");

static const char objects[] = "SELECT type, initialised, destroy_ns IS NOT NULL, role, capacity "
			      "FROM object WHERE kind = 'sem' ORDER BY id";

Test(interpose_sysv, life)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(sysv, "life"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"init sem1\n"
		"init sem2\n"
		"init sem1 =2\n"
		"take sem1\n"
		"take sem1 try\n"
		"post sem1 =2\n"
		"take sem1 timed =2\n"
		"leave sem2\n"
		"destroy sem1\n"
		"destroy sem2\n");
	hw_preloaded_expect(&run, objects,
		"shared sysv|1|1|lock|2\n"
		"shared sysv|1|1|signal|0\n");
	hw_preloaded_expect(&run,
		"SELECT thing.name, count FROM hold JOIN thing ON thing.id = object", "sem1|2\n");
	hw_preloaded_expect(&run,
		"SELECT count(*) FROM object WHERE shared_key LIKE 'sysv:%' AND address IS NULL",
		"2\n");
	hw_preloaded_finish(&run);
}

Test(interpose_sysv, failures)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(sysv, "failures"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"init sem1\n"
		"fail sem1 =11\n"
		"wait sem1 timed\n"
		"fail sem1 =11\n"
		"fail sem1 =22\n"
		"fail sem1 =22\n"
		"fail sem1 =34\n"
		"post sem1\n"
		"fail sem1 =34\n"
		"destroy sem1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_sysv, arrays)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(sysv, "arrays"));
	hw_preloaded_expect_thread(&run, 1,
		"start thread1\n"
		"init sem1\n"
		"init sem2\n"
		"init sem3\n"
		"init sem1 =1\n"
		"init sem2 =3\n"
		"init sem3\n"
		"take sem1 together\n"
		"take sem2 =3\n"
		"post sem3\n"
		"wait sem1 timed\n"
		"fail sem1 =11\n"
		"destroy sem1\n"
		"destroy sem2\n"
		"destroy sem3\n");
	/* What is taken together is not taken while the rest is held. */
	hw_preloaded_expect(&run, "SELECT count(*) FROM dependency", "0\n");
	hw_preloaded_finish(&run);
}

/* By its key, by its number: it is one, in all processes, and the next of that key another. */
Test(interpose_sysv, users)
{
	struct hw_preloaded run;
	char name[64];

	hw_preloaded_init(&run);
	hw_preloaded_record(&run, NULL, HW_ARGUMENTS(sysv, "users"));
	snprintf(name, sizeof(name), "sysv 0x%x[0]\nsysv 0x%x[0]\n",
		(unsigned)hw_preloaded_printed(&run, "key"),
		(unsigned)hw_preloaded_printed(&run, "key"));
	hw_preloaded_expect(&run, "SELECT name FROM object WHERE kind = 'sem' ORDER BY id", name);
	hw_preloaded_expect(&run,
		"SELECT thing.name, count(DISTINCT t.process), count(*) FROM event e"
		" JOIN thing ON thing.id = e.object JOIN thread t ON t.id = e.thread"
		" WHERE op IN ('take', 'post') GROUP BY 1",
		"sem1|3|5\n"
		"sem2|1|1\n");
	hw_preloaded_finish(&run);
}

/* Of two that one call wants, it waits for the one that lacks units. */
Test(interpose_sysv, waits)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(sysv, "waits"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"wait sem2 =2\n"
		"take sem1 together\n"
		"take sem2 =2\n"
		"end thread2\n");
	hw_preloaded_expect(&run, "SELECT sum(acquired), sum(waited) FROM contention", "2|1\n");
	hw_preloaded_finish(&run);
}

Test(interpose_sysv, removal)
{
	struct hw_preloaded run;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(sysv, "removal"));
	hw_preloaded_expect_thread(&run, 2,
		"start thread2\n"
		"wait sem1\n"
		"fail sem1 =43\n"
		"end thread2\n");
	hw_preloaded_expect(&run, "SELECT count(*) FROM misuse", "0\n");
	hw_preloaded_finish(&run);
}
