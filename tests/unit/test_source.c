/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/source.h"

static char file[] = "/tmp/holdwait_source_XXXXXX";
static char module[] = "/tmp/holdwait_module_XXXXXX";

static void write_file(int fd, const char *text)
{
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void setup(void)
{
	write_file(mkstemp(file), "first\n\tsecond \r\n\nfourth");
	write_file(mkstemp(module), "ELF");
}

static void teardown(void)
{
	unlink(file);
	unlink(module);
}

static void set_time(const char *path, time_t seconds, long nanoseconds)
{
	struct timespec times[2] = { { seconds, nanoseconds }, { seconds, nanoseconds } };

	cr_assert_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void check(int line, const char *of_module, const char *expected)
{
	char *text = hw_source_line(file, line, of_module);

	if (expected)
		cr_expect(text && strcmp(text, expected) == 0, "line %d is '%s'", line, text);
	else
		cr_expect_null(text, "line %d is '%s'", line, text);
	free(text);
}

TestSuite(source, .init = setup, .fini = teardown);

Test(source, lines_without_their_ends)
{
	check(1, NULL, "first");
	check(2, NULL, "\tsecond ");
	check(3, NULL, "");
	check(4, NULL, "fourth");
}

Test(source, no_such_line)
{
	check(0, NULL, NULL);
	check(-1, NULL, NULL);
	check(5, NULL, NULL);
	check(1 << 30, NULL, NULL);
}

Test(source, edited_after_the_module_was_built)
{
	set_time(file, 1000, 5);
	set_time(module, 1000, 5);
	check(1, module, "first");
	set_time(module, 1000, 4);
	check(1, module, NULL);
	check(1, NULL, "first");
	set_time(module, 999, 6);
	check(1, module, NULL);
	set_time(module, 1001, 0);
	check(1, module, "first");
	check(1, "/nonexistent/module", "first");
}

Test(source, only_regular_files)
{
	cr_expect_null(hw_source_line("/nonexistent/file.c", 1, NULL));
	cr_expect_null(hw_source_line("/tmp", 1, NULL));
	cr_expect_null(hw_source_line("/dev/zero", 1, NULL));
	cr_expect_null(hw_source_line("", 1, NULL));
	unlink(file);
	cr_assert_eq(mkfifo(file, 0600), 0);
	cr_expect_null(hw_source_line(file, 1, NULL));
}
