/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_VARIABLE_H
#define HW_ANALYZER_VARIABLE_H

/*
 * What the source calls a static object: "table.forks[3]", "app::Pool::guard",
 * "worker::once" for one inside a function, "lock (queue.c)" where several
 * files of a module have a static `lock` each.
 *
 * DWARF gives the variable and, through its type, the member (member.h says
 * which); without it the ELF symbols give "table+0x78"; without those there is
 * no name and the caller shows module and offset.
 */

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/symbol.h"

struct hw_variable {
	char *name;	  /* of this object: "table.forks[3]" */
	char *class_name; /* of all elements of its array alike: "table.forks[]" */
	char *key; /* as class_name, but with the file of each private one, ambiguous now or not */
};

/*
 * The object of `kind` (as in the object table) at link-time `address` of a
 * module. False when it has no name; else the caller finishes the variable.
 */
bool hw_variable_find(struct hw_symbols *symbols, const char *path, const char *build_id,
	uint64_t address, const char *kind, struct hw_variable *ret_variable);

/* Free what is in the variable. */
void hw_variable_finish(struct hw_variable *variable);

#endif
