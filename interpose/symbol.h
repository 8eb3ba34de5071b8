/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_SYMBOL_H
#define HW_INTERPOSE_SYMBOL_H

/*
 * What a loaded module exports, read from its own tables.
 *
 * dlsym would do, but it takes the lock of the dynamic linker, and a hook may run while another
 * thread has that and waits, in a constructor, for a lock that the caller of the hook holds.
 * It also allocates when it finds nothing. Here nothing is locked or allocated, so any thread may
 * ask at any time, as long as the module stays loaded. Versions of symbols are not looked at.
 *
 * The tables: System V ABI, "Dynamic Linking"; DT_GNU_HASH as in glibc's elf/dl-lookup.c.
 */

#include <stddef.h>

#include "interpose/module.h"

/* Where a symbol that the module defines is, and how large; NULL without one. */
void *hw_symbol_find(const struct hw_module_headers *module, const char *name, size_t *ret_bytes);

#endif
