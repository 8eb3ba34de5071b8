/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
#include <string.h>

#include "analyzer/variable.h"
#include "tests/unit/names/expected.h"

static void check_variable(struct hw_symbols *symbols, const struct expected *item)
{
	bool by_type = item->depth == DEPTH_ALL;
	const char *name = by_type ? item->name : expected_has_symbol(item) ? item->symbol : NULL;
	struct hw_variable variable;

	/* The names of the compiler for a static inside a function are its own business. */
	if (!by_type && item->depth == DEPTH_SYMBOLS && !name)
		return;
	if (!hw_variable_find(symbols, item->module, NULL, item->address, item->kind, &variable)) {
		cr_expect_null(name, "%s: found nothing, not %s", item->module, name);
		return;
	}
	cr_expect(name && strcmp(variable.name, name) == 0, "%s: found %s, not %s", item->module,
		variable.name, name ? name : "nothing");
	if (by_type)
		cr_expect_str_eq(variable.class_name, item->class_name, "%s: class %s, not %s",
			item->module, variable.class_name, item->class_name);
	hw_variable_finish(&variable);
}

Test(variable, names_in_every_kind_of_build)
{
	struct hw_symbols *symbols = hw_symbol_create(0);
	struct expected_list list;
	size_t variables = 0;

	expected_read(&list);
	for (size_t i = 0; i < list.count; i++) {
		if (!list.items[i].is_frame) {
			check_variable(symbols, &list.items[i]);
			variables++;
		}
	}
	cr_expect_gt(variables, 50);
	expected_finish(&list);
	hw_symbol_destroy(symbols);
}

/* The key tells private objects of one name apart by their files, whether or not there are two. */
Test(variable, key_has_the_file_of_what_is_private)
{
	static const char *const keys[][2] = {
		{ "lock (names.c)", "lock (names.c)" },
		{ "only_here", "only_here (names_other.c)" },
		{ "table.forks[3]", "table.forks[]" },
		{ "tables[1].forks[4]", "tables[].forks[] (names.c)" },
	};
	struct hw_symbols *symbols = hw_symbol_create(0);
	struct hw_variable variable;
	struct expected_list list;
	size_t found = 0;

	expected_read(&list);
	for (size_t i = 0; i < list.count; i++) {
		const struct expected *item = &list.items[i];

		for (size_t j = 0; j < sizeof(keys) / sizeof(*keys); j++) {
			if (item->is_frame || item->depth != DEPTH_ALL ||
				strcmp(item->name, keys[j][0]) != 0)
				continue;
			cr_assert(hw_variable_find(
				symbols, item->module, NULL, item->address, item->kind, &variable));
			cr_expect_str_eq(variable.key, keys[j][1]);
			hw_variable_finish(&variable);
			found++;
		}
	}
	cr_expect_geq(found, 4);
	expected_finish(&list);
	hw_symbol_destroy(symbols);
}

Test(variable, nothing_is_where_no_variable_is)
{
	static const uint64_t addresses[] = { 0, 1, 0x7fffffff, UINT64_MAX };
	struct hw_symbols *symbols = hw_symbol_create(0);
	struct hw_variable variable;
	struct expected_list list;

	expected_read(&list);
	for (size_t i = 0; i < list.count; i++)
		for (size_t j = 0; j < sizeof(addresses) / sizeof(*addresses); j++)
			cr_expect_not(hw_variable_find(symbols, list.items[i].module, NULL,
				addresses[j], "mutex", &variable));
	expected_finish(&list);
	hw_symbol_destroy(symbols);
}
