/* SPDX-License-Identifier: MIT */
#include "trace/roster.h"

#include <criterion/criterion.h>
#include <string.h>

/* Which file an address belonged to, when libraries come and go. */

static struct hw_roster roster;
static struct hw_process process;

static void map(uint64_t ticks, uint64_t start, uint64_t end, const char *path)
{
	struct hw_module_definition definition = { .start = start, .end = end, .bias = start,
		.path_bytes = (uint32_t)strlen(path) };

	hw_roster_map_module(&roster, &process, ticks, &definition, path);
}

static void unmap(uint64_t ticks, uint64_t start, uint64_t end)
{
	struct hw_module_definition definition = { .start = start, .end = end };

	hw_roster_unmap_module(&process, ticks, &definition);
}

static const char *at(uint64_t ticks, uint64_t address)
{
	const struct hw_mapping *mapping =
		hw_roster_find_mapping(&roster, &process, ticks, address);

	return mapping ? mapping->module->path : "nothing";
}

Test(mapping, one_after_the_other)
{
	map(10, 0x1000, 0x3000, "older");
	unmap(20, 0x1000, 0x3000);
	map(30, 0x2000, 0x4000, "newer");
	cr_expect_str_eq(at(15, 0x2800), "older");
	cr_expect_str_eq(at(20, 0x1800), "nothing");
	cr_expect_str_eq(at(30, 0x2800), "newer");
	cr_expect_str_eq(at(UINT64_MAX, 0x2800), "newer");
	cr_expect_str_eq(at(UINT64_MAX, 0x1800), "nothing");
	cr_expect_str_eq(at(15, 0x3800), "newer");
	cr_expect_str_eq(at(15, 0x4000), "nothing");
}

/* Whoever met it first may have logged it a moment after another thread was there. */
Test(mapping, a_moment_too_early)
{
	map(10, 0x1000, 0x3000, "older");
	unmap(20, 0x1000, 0x3000);
	map(30, 0x1000, 0x3000, "newer");
	cr_expect_str_eq(at(5, 0x1000), "older");
	cr_expect_str_eq(at(29, 0x1000), "newer");
}

/* They are told of before the rest of a round, and once more in their turn. */
Test(mapping, in_any_order_and_again)
{
	map(30, 0x1000, 0x3000, "newer");
	map(10, 0x1000, 0x3000, "older");
	unmap(20, 0x1000, 0x3000);
	map(10, 0x1000, 0x3000, "older");
	map(30, 0x1000, 0x3000, "newer");
	unmap(20, 0x1000, 0x3000);
	cr_expect_eq(process.mapping_count, 3);
	cr_expect_str_eq(at(12, 0x1000), "older");
	cr_expect_str_eq(at(40, 0x1000), "newer");
}

/* A program that does nothing else does not fill the memory of its collector. */
Test(mapping, without_end)
{
	map(1, 0x8000, 0x9000, "another");
	for (uint64_t i = 2; i < 10000; i += 2) {
		map(i, 0x1000, 0x3000, i % 4 ? "older" : "newer");
		unmap(i + 1, 0x1000, 0x3000);
	}
	cr_expect_lt(process.mapping_count, 2000);
	cr_expect_str_eq(at(9996, 0x1000), "newer");
	cr_expect_str_eq(at(9998, 0x1000), "older");
	cr_expect_str_eq(at(9999, 0x1000), "nothing");
	cr_expect_str_eq(at(9999, 0x8000), "another");
}
