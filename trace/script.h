/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_SCRIPT_H
#define HW_TRACE_SCRIPT_H

/*
 * What has to be known of the libraries that scripts bring along, because what they do with
 * locks is not what it looks like.
 */

#include "trace/roster.h"

/*
 * Whether a semaphore that was made there says that a thread has ended: Python's threading
 * takes such a one when a thread begins, and the interpreter gives it back at the very
 * end; whoever joins waits for it.
 */
bool hw_script_makes_end(const struct hw_roster *roster, uint32_t stack);

/*
 * Whether a module (by path) is a part of CPython that tries to take a lock before it waits for
 * it: then no attempt has to fail first for that to be known (tries.h).
 */
bool hw_script_tries_first(const char *path);

#endif
