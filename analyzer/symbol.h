/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_SYMBOL_H
#define HW_ANALYZER_SYMBOL_H

/*
 * Functions and source lines of the code addresses in a recording.
 *
 * One `struct hw_symbols` opens every module once and keeps it open, since a
 * recording asks for thousands of addresses of a few files. Everything is
 * best effort: DWARF gives functions, inlined ones too, and lines; without it
 * the ELF symbols give functions; without those, or when the file is gone,
 * the answer is empty and the caller shows module and offset. A file that was
 * rebuilt since the recording gives no names, because they would be wrong, and
 * one note that says so. One thread at a time.
 */

#include <stddef.h>
#include <stdint.h>

struct hw_symbols;
struct hw_image;

/* One function at an address. What is not known is NULL or 0. */
struct hw_symbol_frame {
	char *function; /* short form of demangle.h */
	char *file;	/* as hw_path_join gives it */
	int line;
	int function_line;	  /* where the function itself is declared, in lines of its file */
	uint64_t function_offset; /* how far into the compiled function the address is */
};

/* Innermost first: each frame was inlined into the next. Empty when nothing is known. */
struct hw_symbol_chain {
	struct hw_symbol_frame *frames;
	size_t count;
};

/*
 * `recorded_at` in Unix seconds, or 0; files without a build id that are newer
 * are not believed. Raises this process's limit on open files as far as it may.
 */
struct hw_symbols *hw_symbol_create(int64_t recorded_at);

/* Close all modules; NULL is allowed. */
void hw_symbol_destroy(struct hw_symbols *symbols);

/*
 * The functions at `return_address`, a link-time address of the module `path`
 * with `build_id` (lower-case hex or NULL). The call is before it, so the byte
 * before it is what is looked up. The chain is the caller's to finish.
 */
void hw_symbol_find(struct hw_symbols *symbols, const char *path, const char *build_id,
	uint64_t return_address, struct hw_symbol_chain *ret_chain);

/* Free a chain and leave it empty. */
void hw_symbol_finish(struct hw_symbol_chain *chain);

/* The module itself, opened or from before, never NULL; it stays with `symbols`. */
struct hw_image *hw_symbol_image(
	struct hw_symbols *symbols, const char *path, const char *build_id);

/* Line `index` for people: "'/usr/bin/x' has changed since the recording". NULL after the last. */
const char *hw_symbol_note(const struct hw_symbols *symbols, size_t index);

#endif
