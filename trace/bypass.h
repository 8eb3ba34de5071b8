/* SPDX-License-Identifier: MIT */
#ifndef HW_TRACE_BYPASS_H
#define HW_TRACE_BYPASS_H

/*
 * Libraries that were opened while the program ran and whose calls go round holdwait: opened with
 * RTLD_DEEPBIND they call libc itself, opened with dlmopen(3) a second libc.
 *
 * dlopen is not intercepted. What was opened is seen from outside, in /proc/PID/maps, and where
 * its calls go is written in its global offset table, which is read as it is in memory. An entry
 * of one of the functions that wait for a lock, that leads into a libc, is proof. One that was
 * never called is not filled in yet, as a rule: it is read again later. Only modules that the log
 * did not tell of are looked at; whatever calls us is told of. Those that live for less than the
 * time between two looks are missed.
 */

#include <stddef.h>
#include <stdint.h>

struct hw_collector;
struct hw_module;

/* All zeroes is one that has not looked yet. */
struct hw_bypass {
	int64_t due_ns;
	const struct hw_module **modules; /* that call a libc and not us */
	size_t count, capacity;
	const struct hw_module *second_libc; /* NULL: no process had one */
};

/* Look into what was opened, if it is time to. */
void hw_bypass_look(struct hw_collector *collector);

/* Write what was found into the recording's meta: holdwait(5). */
void hw_bypass_store(struct hw_collector *collector);

void hw_bypass_finish(struct hw_bypass *bypass);

#endif
