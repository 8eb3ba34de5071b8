/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_OBSTACLE_H
#define HW_ANALYZER_OBSTACLE_H

/*
 * Why a library cannot be preloaded into a program, as far as its file shows.
 *
 * Statically linked programs have no dynamic linker to preload into. A program for another
 * libc or another machine cannot load the library. The dynamic linker ignores LD_PRELOAD when
 * the kernel says that the program gains privilege (AT_SECURE): by the bits for set-user-ID and
 * set-group-ID, or by capabilities of its file unless root runs it; not where the file system is
 * mounted without these, or privilege was renounced (prctl(2), PR_SET_NO_NEW_PRIVS). A security
 * module may say so of any program, which no file shows.
 *
 * A script is what its interpreter is.
 */

#include <stdbool.h>
#include <sys/types.h>

/* Who would run it. */
struct hw_obstacle_caller {
	uid_t user;
	gid_t group;
};

struct hw_obstacle {
	const char *why;       /* "is statically linked" */
	const char *hint;      /* what to do */
	char interpreter[256]; /* of a script, that it is about; else empty */
};

/* False when there is none, or the file cannot be read. */
bool hw_obstacle_find(const char *path, struct hw_obstacle_caller caller,
	struct hw_obstacle *ret_obstacle);

/* This process. */
struct hw_obstacle_caller hw_obstacle_myself(void);

#endif
