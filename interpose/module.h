/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_MODULE_H
#define HW_INTERPOSE_MODULE_H

/*
 * Which file an address of this process belongs to.
 *
 * A module is logged (HW_OP_MODULE: range, bias, build id, path) at the start of the program,
 * as what it is made of says which of its locks cannot be seen. Later it is logged when an
 * address in it is first met, so a library that is opened and never locks costs
 * nothing, and dlopen need not be intercepted, which would change what it sees of
 * its caller. Found with _dl_find_object (glibc 2.35), which takes no
 * lock and may run in a signal handler; older libcs get no modules from here and
 * the collector reads /proc/PID/maps instead.
 *
 * What was loaded at the start stays to the end. Of what came later, each dlclose may be the end
 * (unload.c); so where such a module was, and that it was logged, is kept until it is found
 * closed.
 */

#include <link.h>

#include "interpose/self.h"

struct hw_module_range {
	uintptr_t start;
	uintptr_t end;
};

/* A loaded module, as its file describes itself. */
struct hw_module_headers {
	uintptr_t bias;
	const ElfW(Phdr) *headers;
	unsigned count;
	const ElfW(Dyn) *dynamic;
	const char *path;
};

/* Resolve what the rest needs. From the constructor. */
void hw_module_init(void);

/* Log the module of an address unless it was logged. */
void hw_module_note(struct hw_self *self, const void *address);

/* Log all that are loaded. Once, from the constructor: so libraries that never lock are known. */
void hw_module_note_all(struct hw_self *self);

/* The headers of the module of an address; false when it is in none, or has odd ones. */
bool hw_module_headers_of(const void *address, struct hw_module_headers *ret_headers);

/* Where the module of an address lies; 0, 0 when it is in none. */
void hw_module_range_of(const void *address, struct hw_module_range *ret_range);

/* Whether an address is in a module that is there as long as the program. */
bool hw_module_stays(const void *address);

/* The same of what dlopen gave for it: a struct link_map, with glibc. */
bool hw_module_handle_stays(const void *handle);

/*
 * A module that was logged and is not there any more; it is forgotten, and its end is logged.
 * False when there is none.
 */
bool hw_module_find_closed(struct hw_self *self, struct hw_module_range *ret_range);

/* After a fork, in the child: nothing has been logged yet. */
void hw_module_forked(void);

#endif
