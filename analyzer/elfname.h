/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_ELFNAME_H
#define HW_ANALYZER_ELFNAME_H

/*
 * What the ELF symbol tables of one module call an address: the answer when
 * there is no DWARF, and the public name where DWARF knows only an internal one.
 *
 * libdwfl finds the tables (.symtab, else .dynsym with .gnu_debugdata, here or
 * in a separate debug file). One address often has several names; the one a
 * person knows is chosen: fewest leading underscores (write, not __write), then
 * global before weak before local, then the shortest. A symbol of unknown size
 * names only its own address, so nothing is ever called by what merely stands
 * before it: that is how others call start_thread of a stripped libc
 * pthread_condattr_setpshared.
 */

#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/span.h"

struct hw_elfname {
	uint64_t address; /* link-time */
	uint64_t size_bytes;
	const char *name; /* as in the file, may end in @VERSION; libdwfl's memory */
	const char *file; /* base name of a local symbol's source, NULL when not known */
	unsigned char type, binding;
};

/* All zeroes is an empty table. */
struct hw_elfname_table {
	struct hw_elfname *names;
	size_t count, capacity;
	struct hw_span_list functions, data;
};

/* Fill an empty table from `module`, which libdwfl placed `bias` above its link-time addresses. */
void hw_elfname_read(struct hw_elfname_table *table, Dwfl_Module *module, uint64_t bias);

/* Free the table and leave it empty. */
void hw_elfname_finish(struct hw_elfname_table *table);

/* The function whose code covers `address`, or NULL. Valid as long as the table and its module. */
const struct hw_elfname *hw_elfname_function(
	const struct hw_elfname_table *table, uint64_t address);

/* The same for the bytes of a static object. */
const struct hw_elfname *hw_elfname_data(const struct hw_elfname_table *table, uint64_t address);

/* Other data has the same name as `symbol`. */
bool hw_elfname_is_ambiguous(const struct hw_elfname_table *table, const struct hw_elfname *symbol);

/* The linker name without @VERSION, in new memory. */
char *hw_elfname_copy(const struct hw_elfname *symbol);

#endif
