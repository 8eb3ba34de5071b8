/* SPDX-License-Identifier: MIT */
#ifndef HW_TESTS_UNIT_NAMES_EXPECTED_H
#define HW_TESTS_UNIT_NAMES_EXPECTED_H

/*
 * What the programs built by meson.build say should be found in them. All of
 * them are run once; what they print is kept as one list.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much can be found in the module. */
enum depth { DEPTH_ALL, DEPTH_SYMBOLS, DEPTH_FUNCTIONS, DEPTH_EXPORTED };

/* One line of where.h. */
struct expected {
	enum depth depth;
	bool is_frame;
	char *module;
	uint64_t address;
	char *file, *chain;		/* of a frame */
	char *kind, *name, *class_name; /* of a variable */
	char *symbol;			/* what ELF alone knows, or "-" */
};

struct expected_list {
	struct expected *items;
	size_t count, capacity;
};

/* Run all programs; fails the test when one cannot be run or says nothing. */
void expected_read(struct expected_list *list);

/* Free the list. */
void expected_finish(struct expected_list *list);

/* The path of a built file, in new memory. */
char *expected_path(const char *name);

/* The build id of an ELF file as a recording has it, in new memory; "" when it has none. */
char *expected_build_id(const char *path);

/* The module has an ELF symbol for this item. */
bool expected_has_symbol(const struct expected *item);

#endif
