/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_GOT_H
#define HW_INTERPOSE_GOT_H

/*
 * Replacing entries of one module's global offset table: what it calls by name,
 * without changing what the name means to anybody else.
 *
 * For modules that were opened with RTLD_NOW, so that every entry is filled.
 */

#include <stddef.h>

#include "interpose/module.h"

struct hw_got_replacement {
	const char *name;
	void *function;  /* to be called instead */
	void **ret_own;  /* what the entry contained; may be NULL */
};

/* Replace what is there; `ret_own` of names that are not there is left alone. */
void hw_got_replace(const struct hw_module_headers *module,
	const struct hw_got_replacement *replacements, size_t count);

#endif
