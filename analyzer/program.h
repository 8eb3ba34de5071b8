/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_PROGRAM_H
#define HW_ANALYZER_PROGRAM_H

/*
 * The program to be run: where it is, and whether a preloaded library can reach it.
 *
 * What cannot be traced is said before it starts, rather than left to an empty
 * recording: obstacle.h has what there is of that.
 */

#include "trace/error.h"

/* Exit statuses of shells and of env(1). */
enum { HW_EXIT_FAILED = 125, HW_EXIT_NOT_EXECUTABLE = 126, HW_EXIT_NOT_FOUND = 127 };

/*
 * Look a program up as execvp does. 0 and its path (the caller frees it), or the exit
 * status to end with: HW_EXIT_NOT_FOUND or HW_EXIT_NOT_EXECUTABLE.
 */
int hw_program_find(const char *name, char **ret_path, struct hw_error *error);

/* 0 when the library can be preloaded into it; otherwise HW_EXIT_FAILED, with the reason. */
int hw_program_check(const char *path, struct hw_error *error);

#endif
