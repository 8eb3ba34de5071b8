/* SPDX-License-Identifier: MIT */
#include "tests/e2e/preloaded.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>

/*
 * In the order of a recording an object is released before it is acquired again, by another thread
 * or another process.
 */

static const char handovers[] = HW_FIXTURE("handovers");

struct kind {
	char name[8], acquire[8], release[8];
};

ParameterizedTestParameters(interpose_order, of_handovers)
{
	static struct kind kinds[] = { { "mutex", "lock", "unlock" }, { "try", "lock", "unlock" },
		{ "rwlock", "lock", "unlock" }, { "spin", "lock", "unlock" },
		{ "sem", "take", "post" }, { "shared", "lock", "unlock" } };

	return cr_make_param_array(struct kind, kinds, sizeof(kinds) / sizeof(kinds[0]));
}

ParameterizedTest(struct kind *kind, interpose_order, of_handovers)
{
	struct hw_preloaded run;
	char *lone;

	hw_preloaded_init(&run);
	hw_preloaded_record_fixture(&run, HW_ARGUMENTS(handovers, kind->name, "100000"));
	cr_expect_eq(hw_preloaded_number(&run, "SELECT count(*) FROM event WHERE op = '%s'",
		kind->acquire), 200000);
	lone = hw_preloaded_rows(&run, "SELECT count(*) FROM (SELECT op, thread, "
		"lag(op) OVER by_time AS op_before, lag(thread) OVER by_time AS thread_before "
		"FROM event WHERE op IN ('%s', '%s') WINDOW by_time AS (ORDER BY time_ns, id)) "
		"WHERE op = op_before OR (op = '%s' AND thread != thread_before)",
		kind->acquire, kind->release, kind->release);
	cr_expect_str_eq(lone, "0\n", "%s %s", kind->name, lone);
	free(lone);
	hw_preloaded_finish(&run);
}
