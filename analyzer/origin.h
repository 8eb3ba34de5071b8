/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_ORIGIN_H
#define HW_ANALYZER_ORIGIN_H

/*
 * Where an object comes from: the key of its class, which is the same in the
 * next run, on the next host and in the next build folder, and the name of the
 * class for people. Findings get their ids from the keys, so a key never holds
 * an address, a process id, a folder, or a line number that moves when somebody
 * edits another function of the file.
 *
 *   KIND static MODULE NAME          "mutex static philosophers table.forks[]"
 *   KIND static MODULE BUILD+OFFSET  without symbols
 *   KIND named NAME                  "sem named /queue"; a process id in it is "<pid>"
 *   KIND created FRAME<FRAME...      the calls that led to its init, innermost first
 *   KIND used FRAME<FRAME...         to its first use, when no init was seen
 *   thread main MODULE               the first thread of a program
 *
 * MODULE is a file's base name up to ".so". FRAME is MODULE:FUNCTION and then
 * "+LINES" from the line that declares the function, or else ":LINE", or
 * "@OFFSET" in its code without line numbers; without a function it is
 * MODULE:BUILD+OFFSET. The frames are the innermost four that are the
 * program's own: those of the C and C++ run-time libraries, of this tool, and
 * library code inlined from headers (std::mutex::lock) say nothing about where
 * an object comes from, and differ from host to host. When all are such, all but
 * this tool's count. Code without a file, generated at run time, never does.
 *
 * What a script makes comes from the script: its interpreter's frames do not count. When the
 * line that makes it assigns it to a variable (script.h), that stands for the line.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many frames make a key. */
#define HW_ORIGIN_FRAMES 4

struct hw_origin {
	char *key;
	char *name; /* "mutex created at worker_init (pool.c:42)", "table.forks[]" */
	bool is_variable; /* the name is that of a script's variable, and so the object's, too */
};

/* One function of a call stack; inlined ones are frames of their own. Unknown: NULL or 0. */
struct hw_origin_frame {
	const char *module; /* path; NULL: code without a file */
	const char *build_id;
	uint64_t offset; /* link-time address of the return point */
	const char *function;
	const char *file;
	int64_t line;
	int64_t function_line;
	uint64_t function_offset;
	bool is_script; /* of an interpreted program: the module is its source */
};

/*
 * All functions below return true and fill `ret_origin`, which the caller
 * finishes, or return false when there is nothing to tell an origin by. `kind`
 * is a word of the object table.
 */

/* A static object; `variable_key` and `variable_name` as in variable.h, or both NULL. */
bool hw_origin_of_static(const char *kind, const char *module, const char *build_id,
	uint64_t offset, const char *variable_key, const char *variable_name,
	struct hw_origin *ret_origin);

/* A semaphore of sem_open; every number in `name` that is in `pids` counts as "<pid>". */
bool hw_origin_of_name(const char *kind, const char *name, const int64_t *pids, size_t pid_count,
	struct hw_origin *ret_origin);

/* An object created (or, if not `is_created`, first used) at this stack, innermost frame first. */
bool hw_origin_of_stack(const char *kind, bool is_created, const struct hw_origin_frame *frames,
	size_t frame_count, struct hw_origin *ret_origin);

/* The first thread of the program `module`. */
bool hw_origin_of_main_thread(const char *module, struct hw_origin *ret_origin);

/* Free what is in the origin. */
void hw_origin_finish(struct hw_origin *origin);

#endif
