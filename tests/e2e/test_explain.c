/* SPDX-License-Identifier: MIT */
#include "tests/e2e/recorded.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* holdwait explain: lists its topics, prints a page, and says what is none. */

static void expect(const char *topic, int status, const char *output, const char *errors)
{
	struct hw_process process;

	hw_process_run(&process, HW_ARGUMENTS(HW_HOLDWAIT, "explain", topic));
	cr_expect_eq(process.status, status, "%s: status %d", topic ? topic : "", process.status);
	hw_process_expect_output(&process, output);
	hw_process_expect_errors(&process, errors);
	hw_process_finish(&process);
}

Test(explain, lists_its_topics)
{
	expect(NULL, 0, "  HW001       lock-order cycle\n", "");
	expect(NULL, 0, "  gate        ", "");
}

Test(explain, prints_the_page_of_a_topic)
{
	expect("HW001", 0, "HW001  lock-order cycle\n\n", "");
	expect("hw001", 0, "\nHow to fix it\n", "");
	expect("ruled-out", 0, "\nSee also\n", "");
}

Test(explain, says_what_is_no_topic)
{
	expect("HW099", 2, "", "hint: 'holdwait explain' lists them\n");
	expect("hw-5f3a91c2", 2, "", "it is the id of one finding");
}
