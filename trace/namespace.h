/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_NAMESPACE_H
#define HW_TRACE_NAMESPACE_H

/*
 * Processes of another pid namespace, such as a container's: what they are called
 * here. Only those can be found that this process can see, which are those in
 * namespaces below its own.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The inode of this process's own pid namespace; 0 when it is not known. */
uint64_t hw_namespace_own(void);

/* The pid that a process has here; `inner` is its pid in the namespace. 0 when there is none. */
pid_t hw_namespace_find(uint64_t namespace, pid_t inner);

/* Whether the process that is called `pid` here has a thread called `inner` in its namespace. */
bool hw_namespace_has_thread(pid_t pid, pid_t inner);

#endif
