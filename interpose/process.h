/* SPDX-License-Identifier: MIT */
#ifndef HW_INTERPOSE_PROCESS_H
#define HW_INTERPOSE_PROCESS_H

/*
 * The life of the process: joining the session at start, becoming a new process
 * in the child of a fork, stepping aside after vfork.
 *
 * A process joins at the first hook that runs, which may be before our constructor.
 * What that path does needs no malloc and no libc state. The constructor adds
 * what does: the unwinder and the environment for children.
 *
 * The child of a fork finds its page of hw_self_epoch wiped, whichever way it was
 * forked, and then takes a slot of its own before it logs anything.
 */

#include <sys/types.h>

#include "interpose/self.h"

/* Log that a child was made by vfork or posix_spawn; it registers itself when it executes. */
void hw_process_spawned(pid_t child, const struct hw_call *call);

/* Of this process, which records. */
pid_t hw_process_pid(void);

/* Number of this process's slot in the session. */
uint32_t hw_process_number(void);

/* A thread found no slot; say so in the recording. */
void hw_process_count_unrecorded(void);

#endif
