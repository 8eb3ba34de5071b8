/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyzer/path.h"
#include "trace/memory.h"

static void check_join(const char *directory, const char *file, const char *expected)
{
	char *path = hw_path_join(directory, file);

	cr_expect_str_eq(path, expected);
	free(path);
}

Test(path, join)
{
	check_join("/src/build", "../pool.c", "/src/pool.c");
	check_join("/src/build", "pool.c", "/src/build/pool.c");
	check_join("/src/build", "/other/pool.c", "/other/pool.c");
	check_join("/src//build/", "./a/./b/../pool.c", "/src/build/a/pool.c");
	check_join(NULL, "pool.c", "pool.c");
	check_join("", "pool.c", "pool.c");
	check_join(".", "pool.c", "pool.c");
	check_join("./nptl", "pool.c", "nptl/pool.c");
	check_join("a", "../../pool.c", "../pool.c");
	check_join("/a", "../../../pool.c", "/pool.c");
	check_join("/", "pool.c", "/pool.c");
	check_join("a", "..", ".");
	check_join("/a", "..", "/");
	check_join("a", "b/..", "a");
	check_join("/", "..x/.y/...", "/..x/.y/...");
}

Test(path, join_keeps_a_detour_through_a_link)
{
	char directory[] = "/tmp/holdwait_path_XXXXXX";
	char *far, *near, *link, *path, *expected;

	/* far/deep is where link leads, so link/../pool.c is far/pool.c, not pool.c. */
	cr_assert_not_null(mkdtemp(directory));
	far = hw_xasprintf("%s/far", directory);
	near = hw_xasprintf("%s/far/deep", directory);
	link = hw_xasprintf("%s/link", directory);
	expected = hw_xasprintf("%s/../pool.c", link);
	cr_assert(mkdir(far, 0700) == 0 && mkdir(near, 0700) == 0 && symlink(near, link) == 0);
	path = hw_xasprintf("%s/pool.c", far);
	fclose(fopen(path, "w"));
	check_join(link, "../pool.c", expected);
	unlink(path);
	unlink(link);
	rmdir(near);
	rmdir(far);
	rmdir(directory);
	free(path);
	free(far);
	free(near);
	free(link);
	free(expected);
}

Test(path, below)
{
	cr_expect_str_eq(hw_path_below("/src/a/pool.c", "/src"), "a/pool.c");
	cr_expect_str_eq(hw_path_below("/src/a/pool.c", "/src/"), "a/pool.c");
	cr_expect_str_eq(hw_path_below("/src//pool.c", "/src"), "pool.c");
	cr_expect_str_eq(hw_path_below("/source/pool.c", "/src"), "/source/pool.c");
	cr_expect_str_eq(hw_path_below("/srcs/pool.c", "/src"), "/srcs/pool.c");
	cr_expect_str_eq(hw_path_below("/src", "/src"), "/src");
	cr_expect_str_eq(hw_path_below("/src/pool.c", NULL), "/src/pool.c");
	cr_expect_str_eq(hw_path_below("/src/pool.c", ""), "/src/pool.c");
	cr_expect_str_eq(hw_path_below("/src/pool.c", "/"), "/src/pool.c");
}

Test(path, base)
{
	cr_expect_str_eq(hw_path_base("/src/pool.c"), "pool.c");
	cr_expect_str_eq(hw_path_base("pool.c"), "pool.c");
	cr_expect_str_eq(hw_path_base(""), "");
}
