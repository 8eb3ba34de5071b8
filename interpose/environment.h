/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_ENVIRONMENT_H
#define HW_INTERPOSE_ENVIRONMENT_H

/*
 * The two variables by which a program that is executed finds the session: LD_PRELOAD with this
 * library, and HOLDWAIT_SESSION. In programs with AddressSanitizer there is a third, without
 * which they would not start: ASAN_OPTIONS.
 *
 * A program that is executed with an environment that lacks them (env -i, execle), or has another
 * LD_PRELOAD, gets them all the same when children are followed. It is
 * told to hide them: before its main begins they are gone from its environment, so
 * that it has what it was given. They are hidden, too, when nobody is to be
 * followed through exec, and when the options ask for it.
 *
 * A child of posix_spawn, too, but not one of system(3), popen(3) or wordexp(3): libc executes
 * these by itself, with the environment as it is.
 */

#include <stdbool.h>
#include <stddef.h>

struct hw_session;

/*
 * In the constructor, once it is known whether this process has a session (NULL: none). Not
 * from a hook: may allocate.
 */
void hw_environment_init(const struct hw_session *session, const char *session_path);

/* What hw_environment_complete needs for this environment; 0: it is left as it is. */
size_t hw_environment_room_bytes(char *const environment[]);

/* The environment for a program to be executed; async-signal-safe, after vfork too. */
char *const *hw_environment_complete(char *const environment[], void *room, size_t room_bytes);

#endif
