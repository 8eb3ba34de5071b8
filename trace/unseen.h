/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_UNSEEN_H
#define HW_TRACE_UNSEEN_H

/*
 * Programs of the process tree that run and are not recorded: a recorded process was replaced by
 * one, or spawned one, into which the library was not loaded.
 *
 * Seen from outside, by /proc/PID/exe: a process whose image is not the one that registered,
 * and a child that was announced and has not registered. Every image passes through this state
 * while it is loaded, so whoever reads the recording decides by the time that it lasted, and by
 * what the file is. A program that ends before anybody looks is missed. Those of another pid
 * namespace are not looked for, nor programs that --follow leaves out.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct hw_collector;

struct hw_unseen_program {
	pid_t pid;
	char *path; /* a name without a slash when the path may not be read */
	int64_t first_ns, last_ns;
};

/* All zeroes is one that has not looked yet. */
struct hw_unseen {
	int64_t due_ns;
	struct hw_unseen_program *programs;
	size_t count, capacity;
	size_t stored; /* rows */
};

/* Look for them, if it is time to. */
void hw_unseen_look(struct hw_collector *collector);

/* Write those that have not registered into the recording's meta: holdwait(5). */
void hw_unseen_store(struct hw_collector *collector);

void hw_unseen_finish(struct hw_unseen *unseen);

#endif
