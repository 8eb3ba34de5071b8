/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/baseline.h"

static char path[] = "/tmp/holdwait-test.XXXXXX";
static struct hw_baseline baseline;

static void setup(void)
{
	int fd = mkstemp(path);

	cr_assert_geq(fd, 0);
	close(fd);
}

static void teardown(void)
{
	hw_baseline_finish(&baseline);
	unlink(path);
}

TestSuite(baseline, .init = setup, .fini = teardown);

static void write_file(const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert_not_null(file);
	fputs(text, file);
	cr_assert_eq(fclose(file), 0);
}

static void load(const char *text)
{
	struct hw_error error;

	write_file(text);
	hw_baseline_finish(&baseline);
	cr_assert_eq(hw_baseline_load(&baseline, path, &error), 0, "%s", error.message);
}

static void add(const char *id, const char *title)
{
	struct hw_finding finding = { .rule = HW_RULE_LOCK_ORDER, .title = title };

	strcpy(finding.id, id);
	hw_baseline_add(&baseline, &finding);
}

static void expect_file(const char *expected)
{
	struct hw_error error;
	char text[1024] = "";
	FILE *file;

	cr_assert_eq(hw_baseline_write(&baseline, path, &error), 0, "%s", error.message);
	file = fopen(path, "r");
	cr_assert_not_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	cr_assert_str_eq(strchr(text, '\n') + 1, expected);
	cr_assert_eq(text[0], '#');
}

Test(baseline, is_written_sorted_and_without_duplicates)
{
	add("hw-99999999", "c and d");
	add("hw-00000001", "a and b");
	add("hw-99999999", "d and c");
	expect_file("hw-00000001  # HW001 a and b\nhw-99999999  # HW001 c and d\n");
}

Test(baseline, what_it_writes_it_reads)
{
	add("hw-0000abcd", "a # b");
	expect_file("hw-0000abcd  # HW001 a # b\n");
	hw_baseline_finish(&baseline);
	cr_assert_eq(hw_baseline_load(&baseline, path, &(struct hw_error){ 0 }), 0);
	cr_assert_eq(baseline.count, 1);
	cr_assert(hw_baseline_find(&baseline, "hw-0000abcd"));
	cr_assert_not(hw_baseline_find(&baseline, "hw-0000abce"));
}

Test(baseline, knows_what_is_gone)
{
	load("# old\n\nhw-00000003\n  hw-00000001 # one\nhw-00000001\n");
	cr_assert_eq(baseline.count, 2);
	cr_assert(hw_baseline_find(&baseline, "hw-00000003"));
	cr_assert_not(baseline.all[0].found);
	cr_assert_str_eq(baseline.all[0].text, "hw-00000001 # one");
	cr_assert(baseline.all[1].found);
}

Test(baseline, lines_of_what_is_still_there_stay)
{
	load("hw-00000001 # accepted by Ada\nhw-00000002 # gone\n");
	add("hw-00000003", "new");
	add("hw-00000001", "worded otherwise");
	expect_file("hw-00000001 # accepted by Ada\nhw-00000003  # HW001 new\n");
}

static void expect_refusal(const char *text, const char *message)
{
	struct hw_error error;

	write_file(text);
	hw_baseline_finish(&baseline);
	cr_expect_lt(hw_baseline_load(&baseline, path, &error), 0, "%s", text);
	cr_expect_not_null(strstr(error.message, message), "%s", error.message);
	cr_expect_neq(error.hint[0], '\0');
}

Test(baseline, bad_lines_are_named)
{
	expect_refusal("hw-00000001\nHW001\n", ":2: 'HW001'");
	expect_refusal("hw-000001 # short\n", ":1: 'hw-000001");
	expect_refusal("hw-000000012\n", ":1: ");
	expect_refusal("hw-00000001 because\n", ":1: ");
}

Test(baseline, a_missing_file_is_an_error)
{
	struct hw_error error;

	cr_assert_lt(hw_baseline_load(&baseline, "/no/such/file", &error), 0);
	cr_assert_not_null(strstr(error.message, "/no/such/file"));
}
