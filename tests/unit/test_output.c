/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/output.h"

static char folder[] = "/tmp/holdwait-test.XXXXXX";
static struct hw_error error;

static void setup(void)
{
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(chdir(folder), 0);
}

static void teardown(void)
{
	unlink("out");
	cr_assert_eq(chdir("/"), 0);
	cr_assert_eq(rmdir(folder), 0, "nothing else is left behind");
}

static void expect_content(const char *content)
{
	char bytes[64] = "";
	FILE *file = fopen("out", "r");

	cr_assert_not_null(file);
	cr_assert_geq(fread(bytes, 1, sizeof(bytes) - 1, file), 0);
	fclose(file);
	cr_assert_str_eq(bytes, content);
}

static void write_old(void)
{
	FILE *file = fopen("out", "w");

	fputs("old", file);
	fclose(file);
}

TestSuite(output, .init = setup, .fini = teardown);

Test(output, appears_whole)
{
	struct hw_output output;
	struct stat status;

	umask(027);
	cr_assert_eq(hw_output_open("out", &output, &error), 0, "%s", error.message);
	fputs("new", output.file);
	cr_assert_neq(access("out", F_OK), 0, "not before it is complete");
	cr_assert_eq(hw_output_commit(&output, &error), 0, "%s", error.message);
	expect_content("new");
	cr_assert_eq(stat("out", &status), 0);
	cr_assert_eq(status.st_mode & 0777, 0640, "as the umask says");
}

Test(output, replaces_what_was_there)
{
	struct hw_output output;

	write_old();
	cr_assert_eq(hw_output_open("out", &output, &error), 0);
	fputs("new", output.file);
	expect_content("old");
	cr_assert_eq(hw_output_commit(&output, &error), 0);
	expect_content("new");
}

Test(output, keeps_what_was_there_when_discarded)
{
	struct hw_output output;

	write_old();
	cr_assert_eq(hw_output_open("out", &output, &error), 0);
	fputs("new", output.file);
	hw_output_discard(&output);
	expect_content("old");
}

Test(output, says_when_the_device_is_full)
{
	struct hw_output output;

	cr_assert_eq(hw_output_open("/dev/full", &output, &error), 0);
	fputs("new", output.file);
	cr_assert_eq(hw_output_commit(&output, &error), -ENOSPC);
	cr_assert_str_eq(error.message, "cannot write '/dev/full': No space left on device");
}

Test(output, says_when_there_is_no_such_folder)
{
	struct hw_output output;

	cr_assert_eq(hw_output_open("missing/out", &output, &error), -ENOENT);
	cr_assert_str_eq(error.message, "cannot write 'missing/out': No such file or directory");
}
