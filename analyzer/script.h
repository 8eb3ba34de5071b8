/* SPDX-License-Identifier: MIT */
#ifndef HW_ANALYZER_SCRIPT_H
#define HW_ANALYZER_SCRIPT_H

#include <stdbool.h>

/*
 * What a script calls a lock, read from the line that makes it:
 *
 *   first = threading.Lock()                          first
 *   self.lock = threading.Lock()   in Account.__init__   Account.lock
 *   forks = [threading.Lock() for i in range(5)]      forks[]
 *   locks[name] = threading.RLock()                   locks[]
 *
 * A line that assigns to several variables, or passes the lock on, tells nothing. The names of
 * the library's classes are enough to recognise a line; what they are bound to is not known.
 */

/* In new memory, or NULL. `function` with the names of its classes, as Python has them. */
char *hw_script_variable(const char *file, const char *function, int line);

/* Whether the line says that a lock is tried and not waited for: acquire(blocking=False). */
bool hw_script_only_tries(const char *file, int line);

#endif
