/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_OWNLOCK_H
#define HW_ANALYZER_OWNLOCK_H

/*
 * Whether a program or library has locks that are not libc's, as far as its file shows: then
 * holdwait does not see them, and says so.
 *
 * What decides is code that asks the kernel for a futex: the number of futex(2) on its way to
 * libc's syscall(), or in front of a system call of its own. Which locks they are is told by
 * what else is in the file: the sections of Go, the marks of rustc, the functions that a library
 * is known by, the imports of C++. So a module that is renamed, or linked
 * into the program, is recognised all the same; one whose code was made at run time is not.
 *
 * A module that has such code need not use it. How much a run did is another matter:
 * analyzer/elsewhere.h.
 */

#include <gelf.h>
#include <stdbool.h>

/* What a file shows. */
struct hw_ownlock_facts {
	bool calls_futex;     /* by itself, or through syscall() */
	bool is_go;
	bool is_rust;
	bool is_cxx;	      /* imports from a C++ library */
	bool waits_for_future; /* of C++, which libstdc++ makes of a futex */
	bool is_parking_python; /* CPython whose locks park threads by themselves: since 3.13.1 */
	int known;	      /* index of a known library + 1; 0 is none */
};

/* Look into a file; all false of what is no ELF file for this machine. */
void hw_ownlock_read(Elf *elf, struct hw_ownlock_facts *ret_facts);

/*
 * What locks those are, and what to do, as a sentence without its subject: "has ..., which are
 * not seen; ...". NULL when there are none. Static.
 */
const char *hw_ownlock_tell(const struct hw_ownlock_facts *facts);

#endif
