/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pictures of a graph that Graphviz's dot does not lay out before its time is over. */

static const char tangle[] = HW_BUILD_DIR "/tests/fixtures/tangle";

/* A picture, the nodes of which are counted, and what was said about it. */
static size_t nodes_drawn(const char *argument, const char *note)
{
	struct hw_recorded recorded;
	struct hw_process process;
	size_t nodes = 0;
	char *picture;

	hw_recorded_init(&recorded);
	hw_recorded_run(&recorded, &process, "record",
		argument ? HW_ARGUMENTS("-q", tangle, argument) : HW_ARGUMENTS("-q", tangle));
	hw_process_finish(&process);
	hw_process_run(&process,
		HW_ARGUMENTS(HW_HOLDWAIT, "graph", "--by", "object", "-T", "svg", "--time-limit",
			"5", recorded.file));
	cr_assert_eq(process.status, 0);
	hw_process_expect_errors(&process, note);
	picture = hw_process_output(&process);
	for (const char *at = picture; (at = strstr(at, "class=\"node")); at++)
		nodes++;
	free(picture);
	hw_process_finish(&process);
	hw_recorded_finish(&recorded);
	return nodes;
}

Test(graph, shows_cycles_when_all_of_it_takes_too_long)
{
	cr_assert_eq(nodes_drawn("cycle", "drawing only what is on a cycle"), 2);
}

Test(graph, shows_all_of_it_coarsely_when_there_is_no_cycle)
{
	cr_assert_eq(nodes_drawn(NULL, "drawing it with sfdp"), 400);
}
