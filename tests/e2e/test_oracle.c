/* SPDX-License-Identifier: MIT */
#include "tests/e2e/oracle.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/e2e/script_random.h"
#include "tests/e2e/script_shrink.h"

/*
 * What holdwait says about scripts at random (script_random.h), compared with all that they
 * can do (oracle.h). A failure shows the script, made as small as it gets. In the environment,
 * HOLDWAIT_TEST_SCRIPTS says how many scripts are made in place of those below,
 * HOLDWAIT_TEST_SEED with which number they begin, and HOLDWAIT_TEST_SCRIPT is one to look at.
 */

enum { SCRIPTS = 150, PARTS = 2 };

static uint64_t number_in(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static bool disagrees(const struct hw_script *script, void *ret_wrong)
{
	struct hw_oracle_count count = { 0 };

	return !hw_oracle_agrees(script, &count, ret_wrong);
}

static void compare(struct hw_script *script, struct hw_oracle_count *count)
{
	char wrong[HW_ORACLE_WRONG_MAX], again[HW_ORACLE_WRONG_MAX], text[HW_SCRIPT_TEXT_MAX];

	if (hw_oracle_agrees(script, count, wrong))
		return;
	hw_script_shrink(script, disagrees, again);
	if (disagrees(script, again))
		snprintf(wrong, sizeof(wrong), "%s", again);
	hw_script_print(script, text);
	cr_expect(false, "%s: '%s'", wrong, text);
}

/* Every PARTS-th of the scripts, so that several processors have something to do. */
static void compare_part(uint64_t part)
{
	uint64_t first = number_in("HOLDWAIT_TEST_SEED", 0);
	uint64_t count = number_in("HOLDWAIT_TEST_SCRIPTS", SCRIPTS);
	struct hw_oracle_count counted = { 0 };

	for (uint64_t i = part; i < count; i += PARTS) {
		struct hw_script script;

		hw_script_random(first + i, &script);
		compare(&script, &counted);
	}
	printf("%u scripts: %u predicted, %u possible, %u ruled out; of %u ways to hang %u were "
	       "predicted\n",
		counted.scripts, counted.predicted, counted.possible, counted.ruled_out,
		counted.hangs, counted.foreseen);
	/* Scripts that never hang would show nothing. */
	cr_expect(counted.scripts < 10 || (counted.foreseen && counted.ruled_out));
}

Test(oracle, first_part)
{
	compare_part(0);
}

Test(oracle, second_part)
{
	compare_part(1);
}

/* What holdwait was wrong about once, made small. */
static void agree(const char *text)
{
	struct hw_oracle_count count = { 0 };
	struct hw_script script;

	hw_script_parse(text, &script);
	compare(&script, &count);
	cr_expect_eq(count.scripts, 1);
}

/* Thread 2 comes late; thread 3 goes the same way, with one more lock around. */
Test(oracle, the_same_way_with_another_lock)
{
	agree("wmwm C3C1J1C2J2J3 R2L1U1U2 L1L2U1U2 L3L1L2U2U1U3 00333333111100222200");
}

/* The main thread goes the same way twice, before and after it creates the other. */
Test(oracle, the_same_way_from_another_place)
{
	agree("mmm L0L1U1U0L2U2C1L0L1U1U0J1 L1L0U0U1 0000000000011110");
}

/* Thread 2, joined with a lock held, reads what thread 1 reads while it waits for that lock. */
Test(oracle, joined_thread_reads_what_a_waiting_one_reads)
{
	agree("mrr C2C1R1J2U1J1 R2L1U1U2 R2U2 000212001110");
}

/* Other threads may use up the units than those that were looked at. */
Test(oracle, others_use_up_a_semaphore)
{
	agree("33 C3L0L0U0C1C2L0U0U0J1J2J3 L1L1L0U1U0U1 L0L0U0U0 T0L1L1U0U1U1 "
	      "0000000001113311133332202200");
}

/* Who keeps a unit only because it reads again what it reads already is kept by a writer or not. */
Test(oracle, reader_keeps_nothing_from_itself)
{
	agree("w2 C1R0L1R0U0U0U1J1 L1L1L0U0U1U1 00000001111110");
	agree("w2 C3C1J3J1 R0L1L1U1U1U0  L1R0U0U1 00331133011110");
}

/* Of three that want two units, one has to give one back that did so in time. */
Test(oracle, unit_that_comes_back_too_late)
{
	agree("mm2ms C3C2C1J2J1J3 L2L3U3U2 L3L2S4L2U2U2U3 L2P4U2 00031111223232222000");
}

/* A try that failed would not without the thread that had the lock. */
Test(oracle, try_that_has_to_fail_again)
{
	agree("rr C1F0T0J1U0 L0U0 0101000");
}

/* The same place, with the lock held to read first and to write later. */
Test(oracle, reader_that_is_a_writer_later)
{
	agree("rm C1L1R0U1U0J1 R0L1U1U0L0L1U1U0 01000011111110");
}

Test(oracle, one_of_the_environment)
{
	struct hw_oracle_count count = { 0 };
	struct hw_script script;

	if (!getenv("HOLDWAIT_TEST_SCRIPT"))
		cr_skip();
	hw_script_parse(getenv("HOLDWAIT_TEST_SCRIPT"), &script);
	compare(&script, &count);
}
