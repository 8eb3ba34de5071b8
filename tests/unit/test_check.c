/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "analyzer/check.h"
#include "tests/unit/reported.h"

/* A reader that takes a and then b, a writer that takes them the other way round, twice. */

static struct reported r;
static struct hw_check check;
static struct hw_checked checked;

static void setup(void)
{
	int64_t t, u, c, d;

	reported_init(&r);
	reported_inversion(&r);
	t = scenario_thread(&r.s, "t");
	u = scenario_thread(&r.s, "u");
	c = scenario_object(&r.s, "mutex", "c");
	d = scenario_object(&r.s, "mutex", "d");
	scenario_nest(&r.s, t, "f", c, d, NULL_OBJECT);
	scenario_nest(&r.s, u, "g", d, c, NULL_OBJECT);
	scenario_sql(&r.s, "INSERT OR REPLACE INTO meta VALUES (%Q, 20), (%Q, 1)", "events",
		"complete");
}

static void teardown(void)
{
	hw_check_finish(&check);
	reported_finish(&r);
}

TestSuite(check, .init = setup, .fini = teardown);

static void analyse(void)
{
	free(reported_write(&r, "text"));
	cr_assert_eq(r.analysis.finding_count, 2);
}

/* Tell of all that is new, as whoever writes it does. */
static enum hw_check_status conclude(void)
{
	hw_check_sort(&check, &r.analysis, &checked);
	for (uint32_t i = 0; i < checked.new_count; i++)
		hw_baseline_add(&check.told, &r.analysis.findings[i]);
	return hw_check_status(&check);
}

Test(check, what_is_not_known_is_new)
{
	analyse();
	cr_assert_eq(conclude(), HW_CHECK_FINDINGS);
	cr_assert_eq(checked.new_count, 2);
	cr_assert_eq(check.written.count, 2);
}

Test(check, what_is_known_comes_behind_what_is_new)
{
	struct hw_finding first, second;

	analyse();
	first = r.analysis.findings[0];
	second = r.analysis.findings[1];
	hw_baseline_add(&check.baseline, &first);
	check.baseline.all[0].found = false;
	cr_assert_eq(conclude(), HW_CHECK_FINDINGS);
	cr_assert_eq(checked.new_count, 1);
	cr_assert_eq(checked.known_count, 1);
	cr_assert_str_eq(r.analysis.findings[0].id, second.id);
	cr_assert_str_eq(r.analysis.findings[1].id, first.id);
	cr_assert(check.baseline.all[0].found, "it is not gone");
}

Test(check, is_clean_when_all_is_known)
{
	analyse();
	for (uint32_t i = 0; i < 2; i++)
		hw_baseline_add(&check.baseline, &r.analysis.findings[i]);
	cr_assert_eq(conclude(), HW_CHECK_CLEAN);
	cr_assert_eq(checked.known_count, 2);
}

static void suppress_all(void)
{
	char path[] = "/tmp/holdwait-test.XXXXXX";
	struct hw_error error;
	FILE *file = fdopen(mkstemp(path), "w");

	cr_assert_not_null(file);
	fputs("rule HW001\n", file);
	fclose(file);
	cr_assert_eq(hw_suppressions_load(&check.suppressions, path, &error), 0);
	remove(path);
}

Test(check, what_is_suppressed_is_in_no_baseline_but_not_gone_either)
{
	analyse();
	suppress_all();
	hw_baseline_add(&check.baseline, &r.analysis.findings[0]);
	check.baseline.all[0].found = false;
	cr_assert_eq(conclude(), HW_CHECK_CLEAN);
	cr_assert_eq(checked.suppressed_count, 2);
	cr_assert_eq(check.written.count, 0);
	cr_assert(check.baseline.all[0].found);
}

Test(check, lost_events_are_no_proof_of_order)
{
	scenario_sql(&r.s, "UPDATE meta SET value = 17 WHERE key = 'lost'");
	analyse();
	suppress_all();
	cr_assert_eq(conclude(), HW_CHECK_CANNOT_SAY);
	cr_assert_str_eq(checked.cannot_say, "17 events were lost");
}

Test(check, what_came_after_the_end_of_recording_is_not_known)
{
	scenario_sql(&r.s, "UPDATE meta SET value = 0 WHERE key = 'complete'");
	scenario_sql(&r.s, "INSERT INTO meta VALUES ('cut', 1)");
	analyse();
	suppress_all();
	cr_assert_eq(conclude(), HW_CHECK_CANNOT_SAY);
	cr_assert_str_eq(checked.cannot_say, "recording ended before the program did");
}

Test(check, findings_are_sound_whatever_was_lost)
{
	scenario_sql(&r.s, "UPDATE meta SET value = 17 WHERE key = 'lost'");
	analyse();
	cr_assert_eq(conclude(), HW_CHECK_FINDINGS);
	cr_assert_not_null(checked.cannot_say);
}

Test(check, what_cannot_be_read_cannot_be_told_about)
{
	hw_check_fail(&check);
	cr_assert_eq(hw_check_status(&check), HW_CHECK_CANNOT_SAY);
	analyse();
	cr_assert_eq(conclude(), HW_CHECK_FINDINGS);
	cr_assert_eq(check.recordings, 2);
	cr_assert_eq(check.troubles, 1);
}
